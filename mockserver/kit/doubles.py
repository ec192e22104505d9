"""Doubles: numbers that pass unchanged through a program that reads JSON numbers as 64-bit floating-point ones.

``JSON.parse`` of JavaScript, jq and many typed clients do so. They lose the ends of ids beyond 2^53, and the point of
``5.0``. A payload for them has no such numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from mockserver.types import JSON, Payload

LARGEST_EXACT = 1 << 53
"""Up to here a double can be each integer."""

_DIGITS = 15
"""So many digits are always kept."""

_EXPONENT = 10**21
"""From here on JavaScript writes an integer with an exponent, and it arrives as another type."""


def is_kept(value: JSON) -> bool:
    """Whether each number in a value is written by JavaScript as it was read."""
    if isinstance(value, dict):
        return all(map(is_kept, value.values()))
    if isinstance(value, list):
        return all(map(is_kept, value))
    if isinstance(value, int):
        return abs(value) <= LARGEST_EXACT or (abs(value) < _EXPONENT and rounded(value) == value)
    return not isinstance(value, float) or not value.is_integer() or abs(value) >= _EXPONENT


def with_kept_numbers(payload: Payload, is_good: Callable[[Payload], bool]) -> Payload | None:
    """Return a payload with other numbers in the place of those that are not kept; ``None`` if none ``is_good``.

    The first digits of an id serve as well as all of it; a number that is too large for a field must stay so.
    """
    if is_kept(payload):
        return payload
    for instead in (_shortened, rounded, _largest):
        found: Payload = _changed(payload, instead)
        if is_kept(found) and is_good(found):
            return found
    return None


def _changed(value: Any, instead: Callable[[int], int]) -> Any:
    if isinstance(value, dict):
        return {name: _changed(each, instead) for name, each in value.items()}
    if isinstance(value, list):
        return [_changed(each, instead) for each in value]
    if is_kept(value):
        return value
    number = int(value)  # 5.0 is an integer to JSON Schema
    return number if is_kept(number) else instead(number)


def _shortened(number: int) -> int:
    digits = str(abs(number))[:_DIGITS]
    return -int(digits) if number < 0 else int(digits)


def rounded(number: int) -> int:
    """Return what JavaScript makes of an integer: the shortest digits that lead to the same double, and zeros."""
    return int(Decimal(repr(float(number)))) if abs(number) < _EXPONENT else number


def _largest(number: int) -> int:
    return -(10**20) if number < 0 else 10**20
