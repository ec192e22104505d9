"""Tests of fake/library."""
