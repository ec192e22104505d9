"""Creates: valid payloads, whose tasks are followed to their results, and several creates at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import cycle, islice, zip_longest
from types import MappingProxyType

from mockserver.contract.places import first, with_value
from mockserver.contract.service import Operation
from mockserver.kit.server.evidence import Attempt, Purpose, Watched
from mockserver.kit.server.findings import is_busy
from mockserver.kit.server.payloads.boundary import BoundaryPayload, boundary_payloads
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.scenario import Cost, Scenario
from mockserver.kit.server.scenarios.watching import Watch, download, watch_to_the_end
from mockserver.kit.server.settings import Target
from mockserver.kit.server.spending.budget import Spent, TooDear
from mockserver.kit.server.spending.prices import units
from mockserver.kit.server.watched_tasks import watched_task
from mockserver.kit.threads import side_by_side
from mockserver.types import JSON

BURST_TASKS = 4
"""Enough for a race to show; each costs money."""

_NAMESAKES = 2
"""Creates of one name that are sent at once: one of them is refused."""

_MEDIA_TYPES = MappingProxyType({"": "application/json", "with a charset": "application/json; charset=utf-8"})
"""Ways to say that a body is JSON: many libraries name the charset, too."""

ACCEPTS = "accepts-valid-payloads"
FOLLOWS = "accepted-payloads-succeed"
"""The checks that miss what was not sent, and whose end was not seen."""

_NAMED_RULES = 3
"""How many of the rules that were not tried are named; the others are counted."""


def send_valid_payloads(probe: Probe) -> None:
    """Send valid payloads as long as the budget lasts, the operations in turn, and follow their tasks.

    Raises ``Spent``.
    """
    waiting = {
        create.id: boundary_payloads(probe.target, create, probe.account_fields(create))
        for create in probe.target.create_operations
    }
    edges = {id: sum(not found.borrows for found in payloads) for id, payloads in waiting.items()}
    followed: list[Watch] = []
    too_dear: dict[str, list[BoundaryPayload]] = {id: [] for id in waiting}
    while any(waiting.values()) and probe.budget.left > 0:
        for create in probe.target.create_operations:
            if waiting[create.id] and probe.budget.left > 0:
                found = waiting[create.id].pop(0)
                try:
                    followed += _send_valid(probe, create, found)
                except TooDear:
                    too_dear[create.id].append(found)
    _note_untried(probe, {id: [*too_dear[id], *left] for id, left in waiting.items()})
    _follow(probe, followed, edges)


def _follow(probe: Probe, followed: list[Watch], edges: Mapping[str, int]) -> None:
    """See what comes of tasks, the cheapest first, and say of how many of the ``edges`` of each operation."""
    watch_to_the_end(probe, followed)
    seen: list[Watch] = []
    for watch in sorted(followed, key=lambda watch: units(watch.task.operation, watch.task.payload)):
        if watch.has_ended and not probe.budget.must_stop_waiting:
            download(probe, watch, is_whole=False)
            seen.append(watch)
    for id, count in edges.items():
        done = sum(watch.task.operation.id == id for watch in seen)
        is_shown = any(watch.get is not None for watch in followed if watch.task.operation.id == id)
        if done < count and (is_shown or not followed):
            more = f"raise {probe.budget.options} or --seconds"
            probe.recorder.untried(FOLLOWS, f"{id}: followed {done} of {count} valid payloads to their results; {more}")


def send_burst(probe: Probe) -> None:
    """Create several tasks of the first operation, all alike, and two of one name, all at once. Raises ``Spent``."""
    create, layout = probe.target.create_operations[0], probe.expectations.layout
    if not Cost.of_simplest(probe.target, create, BURST_TASKS + _NAMESAKES).is_within(probe.budget):
        raise Spent(f"fewer than the {BURST_TASKS + _NAMESAKES} tasks of a burst were left of {probe.budget.options}")
    plain = probe.simplest(create)
    unnamed = create.put(layout.external_id_field, plain, "")
    payload = unnamed if _has_names(probe.target) and probe.expectations.is_accepted(create, unnamed) else plain
    sent = [
        partial(probe.create, create, payload, Purpose.BURST, case=case, headers={"content-type": media_type})
        for case, media_type in islice(cycle(_MEDIA_TYPES.items()), BURST_TASKS)
    ]
    if _has_names(probe.target):
        named = create.put(layout.external_id_field, plain, f"twins-{probe.new_name()}")
        sent += [partial(probe.create, create, named, Purpose.RACE_FOR_NAME)] * _NAMESAKES
    for ended in [*side_by_side(sent)]:
        ended.result()


def _has_names(target: Target) -> bool:
    """Whether a name of the client's own is that of one task at the most."""
    layout = target.expectations.layout
    return layout.finds_external_id and target.create_operations[0].has(layout.external_id_field)


def _send_valid(probe: Probe, create: Operation, found: BoundaryPayload) -> Iterator[Watch]:
    """Send a payload. If it is refused, send each of its cases alone, to see which is to blame."""
    attempt, watch = _attempt(probe, create, found)
    if watch is not None:
        yield watch
    status = attempt.exchange.status
    # Of a server that is busy or broken, the payload is not to blame.
    if status is None or attempt.is_accepted or status >= 500 or is_busy(attempt, probe.expectations):
        return
    for case in found.cases if len(found.cases) > 1 else ():
        if probe.budget.left > 0:
            _, watch = _attempt(probe, create, BoundaryPayload(case.payload, (case,), found.borrows))
            yield from () if watch is None else (watch,)


def _attempt(probe: Probe, create: Operation, found: BoundaryPayload) -> tuple[Attempt, Watch | None]:
    """Send a payload; follow its task, unless it names something outside, which may not be there."""
    rule = found.cases[0].rule if len(found.cases) == 1 else None
    payload = renamed(probe, found.payload)
    if found.borrows:
        return probe.create(create, payload, Purpose.BORROW, rule), None
    task = watched_task(create, payload, f"{create.id}.edge-{probe.new_name()}".replace("/", "-"))
    attempt = probe.create(create, payload, Purpose.KEEP_RULES, Watched(task.name, rule))
    watch = Watch.of(probe, task, attempt)
    if watch is not None:
        probe.recorder.watch(task)
    return attempt, watch


def _note_untried(probe: Probe, waiting: Mapping[str, list[BoundaryPayload]]) -> None:
    for id, left in waiting.items():
        rules = sorted({case.rule.id for found in left for case in found.cases if case.rule is not None})
        if rules:
            reason = f"{id}: no task was left to try the limits of {len(rules)} rules ({named(rules)})"
            probe.recorder.untried(ACCEPTS, f"{reason}; raise {probe.budget.options}")


def named(rules: Iterable[str]) -> str:
    """Name the first of some rules."""
    ids = list(dict.fromkeys(rules))
    return ", ".join(ids[:_NAMED_RULES]) + (" …" if len(ids) > _NAMED_RULES else "")


def renamed(probe: Probe, payload: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return a payload with a name of its own: one that was used already would be refused for that alone."""
    layout = probe.expectations.layout
    field, name = layout.external_id_field, first(layout.external_id_field, payload)
    if not layout.finds_external_id or field is None or not isinstance(name, str) or not name:
        return dict(payload)
    return with_value(field, payload, f"{name}-{probe.new_name()}")


def _cost_of_valid(target: Target) -> Iterable[Cost]:
    rows = [
        [Cost(create.id, 1, units(create, found.payload)) for found in boundary_payloads(target, create, {})]
        for create in target.create_operations
    ]
    return (cost for turn in zip_longest(*rows) for cost in turn if cost is not None)


def _cost_of_burst(target: Target) -> Iterable[Cost]:
    tasks = BURST_TASKS + 1 if _has_names(target) else BURST_TASKS
    yield Cost.of_simplest(target, target.create_operations[0], tasks)


VALID_PAYLOADS = Scenario(
    "valid payloads",
    send_valid_payloads,
    frozenset({Purpose.KEEP_RULES, Purpose.BORROW, Purpose.POLL, Purpose.DOWNLOAD}),
    _cost_of_valid,
)
BURST = Scenario("burst", send_burst, frozenset({Purpose.BURST, Purpose.RACE_FOR_NAME}), _cost_of_burst)
