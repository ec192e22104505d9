"""Tests of adapters/dashboard."""
