"""Tests of fake/media."""
