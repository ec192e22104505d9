"""The checks of a client, one family a module."""
