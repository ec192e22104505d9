"""Tests of the contract: the schemas and what is compiled from them."""
