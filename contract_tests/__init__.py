"""The checks of the kit as plain pytest tests, one case a check; README.md says how to run them."""
