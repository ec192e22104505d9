"""Tests of clients/: what others import to start a fake and steer it."""
