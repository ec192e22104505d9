"""The kit: what judges clients and servers by the contract, without sharing a line with the fake."""
