"""Starts the server, writes the log and ends."""
