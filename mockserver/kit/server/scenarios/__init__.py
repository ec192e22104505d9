"""What is done to a server, one module for each kind of thing; ``registry`` says in which order."""
