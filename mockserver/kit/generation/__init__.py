"""Generation: from a request schema to payloads that keep it, and to payloads that break one rule of it."""
