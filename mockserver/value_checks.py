"""Checks of settings: each takes what was given and returns the value as it is kept, or raises ``BadSetting``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import TypeGuard

from mockserver.errors import BadSetting
from mockserver.suggestions import shown


def whole(option: str, what: str, least: float = -inf, *, may_be_none: bool = True) -> Callable[[object], int | None]:
    """Return the check of a whole number from ``least`` on; ``what`` says what it is, and what to write."""

    def checked(value: object) -> int | None:
        if (value is None and may_be_none) or (_is_whole(value) and value >= least):
            return value
        raise BadSetting(option, f"{shown(value)} is not {what}.")

    return checked


def listed(
    option: str, what: str, read: Callable[[str, str], object] = lambda *_: None
) -> Callable[[object], tuple[str, ...]]:
    """Return the check of a list of texts; ``what`` names them, and ``read`` raises for a wrong one."""

    def checked(value: object) -> tuple[str, ...]:
        if not is_list(value):
            raise BadSetting(option, f"{shown(value)} is not a list of {what}. Write a list, such as ['…'].")
        texts = []
        for item in value:
            if not isinstance(item, str):
                raise BadSetting(option, f"{shown(item)} in the list of {what} is not text. Put it in quotes.")
            read(item, option)
            texts.append(item)
        return tuple(texts)

    return checked


def flag(option: str) -> Callable[[object], bool]:
    """Return the check of what is true or false."""

    def checked(value: object) -> bool:
        if isinstance(value, bool):
            return value
        raise BadSetting(option, f"{shown(value)} is neither true nor false. Write one of the two.")

    return checked


def as_written(check: Callable[[object], object], *, may_be_none: bool) -> Callable[[object], object]:
    """Return the check of a value that is read later, and kept as it was written."""

    def checked(value: object) -> object:
        if value is not None or not may_be_none:
            check(value)
        return value

    return checked


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)  # True is a number in Python, and never meant as one


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Whether a value is a list of values, and neither a text nor bytes."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview)
