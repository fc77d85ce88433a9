"""From a question and its passages to statements with citations."""
