"""Sampling: of a sweep that takes long, ``make test`` runs the first cases, and ``make torture`` all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import settings

_USUAL = 100
"""Examples that Hypothesis draws where nothing else is said; ``make torture`` says nothing else."""

_LEAST = 5
"""Draws that are made in any case: the first is the simplest, and says little."""


def sampled(cases: Iterable[Any], first: int, name: Callable[[Any], str] = str) -> list[Any]:
    """Return cases for ``parametrize``; those after the ``first`` few are torture. ``name`` gives the id of a value."""
    found = [case if hasattr(case, "marks") else pytest.param(case, id=name(case)) for case in cases]
    return [
        case if place < first else pytest.param(*case.values, id=case.id, marks=(*case.marks, pytest.mark.torture))
        for place, case in enumerate(found)
    ]


def few_cases(items: Iterable[pytest.Item], most: int) -> frozenset[pytest.Item]:
    """Return at most so many cases of each test: its first, its last, and some between them."""
    tests: dict[str, list[pytest.Item]] = {}
    for item in items:
        tests.setdefault(item.nodeid.partition("[")[0], []).append(item)
    return frozenset(
        cases[place * (len(cases) - 1) // max(1, most - 1)] for cases in tests.values() for place in range(most)
    )


def draws(many: int) -> int:
    """Return how often to draw: ``many`` times in ``make torture``, and fewer times in ``make test``.

    A test that draws without Hypothesis has the mark ``drawn``, so that ``make torture`` runs it again.
    """
    return max(min(many, _LEAST), many * settings().max_examples // _USUAL)
