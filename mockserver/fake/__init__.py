"""The fake: what the services do, without any input or output."""
