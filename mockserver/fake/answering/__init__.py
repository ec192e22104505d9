"""Answers: what a request is answered with, and why."""
