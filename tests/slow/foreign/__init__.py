"""Tools that are not ours, on our descriptions."""
