"""The fake inside a test: on a thread, or in the place of the network of httpx."""
