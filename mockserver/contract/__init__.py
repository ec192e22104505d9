"""The contract: ``schemas/`` read, checked and compiled."""
