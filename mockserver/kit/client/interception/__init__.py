"""Interception: what a program needs so that its calls of the real hosts reach the fake, and nothing else."""
