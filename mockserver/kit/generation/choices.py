"""Choices: where a generator gets its random choices from.

A generator asks for only two things: a whole number below a bound, and now and then some odd text. So the same code
makes payloads for Hypothesis, which records and shrinks its answers, for a seed, and for the simplest case of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Protocol, TypeVar

T = TypeVar("T")

_PLANES = 17
"""Unicode has so many planes of 65536 characters."""

_LONGEST_CHARACTERS = 12
"""A text of any characters is short: what matters is which characters it has. Long texts are another style."""


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
    """Random choices that are the same for the same seed."""

    def __init__(self, seed: str | int) -> None:
        self._random = Random(seed)

    def below(self, bound: int) -> int:
        """Return any number below ``bound``, each as likely as the other."""
        return self._random.randrange(bound)

    def text(self) -> str:
        """Return up to a dozen characters from any of Unicode's planes."""
        return "".join(map(self._character, range(self._random.randrange(_LONGEST_CHARACTERS + 1))))

    def _character(self, _: int) -> str:
        plane = self._random.randrange(_PLANES)
        point = plane << 16 | self._random.randrange(1 << 16)
        # No control characters, and no surrogates: UTF-8 cannot encode them.
        is_allowed = point >= 0xA0 and not 0xD800 <= point < 0xE000
        return chr(point if is_allowed else 0x20 + point % 0x5F)


def picked(options: Sequence[T], choices: Choices) -> T:
    """Choose one of some options. A single option is no choice, so ``choices`` is not asked."""
    return options[choices.below(len(options))] if len(options) > 1 else options[0]
