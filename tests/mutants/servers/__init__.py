"""Wrong servers: the fake with one promise broken by an adapter outside it, each with the check that must catch it."""
