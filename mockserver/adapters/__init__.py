"""The ways in: each carries requests to the fake and answers back, and decides nothing."""
