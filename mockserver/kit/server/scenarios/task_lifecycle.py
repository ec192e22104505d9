"""Task lifecycle: a few tasks, each watched to its end, asked for again and by its name, and its results downloaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mockserver.contract.places import first
from mockserver.kit.server.evidence import Purpose, Watched
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.scenario import Cost, Scenario
from mockserver.kit.server.scenarios.watching import FIRST_PAUSE_MILLIS, Watch, download, watch_to_the_end
from mockserver.kit.server.settings import Target
from mockserver.kit.server.spending.budget import Spent
from mockserver.kit.server.spending.prices import units
from mockserver.kit.server.watched_tasks import WatchedTask, watched_tasks
from mockserver.kit.task_view import TaskView
from mockserver.types import Millis

_CALLBACK_MILLIS: Millis = 10_000
"""How long to wait for callbacks once all tasks were seen at their end."""

_LOOKS_AGAIN_MILLIS: tuple[Millis, ...] = (300, 1500)
"""The pauses before a task that has ended is asked for again: soon, and when a cache of a second is stale."""

ENDS = "task-ends"
"""The check that misses a task that could not be watched to its end."""


def watch_tasks(probe: Probe) -> None:
    """Create a few tasks of each operation, and watch each to its end. Raises ``Spent``."""
    watches: list[Watch] = []
    try:
        for create in probe.target.create_operations:
            for task in watched_tasks(probe.expectations, create, probe.account_fields(create)):
                watches += _created(probe, task)
    except Spent:
        _watch(probe, watches)  # they were paid for
        raise
    _watch(probe, watches)


def _watch(probe: Probe, watches: list[Watch]) -> None:
    """Look at some tasks until they have ended, and at what has become of them."""
    watch_to_the_end(probe, watches)
    for id in dict.fromkeys(watch.task.operation.id for watch in watches if watch.is_abandoned):
        probe.recorder.untried(ENDS, f"{id}: there was no time to wait for its end; raise --seconds")
    ended = [watch for watch in watches if watch.has_ended]
    for pause in _LOOKS_AGAIN_MILLIS:
        probe.clock.sleep(pause)
        for watch in ended:
            watch.look(probe, Purpose.LOOK_AGAIN)
    for watch in ended:
        _find_by_name(probe, watch)
        download(probe, watch)
    for watch in ended[:1]:
        download(probe, watch, is_whole=False)  # a URL is good for thirty days, and not for one download
    _wait_for_callbacks(probe, [watch for watch in watches if watch in ended or watch.get is None])


def _created(probe: Probe, plain: WatchedTask) -> Iterator[Watch]:
    """Create a task with a name of its own, which is called back if the server can; yield it if it is there."""
    create, layout, name = plain.operation, probe.expectations.layout, f"{plain.name}-{probe.new_name()}"
    payload = create.put(layout.external_id_field, plain.payload, name)
    if probe.receiver is not None:
        payload = create.put(layout.callback_field, payload, probe.receiver.url(name))
    task = replace(plain, name=name, payload=payload)
    attempt = probe.create(create, dict(task.payload), Purpose.CREATE_WATCHED, Watched(name))
    probe.recorder.watch(task)
    watch = Watch.of(probe, task, attempt)
    if watch is not None:
        yield watch


def _find_by_name(probe: Probe, watch: Watch) -> None:
    layout = probe.expectations.layout
    name = first(layout.external_id_field, watch.task.payload)
    if watch.get and layout.finds_external_id and name is not None:
        probe.ask(watch.get, None, Purpose.FIND_BY_NAME, Watched(watch.task.name), name=str(name))


def _wait_for_callbacks(probe: Probe, watches: list[Watch]) -> None:
    """Wait until the last callback of each task has come; for a task that no query shows, until its deadline."""
    if probe.receiver is None:
        return
    layout = probe.expectations.layout
    deadlines = [watch.deadline for watch in watches if watch.get is None]
    end = max([probe.clock.now() + _CALLBACK_MILLIS, *deadlines])
    missing = {watch.task.name for watch in watches if first(layout.callback_field, watch.task.payload) is not None}
    while missing and probe.clock.now() < end and not probe.budget.must_stop_waiting:
        received = probe.receiver.received()
        missing -= {callback.task for callback in received if TaskView.told(callback.document, layout).is_final}
        if missing:
            probe.clock.sleep(FIRST_PAUSE_MILLIS)


def _cost(target: Target) -> Iterable[Cost]:
    for create in target.create_operations:
        for task in watched_tasks(target.expectations, create):
            yield Cost(create.id, 1, units(create, task.payload))


TASK_LIFECYCLE = Scenario(
    "task lifecycle",
    watch_tasks,
    frozenset({Purpose.CREATE_WATCHED, Purpose.POLL, Purpose.LOOK_AGAIN, Purpose.FIND_BY_NAME, Purpose.DOWNLOAD}),
    _cost,
)
