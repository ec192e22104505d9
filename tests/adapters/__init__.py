"""Tests of the adapters, one folder for each of their rooms."""
