"""Stores: where the state of a fake is. All keep the same promises, and the same tests hold them."""
