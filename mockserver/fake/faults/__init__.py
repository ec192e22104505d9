"""Faults: what can go wrong on purpose, one function each, and how a fault is asked for."""
