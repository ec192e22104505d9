"""Checks of a server: pure functions from evidence to findings."""
