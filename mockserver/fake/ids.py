"""Ids of tasks, requests, callbacks and uploads. The same seed gives the same ids."""

from __future__ import annotations

from random import Random

_KLING_FIRST, _KLING_LAST = 10**17, 9 * 10**17
_SMALL_FIRST, _SMALL_LAST = 10**8, 9 * 10**8
_FREE, _VERSION_4 = ~(0xF000 << 64 | 0xC000 << 48), 0x4000 << 64 | 0x8000 << 48
"""The bits of a UUID that are free, and those that mark it as random (RFC 9562, 5.4)."""


class Ids:
    """A source of ids that never gives one twice."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = Random(seed)
        self._kling = self._random.randrange(_KLING_FIRST, _KLING_LAST)
        self._small = self._random.randrange(_SMALL_FIRST, _SMALL_LAST)

    def pass_by(self, id: int) -> None:
        """Give only ids above one that is taken already."""
        if id >= _KLING_FIRST:
            self._kling = max(self._kling, id)
        elif id >= _SMALL_FIRST:
            self._small = max(self._small, id)

    def decimal(self) -> str:
        """Return an id of eighteen digits, as text: the form of Kling's task ids."""
        self._kling += self._random.randrange(1, 1_000_000)
        return str(self._kling)

    def integer(self) -> int:
        """Return an id of nine digits: the form of useapi's."""
        self._small += self._random.randrange(1, 100)
        return self._small

    def uuid(self) -> str:
        """Return a UUID (version 4): the form of request ids."""
        digits = f"{self._random.getrandbits(128) & _FREE | _VERSION_4:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
