"""The turns of a worker: one at a time, and a call outside of one is a turn of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from mockserver.fake.stores.redis.turn import Turn, Worker

P = ParamSpec("P")
S = TypeVar("S", bound="HasTurns")
T = TypeVar("T")


class Turns:
    """Takes turns on a server, one at a time."""

    def __init__(self, worker: Worker) -> None:
        self.server = worker.server
        self._worker = worker
        self._lock = threading.RLock()
        self._current = threading.local()

    @property
    def current(self) -> Turn | None:
        """The turn that this thread has."""
        found: Turn | None = getattr(self._current, "turn", None)
        return found

    @property
    def turn(self) -> Turn:
        """The turn that this thread has, which it must have."""
        found: Turn = self._current.turn
        return found

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Take a turn; within one, just call the jobs. Raises ``StoreUnavailable``."""
        if self.current is not None:
            return [job() for job in jobs]
        with self._lock:
            self._current.turn = turn = Turn(self._worker)
            try:
                return turn.run(jobs)
            finally:
                self._current.turn = None


class HasTurns(Protocol):
    """A part of the store."""

    turns: Turns


def in_turn(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Make a call outside of a turn a turn of its own."""

    @wraps(method)
    def called(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if self.turns.current is not None:
            return method(self, *args, **kwargs)
        return self.turns.run([lambda: method(self, *args, **kwargs)])[0]

    return called
