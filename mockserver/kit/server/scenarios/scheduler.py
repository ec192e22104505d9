"""Scheduler: what a service says of what runs, while two jobs run, when one is stopped, and after their ends."""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.contract.service import Operation
from mockserver.kit.server.evidence import Purpose
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.scenario import Cost, Scenario
from mockserver.kit.server.scenarios.watching import patience
from mockserver.kit.server.settings import Target
from mockserver.kit.task_view import TaskView
from mockserver.types import Millis

JOBS = 2
"""Enough for a count to be told from a flag."""

_PAUSE_MILLIS: Millis = 1000


def watch_scheduler(probe: Probe) -> None:
    """Where a service tells what runs, ask that before, during and after two jobs, and stop one. Raises ``Spent``."""
    create = probe.target.create_operations[0]
    if not _asks(probe):
        return
    _ask_scheduler(probe)
    jobs = [id for id in (_started(probe, create) for _ in range(JOBS)) if id is not None]
    _ask_scheduler(probe)
    _stop(probe, jobs)
    if have_ended(probe, create, jobs, Purpose.SCHEDULER):
        _ask_scheduler(probe)


def have_ended(probe: Probe, create: Operation, ids: list[str], purpose: Purpose) -> bool:
    """Wait for the ends of some tasks. Return whether all ended in time; never, where the service shows no tasks."""
    get = probe.expectations.get_operation(create)
    deadline = probe.clock.now() + patience(create)
    while get is not None and (ids := [id for id in ids if not _has_ended(probe, get, id, purpose)]):
        if probe.clock.now() > deadline or probe.budget.must_stop_waiting:
            return False
        probe.clock.sleep(_PAUSE_MILLIS)
    return get is not None


def _asks(probe: Probe) -> list[Operation]:
    """Return the operations that tell what runs."""
    if probe.expectations.layout.jobs is None:
        return []
    found = (probe.expectations.operation_that(does) for does in ("running", "available"))
    return [operation for operation in found if operation is not None]


def _ask_scheduler(probe: Probe) -> None:
    for operation in _asks(probe):
        probe.ask(operation, None, Purpose.SCHEDULER)


def _stop(probe: Probe, jobs: list[str]) -> None:
    """Let the first job be tracked no longer, and look what is told of it then."""
    stop = probe.expectations.operation_that("stop")
    if stop is not None and jobs:
        probe.ask(stop, probe.account_fields(stop) or None, Purpose.SCHEDULER, id=jobs[0])
        _ask_scheduler(probe)


def _started(probe: Probe, create: Operation) -> str | None:
    """Start a job that is to be called back, by a name of its own. Return its id, if it was started."""
    layout = probe.expectations.layout
    payload = create.put(layout.external_id_field, probe.simplest(create), probe.new_name())
    if examples := (create.part(layout.callback_field) or {}).get("examples"):
        payload = create.put(layout.callback_field, payload, examples[0])
    attempt = probe.create(create, payload, Purpose.SCHEDULER)
    view = TaskView.of(attempt.exchange.received, layout) if attempt.is_accepted else None
    return view.id if view is not None else None


def _has_ended(probe: Probe, get: Operation, id: str, purpose: Purpose) -> bool:
    attempt = probe.ask(get, probe.account_fields(get) or None, purpose, id=id)
    view = TaskView.of(attempt.exchange.received, probe.expectations.layout) if attempt.is_accepted else None
    return view is None or view.is_final


def _cost(target: Target) -> Iterable[Cost]:
    if target.expectations.layout.jobs is not None:
        yield Cost.of_simplest(target, target.create_operations[0], JOBS)


SCHEDULER = Scenario("scheduler", watch_scheduler, frozenset({Purpose.SCHEDULER}), _cost)
