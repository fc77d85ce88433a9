"""Retrieval: the documents that a question names, and the passages that match it."""
