"""Opens the index, listens, writes the log, and ends."""
