"""Stores: where the state of a fake is. Memory, SQLite and Redis keep the same promises, and the same tests hold all."""
