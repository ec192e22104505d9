"""Ids: of tasks, requests, callbacks and uploads; the same again for the same seed."""

from __future__ import annotations

from random import Random
from uuid import UUID

_KLING_FIRST, _KLING_LAST = 10**17, 9 * 10**17
_SMALL_FIRST, _SMALL_LAST = 10**8, 9 * 10**8


class Ids:
    """A source of ids that never gives one twice."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = Random(seed)
        self._kling = self._random.randrange(_KLING_FIRST, _KLING_LAST)
        self._small = self._random.randrange(_SMALL_FIRST, _SMALL_LAST)

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
        return str(UUID(int=self._random.getrandbits(128), version=4))
