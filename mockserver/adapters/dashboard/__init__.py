"""The dashboard: files for a browser."""
