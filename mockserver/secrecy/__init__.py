"""What is shown of secrets: what is masked, and the line for a shell that repeats a request without them."""
