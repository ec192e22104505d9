"""Checks of a client: pure functions over an act, each a promise that real clients have broken."""
