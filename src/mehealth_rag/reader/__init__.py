"""The reader: reads a passage with a question or a statement, and judges what answers it."""
