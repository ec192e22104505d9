"""Payloads to send: those that only just keep the rules, and those that only just break them."""
