"""Mishaps: what a fault does, one function each, listed for people in docs/faults.md."""
