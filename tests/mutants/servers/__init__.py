"""Wrong servers: each is the fake with one promise broken from outside, and names the check that must catch it."""
