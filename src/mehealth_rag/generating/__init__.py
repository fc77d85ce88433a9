"""Answers in a language model's words: what it writes is held against the evidence."""
