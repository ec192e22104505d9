"""The console: what a running server says about itself and about each request."""
