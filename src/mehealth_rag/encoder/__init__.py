"""The embedding model: vectors of passages, and of questions."""
