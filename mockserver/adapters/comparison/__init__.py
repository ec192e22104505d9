"""Comparison of what was recorded with what fakes answer: which readings of the open questions a service has."""
