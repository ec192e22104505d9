"""Background tasks of a server: what one raises is told and counted, and what must not end is started again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from mockserver.errors import unexpected
from mockserver.types import JSON

T = TypeVar("T")

_FIRST_PAUSE_SECONDS, _LAST_PAUSE_SECONDS = 0.1, 10.0
"""Before a worker is started once more, doubled each time: one that fails for ever must not fill the log."""

_CALM_SECONDS = 60.0
"""A worker that ran for so long begins with the first pause again."""


@dataclass(slots=True, eq=False, repr=False)
class _Record:
    """What is known of the tasks with one name."""

    running: int = 0
    failures: int = 0
    restarts: int = 0
    last_failure: str | None = None


class Workers:
    """The background tasks of one server, by what they do. Nothing else in a server starts one."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}
        self._tasks: set[asyncio.Future[Any]] = set()
        self._is_open = True

    @property
    def is_well(self) -> bool:
        """Whether nothing has failed, and nothing had to be started again."""
        return not any(record.failures or record.restarts for record in self._records.values())

    def report(self) -> dict[str, JSON]:
        """Return how many run, how many have failed, how often one was started again, and the last failure, by name."""
        return {
            name: {
                "running": record.running,
                "failures": record.failures,
                "restarts": record.restarts,
                "last_failure": record.last_failure,
            }
            for name, record in sorted(self._records.items())
        }

    def start(self, name: str, work: Coroutine[Any, Any, T], given_up: str | None = None) -> asyncio.Task[T]:
        """Start work that ends. If it fails, print what was ``given_up``; ``None`` if whoever waits for it says so."""
        task = asyncio.create_task(work)
        self._begun(name, task)
        task.add_done_callback(lambda _: self._ended(name, task, given_up))
        return task

    def keep(self, name: str, work: Callable[[], Coroutine[Any, Any, None]], pause: float = 0.0) -> None:
        """Start work that must not end: whatever ends it, it is started again after a ``pause`` in seconds."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        task = asyncio.create_task(work())
        self._begun(name, task)

        def ended(_: object) -> None:
            self._ended(name, task, f"starting {name} again")
            if not self._is_open:
                return
            self._records[name].restarts += 1
            rest = 0.0 if loop.time() - began > _CALM_SECONDS else pause
            following = min(max(2 * rest, _FIRST_PAUSE_SECONDS), _LAST_PAUSE_SECONDS)
            loop.call_later(rest, self._again, name, work, following)

        task.add_done_callback(ended)

    async def stop(self) -> None:
        """Cancel everything, and wait until it has ended."""
        self._is_open = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _again(self, name: str, work: Callable[[], Coroutine[Any, Any, None]], pause: float) -> None:
        if self._is_open:
            self.keep(name, work, pause)

    def _begun(self, name: str, task: asyncio.Future[Any]) -> None:
        self._records.setdefault(name, _Record()).running += 1
        self._tasks.add(task)

    def _ended(self, name: str, task: asyncio.Future[Any], consequence: str | None) -> None:
        self._tasks.discard(task)
        record = self._records[name]
        record.running -= 1
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            record.failures += 1
            record.last_failure = f"{type(error).__name__}: {error}"[:200]
            if consequence is not None:
                unexpected(error, consequence)
