"""Requests: what operations take, as schemas with rules, examples and roles."""
