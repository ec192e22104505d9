"""Clients that are wrong in one way each: ``python -m tests.mutants.clients`` prints how many the kit catches."""
