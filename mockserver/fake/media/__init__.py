"""Media: what a payload asks for, and the pictures and videos that a finished task points to."""
