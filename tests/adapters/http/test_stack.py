"""A stack in one piece: no call costs more because of the depth at which it lies."""

from __future__ import annotations

from time import process_time

import pytest

from mockserver.adapters.http.stack import roomy

_CALLS = 300


def _leaf(n: int) -> int:
    return _leaf(n - 1) if n else 0


def _seconds(depth: int) -> float:
    """Return how long some calls take at a depth, at best."""
    if depth:
        return _seconds(depth - 1)
    found = []
    for _ in range(5):
        began = process_time()
        for _ in range(_CALLS):
            _leaf(3)
        found.append(process_time() - began)
    return min(found)


def test_no_depth_is_dearer_than_another() -> None:
    seconds = roomy(lambda: [_seconds(depth) for depth in range(200)])
    assert max(seconds) < 5 * min(seconds)


def test_it_returns_what_the_work_returns_and_raises_what_it_raises() -> None:
    assert roomy(lambda: 1) == 1
    with pytest.raises(ZeroDivisionError):
        roomy(lambda: 1 // 0)
