"""Tests of har."""
