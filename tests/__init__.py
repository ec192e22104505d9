"""Our own tests: one file for each module, and the laws of the house."""
