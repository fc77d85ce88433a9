"""The reader: a cross-encoder that scores passages for a question or a statement."""
