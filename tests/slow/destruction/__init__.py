"""Tried to destruction: many clients, killed workers, a full disk, a Redis that goes away, a clock that goes back.

Each test notes its figures; ``python -m tests.slow.destruction`` writes them into docs/destruction.md.
"""
