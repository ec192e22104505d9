"""What is done to a server, one module for each kind of thing."""
