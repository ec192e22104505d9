"""Tests of adapters/testing."""
