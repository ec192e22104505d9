"""Those that are wrong in one way each, and whom a judge must catch at it."""
