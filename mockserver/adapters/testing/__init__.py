"""The fake inside a test: on a thread, or in place of httpx's network."""
