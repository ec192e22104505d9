"""Callbacks: what is sent, which are due, and what became of the last ones."""
