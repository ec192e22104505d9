"""Task lifecycle: a few tasks, each watched to its end, asked for again and by its name, and its results downloaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from mockserver.contract.catalog import Operation
from mockserver.kit.server.evidence import Attempt, Purpose, ResultFile, Watched
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.scenario import Cost, Scenario
from mockserver.kit.server.settings import Target
from mockserver.kit.server.watched_tasks import WatchedTask, units, watched_tasks
from mockserver.kit.task_view import TaskView
from mockserver.types import Millis, is_url

_FIRST_PAUSE_MILLIS: Millis = 200
_LONGEST_PAUSE_MILLIS: Millis = 5000
_PAUSE_GROWTH = 1.4
"""Pauses grow from what a fast fake needs to what a real service allows: seven steps from 0.2 s to 2 s."""

_PATIENCE = 5
"""A task that takes so many times as long as the real service's does not end."""

_MOST_FAILURES = 8
"""A task whose queries fail so often in a row is asked for no longer."""

_CALLBACK_MILLIS: Millis = 10_000
"""How long to wait for callbacks once all tasks were seen at their end."""

_LOOKS_AGAIN_MILLIS: tuple[Millis, ...] = (300, 1500)
"""The pauses before a task that has ended is asked for again: soon, and when a cache of a second is stale."""

ENDS = "task-ends"
"""The check that misses a task that could not be watched to its end."""


@dataclass(slots=True)
class _Watch:
    """What is known of a task while it is watched."""

    task: WatchedTask
    id: str
    get: Operation | None
    deadline: Millis
    failures: int = 0
    view: TaskView | None = None


def watch_tasks(probe: Probe) -> None:
    """Create tasks and watch them. Raises ``Spent``."""
    watches = [watch for create in probe.target.create_operations for watch in _created(probe, create)]
    _poll_to_the_end(probe, watches)
    ended = [watch for watch in watches if watch.view is not None and watch.view.is_final]
    for pause in _LOOKS_AGAIN_MILLIS:
        probe.clock.sleep(pause)
        for watch in ended:
            if watch.get is not None:
                _look(probe, watch, watch.get, Purpose.LOOK_AGAIN)
    for watch in ended:
        _find_by_name(probe, watch)
        _download(probe, watch)
    _wait_for_callbacks(probe, [watch for watch in watches if watch in ended or watch.get is None])


def _created(probe: Probe, create: Operation) -> list[_Watch]:
    layout, found = probe.expectations.layout, []
    fields = create.schema["properties"]
    for plain in watched_tasks(probe.expectations, create, probe.account_fields(create)):
        name = f"{plain.name}-{probe.new_name()}"
        extra = {layout.external_id_field: name} if layout.external_id_field in fields else {}
        if probe.receiver is not None and layout.callback_field in fields:
            extra[layout.callback_field] = probe.receiver.url(name)
        task = replace(plain, name=name, payload={**plain.payload, **extra})
        probe.recorder.watch(task)
        attempt = probe.create(create, dict(task.payload), Purpose.CREATE_WATCHED, Watched(name))
        view = TaskView.of(attempt.exchange.received, layout) if attempt.is_accepted else None
        if view is not None and view.id is not None:
            limit = round(create.task["seconds"]["real"] * 1000) * _PATIENCE
            get = probe.expectations.get_operation(create)
            found.append(_Watch(task, view.id, get, probe.clock.now() + limit))
    return found


def _poll_to_the_end(probe: Probe, watches: list[_Watch]) -> None:
    """Ask for tasks until each has ended, or the time for that is over."""
    pending, pause = watches, _FIRST_PAUSE_MILLIS
    while pending:
        pending = [watch for watch in pending if not _is_over(probe, watch)]
        if pending and probe.budget.must_stop_waiting:
            _abandon(probe, pending)
            return
        if pending:
            probe.clock.sleep(pause)
            pause = min(round(pause * _PAUSE_GROWTH), _LONGEST_PAUSE_MILLIS)


def _is_over(probe: Probe, watch: _Watch) -> bool:
    """Ask for a task; tell whether that was the last time."""
    if watch.get is None:
        return True
    attempt = _look(probe, watch, watch.get, Purpose.POLL)
    layout = probe.expectations.layout
    watch.view = TaskView.of(attempt.exchange.received, layout) if attempt.is_accepted else None
    watch.failures = watch.failures + 1 if watch.view is None else 0
    if attempt.exchange.status == 404 and probe.expectations.may_be_absent(watch.get):
        watch.get = None
        return True
    is_final = watch.view is not None and watch.view.is_final
    return is_final or watch.failures >= _MOST_FAILURES or probe.clock.now() > watch.deadline


def _abandon(probe: Probe, pending: list[_Watch]) -> None:
    """Note which tasks there is no more time for."""
    for watch in pending:
        probe.recorder.abandon(watch.task)
    for id in dict.fromkeys(watch.task.operation.id for watch in pending):
        probe.recorder.untried(ENDS, f"{id}: there was no time to wait for its end; raise --seconds")


def _look(probe: Probe, watch: _Watch, get: Operation, purpose: Purpose) -> Attempt:
    return probe.ask(get, probe.account_fields(get) or None, purpose, Watched(watch.task.name), id=watch.id)


def _find_by_name(probe: Probe, watch: _Watch) -> None:
    layout = probe.expectations.layout
    if watch.get and layout.finds_external_id and layout.external_id_field in watch.task.payload:
        name = str(watch.task.payload[layout.external_id_field])
        probe.ask(watch.get, None, Purpose.FIND_BY_NAME, Watched(watch.task.name), id=name)


def _download(probe: Probe, watch: _Watch) -> None:
    """Download the results of a task, and their watermarked twins."""
    for described, field in watch.view.result_urls if watch.view is not None else ():
        for name in (field, probe.expectations.layout.watermark):
            url = described.get(name) if name is not None else None
            if isinstance(url, str) and is_url(url):
                probe.download(url, ResultFile(watch.task.name, described))


def _wait_for_callbacks(probe: Probe, watches: list[_Watch]) -> None:
    """Wait until the last callback of each task has come; for a task that no query shows, until its deadline."""
    if probe.receiver is None:
        return
    layout = probe.expectations.layout
    deadlines = [watch.deadline for watch in watches if watch.get is None]
    end = max([probe.clock.now() + _CALLBACK_MILLIS, *deadlines])
    missing = {watch.task.name for watch in watches if layout.callback_field in watch.task.payload}
    while missing and probe.clock.now() < end and not probe.budget.must_stop_waiting:
        received = probe.receiver.received()
        missing -= {callback.task for callback in received if TaskView(callback.document, layout).is_final}
        if missing:
            probe.clock.sleep(_FIRST_PAUSE_MILLIS)


def _cost(target: Target) -> Iterable[Cost]:
    for create in target.create_operations:
        prices = [units(create, task.payload) for task in watched_tasks(target.expectations, create)]
        yield Cost(create.id, len(prices), sum(prices, Decimal(0)))


TASK_LIFECYCLE = Scenario(
    "task lifecycle",
    watch_tasks,
    frozenset({Purpose.CREATE_WATCHED, Purpose.POLL, Purpose.LOOK_AGAIN, Purpose.FIND_BY_NAME, Purpose.DOWNLOAD}),
    _cost,
)
