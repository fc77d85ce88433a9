"""Turn a question and its passages into statements with citations."""
