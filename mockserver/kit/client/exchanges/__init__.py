"""What exchanges tell by themselves: whose task a path is for, which creates are one call, and what a call shows."""
