"""Tests of the repository: floors, packaging, documents, benchmarks, and published clients and examples."""
