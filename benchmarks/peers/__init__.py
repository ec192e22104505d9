"""Mocks by others that people would pick, and how each serves the same API as far as it can by itself."""
