"""Spending: what a task costs, what a run is planned to create, and the budget that it keeps to."""
