"""The store in a SQLite file: it outlives its process, and several workers on one machine share it."""
