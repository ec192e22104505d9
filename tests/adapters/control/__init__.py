"""Tests of adapters/control."""
