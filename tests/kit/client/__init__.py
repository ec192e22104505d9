"""Tests of the judge of clients."""
