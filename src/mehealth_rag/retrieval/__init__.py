"""From a question to passages: the documents that it names, and the search in them."""
