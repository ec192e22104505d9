"""Reading: the files of documents, and what a reference in them names."""
