"""Refusals: payloads that each break a rule, and a look at what they leave behind: there must be nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from mockserver.contract.places import first, located, with_value
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation
from mockserver.contract.vectors import merged
from mockserver.kit.generation.invalid import InvalidPayloads
from mockserver.kit.lookups import is_by_path
from mockserver.kit.server.evidence import Attempt, Purpose, Watched
from mockserver.kit.server.findings import is_busy
from mockserver.kit.server.payloads.broken import broken_payloads
from mockserver.kit.server.probe import Probe, encoded
from mockserver.kit.server.scenarios.creates import named, renamed
from mockserver.kit.server.scenarios.queries import whole_list
from mockserver.kit.server.scenarios.scenario import Cost, Scenario
from mockserver.kit.server.scenarios.watching import Watch, watch_to_the_end
from mockserver.kit.server.settings import Target
from mockserver.kit.server.spending.budget import TooDear
from mockserver.kit.server.watched_tasks import watched_task
from mockserver.types import JSON

REFUSES, LEAVES_NOTHING = "refuses-broken-rules", "refused-create-takes-no-slot"
"""The checks that miss what was not sent."""

_TASKS = 2
"""Created of each operation: one before what must be refused, one afterwards, with a name that was refused."""

_MOST_NAMES = 12
"""How many names of refused creates are looked for: one for each way to be wrong, of which there are a dozen."""


_FIGURES = frozenset({"running", "available"})
"""What operations do that tell which tasks run."""


def send_broken_payloads(probe: Probe) -> None:
    """Break each rule of each operation, on each side of its edge, and look for traces. Raises ``Spent``."""
    creates = probe.target.create_operations
    costs = list(_cost(probe.target))
    tasks, price = sum(cost.tasks for cost in costs), sum((cost.units for cost in costs), Decimal(0))
    looks_for_traces = probe.budget.affords(tasks, price)
    if looks_for_traces:
        _list(probe)
        _create_before(probe)
        _list(probe)
    else:
        reason = f"fewer than {tasks} tasks were left to see it; raise {probe.budget.options}"
        probe.recorder.untried(LEAVES_NOTHING, reason)
    seen: set[str] = set()
    refused = {create.id: _send_all(probe, create, seen) for create in creates}
    if looks_for_traces:
        _list(probe)
        for create in creates:
            _look_for_names(probe, create, refused[create.id])


def _send_all(probe: Probe, create: Operation, seen: set[str]) -> list[Attempt]:
    """Break the rules of an operation, and of its list and its query. Return the creates that were refused.

    Those of a list or query for several products are broken once; ``seen`` has what was.
    """
    refused: list[Attempt] = []
    for operation in _asked(probe, create):
        if operation.id in seen:
            continue
        seen.add(operation.id)
        too_dear: list[str] = []
        for rule in InvalidPayloads.of(operation, probe.expectations.of_payloads).rules:
            for attempt in _send_broken(probe, operation, rule, too_dear):
                if is_busy(attempt, probe.expectations):
                    probe.recorder.untried(REFUSES, f"{operation.id}: the server stayed busy, from {rule.id} on")
                    return refused
                if operation is create and not attempt.is_accepted:
                    refused.append(attempt)
        if too_dear:
            reason = f"{operation.id}: {len(too_dear)} payloads would cost too much, if the server accepted them"
            probe.recorder.untried(REFUSES, f"{reason} ({named(too_dear)}); raise --max-units")
    return refused


def _asked(probe: Probe, create: Operation) -> Iterator[Operation]:
    """Yield an operation, its list, and its query where that names the task by a parameter."""
    listing, get = probe.expectations.list_operation(create), probe.expectations.get_operation(create)
    yield create
    if listing is not None:
        yield listing
    if get is not None and not is_by_path(get):
        yield get


def _send_broken(probe: Probe, operation: Operation, rule: Rule, too_dear: list[str]) -> Iterator[Attempt]:
    """Send payloads that break a rule; add its id to ``too_dear`` for each that would cost more than is left."""
    payloads = list(_broken(probe, operation, rule))
    small = [payload for payload in payloads if len(encoded(payload)) <= probe.target.largest_bytes]
    if payloads and not small:
        megabytes = len(encoded(payloads[0])) / (1 << 20)
        probe.recorder.untried(REFUSES, f"{operation.id} {rule.id}: its payload would have {megabytes:.0f} MiB")
    for payload in small:
        if operation.does != "create":
            yield probe.ask(operation, payload, Purpose.BREAK_RULE, rule)
            continue
        try:
            yield probe.create(operation, payload, Purpose.BREAK_RULE, rule)
        except TooDear:
            too_dear.append(rule.id)
        probe.budget.check()


def _broken(probe: Probe, operation: Operation, rule: Rule) -> Iterator[JSON]:
    """Yield different payloads that must be refused for breaking a rule, whatever the open questions' answers are."""
    seen: list[JSON] = []
    for payload in broken_payloads(probe.target, operation, rule):
        if payload is None or payload in seen or (operation.method == "GET" and not isinstance(payload, dict)):
            continue  # null as a whole body cannot be sent
        seen.append(payload)
        # What every request needs here comes along, and a name, unless that is what mends the payload.
        whole = (
            merged(probe.account_fields(operation), _named(probe, operation, payload))
            if isinstance(payload, dict)
            else payload
        )
        for each in (whole, payload):
            if probe.expectations.is_refused(operation, rule, each):
                yield each
                break


def _named(probe: Probe, operation: Operation, payload: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return a payload with a name of its own, by which its task would be known."""
    field = probe.expectations.layout.external_id_field
    is_there = field is not None and any(located(field, payload))
    if field is None or is_there or not operation.has(field) or operation.method == "GET":
        return renamed(probe, payload)
    return with_value(field, payload, probe.new_name())


def _create_before(probe: Probe) -> None:
    """Create one task of each operation, to see that there is room for one, and wait until that is free again."""
    watches = []
    for create in probe.target.create_operations:
        payload = probe.simplest(create)
        task = watched_task(create, payload, probe.new_name())
        attempt = probe.create(create, payload, Purpose.BEFORE_REFUSALS, Watched(task.name))
        watch = Watch.of(probe, task, attempt)
        watches += [watch] if watch is not None else []
    watch_to_the_end(probe, watches)


def _list(probe: Probe) -> None:
    """Ask for all tasks, and for what runs."""
    found = (probe.expectations.list_operation(create) for create in probe.target.create_operations)
    listings = {listing.id: listing for listing in found if listing is not None}
    for listing in listings.values():
        payload, page = whole_list(probe, listing)
        probe.ask(listing, payload or None, Purpose.LIST_AROUND_REFUSALS, page)
    for operation in probe.expectations.service.operations.values():
        if operation.does in _FIGURES:
            probe.ask(operation, probe.account_fields(operation) or None, Purpose.LIST_AROUND_REFUSALS)


def _look_for_names(probe: Probe, create: Operation, refused: list[Attempt]) -> None:
    """Ask for tasks by the names of refused creates, and create one with such a name."""
    layout, get = probe.expectations.layout, probe.expectations.get_operation(create)
    field = layout.external_id_field
    # One for each way to be wrong. The last is wrong across fields, which a server finds out last.
    named = [each for each in refused if isinstance(first(field, each.payload), str)]
    of_each = {each.rule.keyword: each for each in named if each.rule is not None}
    for attempt in [*of_each.values()][-_MOST_NAMES:] if get is not None and layout.finds_external_id else ():
        name = str(first(field, attempt.payload))
        if get is not None and name:
            probe.ask(get, None, Purpose.FIND_REFUSED, attempt.about, name=name)
    plain = probe.simplest(create)
    payload = create.put(field, plain, first(field, named[-1].payload)) if named else plain
    probe.create(create, payload, Purpose.AFTER_REFUSALS)


def _cost(target: Target) -> Iterable[Cost]:
    return (Cost.of_simplest(target, create, _TASKS) for create in target.create_operations)


BROKEN_PAYLOADS = Scenario(
    "broken payloads",
    send_broken_payloads,
    frozenset(
        {
            Purpose.BREAK_RULE,
            Purpose.BEFORE_REFUSALS,
            Purpose.POLL,
            Purpose.LIST_AROUND_REFUSALS,
            Purpose.FIND_REFUSED,
            Purpose.AFTER_REFUSALS,
        }
    ),
    _cost,
)
