"""Checks claims and drafts against the documents, sentence by sentence."""
