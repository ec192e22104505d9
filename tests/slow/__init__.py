"""What takes long: ``make torture``."""
