"""Tests of fake/dialects."""
