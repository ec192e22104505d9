"""References: the ways in which a text can name what was sent beside it, and what was not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.types import JSON

_NUMBERS = range(1, 11)


def named(keyword: Mapping[str, Any], payload: Mapping[str, JSON]) -> list[str]:
    """Return the references to all that a payload holds, ``<<<image_1>>>`` before ``<<<image_2>>>``."""
    return [
        form.replace("%", str(number))
        for form, target in keyword["to"].items()
        for number in _NUMBERS
        if _holds(payload, target, number)
    ]


def dangling(keyword: Mapping[str, Any], payload: Mapping[str, JSON]) -> list[str]:
    """Return references that name nothing: the next item of each list, the one before the first, one far off."""
    return [
        form.replace("%", str(number)) for form, target in keyword["to"].items() for number in _missing(payload, target)
    ]


def _missing(payload: Mapping[str, JSON], target: str) -> Iterator[int]:
    yield next(number for number in (*_NUMBERS, 99) if not _holds(payload, target, number))
    yield 0
    yield 99


def _holds(payload: Mapping[str, JSON], target: str, number: int) -> bool:
    if "%" in target:
        return bool(payload.get(target.replace("%", str(number))))
    listed = payload.get(target)
    return isinstance(listed, list) and number <= len(listed)
