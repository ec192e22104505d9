"""The state that a snapshot holds: read, checked, and ready for a world to take."""
