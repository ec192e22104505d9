"""The checks of a server, one family a module."""
