"""Choices: where a generator gets its chance from.

A generator asks only two things: a whole number below a bound, and now and then some odd text. So the same code grows
payloads for Hypothesis, which records and shrinks what it answered, for a seed, and for the simplest case of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Protocol, TypeVar

T = TypeVar("T")

_PLANES = 17
_LONGEST = 12


class Choices(Protocol):
    """Answers to a generator's questions; the smaller the answers, the simpler the payload."""

    def below(self, bound: int) -> int:
        """Return a number from 0 up to, and without, ``bound``."""

    def text(self) -> str:
        """Return a short text of any characters, perhaps of none."""


class Simplest:
    """The first choice every time."""

    def below(self, bound: int) -> int:
        """Return 0."""
        return 0

    def text(self) -> str:
        """Return no text."""
        return ""


class Seeded:
    """Chance that a seed repeats."""

    def __init__(self, seed: str | int) -> None:
        self._random = Random(seed)

    def below(self, bound: int) -> int:
        """Return any number below ``bound``, each as likely as the other."""
        return self._random.randrange(bound)

    def text(self) -> str:
        """Return up to a dozen characters, from any of Unicode's planes."""
        return "".join(map(self._character, range(self._random.randrange(_LONGEST + 1))))

    def _character(self, _: int) -> str:
        plane = self._random.randrange(_PLANES)
        point = plane << 16 | self._random.randrange(1 << 16)
        is_allowed = point >= 0xA0 and not 0xD800 <= point < 0xE000
        return chr(point if is_allowed else 0x20 + point % 0x5F)


def picked(options: Sequence[T], choices: Choices) -> T:
    """Choose one of some; of one alone nothing is asked."""
    return options[choices.below(len(options))] if len(options) > 1 else options[0]
