"""Tests of the payload generator."""
