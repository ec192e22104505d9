"""The store in memory: the default, as fast as a dictionary, bounded, and gone with its process."""
