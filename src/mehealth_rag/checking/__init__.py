"""Claims and drafts held against the documents, sentence by sentence."""
