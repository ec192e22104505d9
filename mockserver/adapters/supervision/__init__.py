"""Several processes on one port: a parent that supervises, and the workers that it forks."""
