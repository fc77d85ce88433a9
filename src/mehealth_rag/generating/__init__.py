"""Answers in a language model's words, each sentence verified against the evidence."""
