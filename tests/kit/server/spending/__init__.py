"""Tests of prices, plans and budgets."""
