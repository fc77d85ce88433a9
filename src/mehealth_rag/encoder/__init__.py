"""The embedding model, for questions and passages."""
