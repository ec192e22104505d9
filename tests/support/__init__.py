"""What tests share: evidence by hand, verdicts of each kind, processes and receivers."""
