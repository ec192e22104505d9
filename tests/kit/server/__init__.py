"""Tests of the judge of servers."""
