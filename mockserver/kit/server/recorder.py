"""The recorder: keeps what a run sends, receives and has to leave out, and makes evidence of it."""

from __future__ import annotations

import threading
from dataclasses import replace

from mockserver.kit.checks import Skipped
from mockserver.kit.server.callbacks import Callback
from mockserver.kit.server.evidence import Attempt, Evidence, Purpose
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.watched_tasks import WatchedTask


class Recorder:
    """The notes of one run. Several threads may write at once, in a burst."""

    def __init__(self) -> None:
        self._attempts: dict[int, Attempt] = {}
        self._watched: list[WatchedTask] = []
        self._abandoned: set[str] = set()
        self._untried: list[Skipped] = []
        self._number = 0
        self._lock = threading.Lock()

    def next_number(self) -> int:
        """Return the number of the exchange that begins now, from 1."""
        with self._lock:
            self._number += 1
            return self._number

    def keep(self, attempt: Attempt) -> Attempt:
        """Note an attempt, by the number of its exchange."""
        with self._lock:
            self._attempts[attempt.exchange.number] = attempt
        return attempt

    def set_aside(self, attempt: Attempt) -> None:
        """Note that a server was busy, so that no check takes this answer for the one to the repeated request."""
        self.keep(replace(attempt, purpose=Purpose.BUSY, about=None))

    def watch(self, task: WatchedTask) -> None:
        """Note a task that is about to be created and watched."""
        self._watched.append(task)

    def abandon(self, task: WatchedTask) -> None:
        """Note that there was no time to wait for the end of a task."""
        self._abandoned.add(task.name)

    def untried(self, check: str, reason: str) -> None:
        """Note what was not sent, and which check misses it."""
        self._untried.append(Skipped(check, reason))

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """What was sent so far, in order."""
        with self._lock:
            return tuple(attempt for _, attempt in sorted(self._attempts.items()))

    def evidence(
        self,
        expectations: Expectations,
        callbacks: tuple[Callback, ...] = (),
        *,
        unreachable: str | None = None,
        secret: str | None = None,
    ) -> Evidence:
        """Return all that is known by now."""
        return Evidence(
            expectations,
            self.attempts,
            tuple(self._watched),
            callbacks,
            frozenset(self._abandoned),
            tuple(self._untried),
            unreachable,
            secret,
        )
