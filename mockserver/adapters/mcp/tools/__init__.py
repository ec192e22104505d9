"""The tools of an assistant, by what they are about."""
