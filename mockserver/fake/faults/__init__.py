"""Faults: what can go wrong on purpose, one function each, and the line that asks for one."""
