"""What the benchmarks share: servers, clients, receivers, what is sent, and figures."""
