"""Tests in a real browser. They need Chromium: `make browser`."""
