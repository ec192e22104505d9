"""Tests of adapters/proxy."""
