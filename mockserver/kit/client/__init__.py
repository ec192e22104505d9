"""Judging a client: scenarios are played against a fake that misbehaves, checks look at what the client did."""
