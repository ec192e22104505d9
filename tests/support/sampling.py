"""Sampling: of a sweep that takes long, ``make test`` runs the first cases, and ``make torture`` all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def sampled(cases: Iterable[Any], first: int, name: Callable[[Any], str] = str) -> list[Any]:
    """Return cases for ``parametrize``; those after the ``first`` few are torture. ``name`` gives the id of a value."""
    found = [case if hasattr(case, "marks") else pytest.param(case, id=name(case)) for case in cases]
    return [
        case if place < first else pytest.param(*case.values, id=case.id, marks=(*case.marks, pytest.mark.torture))
        for place, case in enumerate(found)
    ]
