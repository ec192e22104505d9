"""A server that is not ours, and what the kit finds in it."""
