"""What a document is about, in its own words: made when it is indexed."""
