"""Tests of fake/faults."""
