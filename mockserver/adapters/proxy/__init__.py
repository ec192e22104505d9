"""A proxy in front of a real service: forward, inspect, record and replay."""
