"""Judging a server: scenarios send requests, checks look at what came back."""
