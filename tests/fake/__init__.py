"""Tests of the fake."""
