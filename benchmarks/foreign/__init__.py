"""A server that is not ours, and what the kit says of it."""
