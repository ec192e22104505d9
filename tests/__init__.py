"""Our own tests: a mirror of the package, and beside it what is about the repository as a whole."""
