"""Tests of the kit, one folder for each of its rooms."""
