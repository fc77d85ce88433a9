"""The index: one generation on disk of passages, their vectors and their words."""
