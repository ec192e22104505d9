"""Repetition: how a finding about a server is shown again, by one line for a shell or by a script."""
