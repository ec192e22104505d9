"""The law: ``schemas/`` read, checked and compiled."""
