"""Tests of TLS: certificates, and what happens to the bytes of a connection."""
