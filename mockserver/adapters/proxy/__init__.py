"""A proxy in front of a real service: it forwards, inspects, records and replays."""
