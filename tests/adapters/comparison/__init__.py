"""Tests of adapters/comparison."""
