"""Watching: tasks that were created are asked for, all in turn, until each has ended, and their results downloaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mockserver.contract.service import Operation
from mockserver.kit.server.evidence import Attempt, Purpose, ResultFile, Watched
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.watched_tasks import WatchedTask
from mockserver.kit.task_view import TaskView
from mockserver.types import Millis, is_url

FIRST_PAUSE_MILLIS: Millis = 200
_LONGEST_PAUSE_MILLIS: Millis = 5000
_PAUSE_GROWTH = 1.4
"""Pauses grow from what a fast fake needs to what a real service allows: seven steps from 0.2 s to 2 s."""

_PATIENCE = 5
"""A task that takes so many times as long as the real service's does not end."""

_MOST_FAILURES = 8
"""A task whose queries fail so often in a row is asked for no longer."""


def patience(create: Operation) -> Millis:
    """Return how long to wait for the end of a task."""
    seconds: float = create.task["seconds"]["real"]
    return round(seconds * 1000) * _PATIENCE


@dataclass(slots=True)
class Watch:
    """What is known of a task while it is watched.

    * ``get``: the operation that shows it; ``None`` if there is none
    * ``deadline``: when it should have ended, at the latest
    * ``is_abandoned``: there was no more time for it
    """

    task: WatchedTask
    id: str
    get: Operation | None
    deadline: Millis
    failures: int = 0
    view: TaskView | None = None
    is_abandoned: bool = False

    @classmethod
    def of(cls, probe: Probe, task: WatchedTask, attempt: Attempt) -> Watch | None:
        """Watch the task that an attempt created; ``None`` if it created none."""
        view = TaskView.of(attempt.exchange.received, probe.expectations.layout) if attempt.is_accepted else None
        if view is None or view.id is None:
            return None
        get = probe.expectations.get_operation(task.operation)
        return cls(task, view.id, get, probe.clock.now() + patience(task.operation))

    @property
    def has_ended(self) -> bool:
        """Whether the task was seen at its end."""
        return self.view is not None and self.view.is_final

    def look(self, probe: Probe, purpose: Purpose) -> Attempt | None:
        """Ask for the task; ``None`` where nothing shows it."""
        if self.get is None:
            return None
        account = probe.account_fields(self.get) or None
        return probe.ask(self.get, account, purpose, Watched(self.task.name), id=self.id)

    def is_over(self, probe: Probe) -> bool:
        """Ask for the task; tell whether that was the last time."""
        attempt = self.look(probe, Purpose.POLL)
        if attempt is None or self.get is None:
            return True
        layout = probe.expectations.layout
        self.view = TaskView.of(attempt.exchange.received, layout) if attempt.is_accepted else None
        self.failures = self.failures + 1 if self.view is None else 0
        if attempt.exchange.status == 404 and probe.expectations.may_be_absent(self.get):
            self.get = None
            return True
        return self.has_ended or self.failures >= _MOST_FAILURES or probe.clock.now() > self.deadline


def watch_to_the_end(probe: Probe, watches: Iterable[Watch]) -> None:
    """Ask for tasks until each has ended, or the time for that is over."""
    pending, pause = list(watches), FIRST_PAUSE_MILLIS
    while pending:
        pending = [watch for watch in pending if not watch.is_over(probe)]
        if pending and probe.budget.must_stop_waiting:
            for watch in pending:
                watch.is_abandoned = True
                probe.recorder.abandon(watch.task)
            return
        if pending:
            probe.clock.sleep(pause)
            pause = min(round(pause * _PAUSE_GROWTH), _LONGEST_PAUSE_MILLIS)


def download(probe: Probe, watch: Watch, *, is_whole: bool = True) -> None:
    """Download the results of a task and their watermarked twins, or, not ``is_whole``, the first and last result."""
    results = list(watch.view.result_urls) if watch.view is not None else []
    marks = (probe.expectations.layout.watermark,) if is_whole else ()
    for described, field in results if is_whole else [*results[:1], *results[1:][-1:]]:
        for name in (field, *marks):
            url = described.get(name) if name is not None else None
            if isinstance(url, str) and is_url(url):
                probe.download(url, ResultFile(watch.task.name, described))
