"""How the command itself is set up: its configuration, and its completion in a shell."""
