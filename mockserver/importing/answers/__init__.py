"""Answers: what operations say, as templates with layout and schemas."""
