"""The documentation: Markdown pages, and what builds their site."""
