"""Tests of mockserver/trust."""
