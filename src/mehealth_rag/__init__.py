"""Questions and answers over a document corpus, each answer proved by a quote and its page."""
