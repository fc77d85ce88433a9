"""What a document is about, in its own words; made when the document is indexed."""
