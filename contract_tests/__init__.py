"""The suites that `mockserver check` runs: found by path, never imported by name."""
