"""Creates: valid payloads, payloads that break one rule each, and several creates at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest

from mockserver.contract.catalog import Operation
from mockserver.contract.rules import Rule
from mockserver.kit.generation.choices import Choices, Seeded, Simplest
from mockserver.kit.generation.invalid import InvalidPayloads, NeverAlone
from mockserver.kit.server.budget import Spent
from mockserver.kit.server.evidence import Attempt, Purpose
from mockserver.kit.server.payloads.boundary import BoundaryPayload, boundary_payloads
from mockserver.kit.server.probe import Probe, encoded
from mockserver.kit.server.scenarios.scenario import Cost, Scenario
from mockserver.kit.server.settings import Target
from mockserver.kit.server.watched_tasks import base_payload, units
from mockserver.types import JSON

BURST_TASKS = 4
"""Enough for a race to show; each costs money."""

ACCEPTS = "accepts-valid-payloads"
REFUSES = "refuses-broken-rules"
"""The checks that miss what was not sent."""

_NAMED_RULES = 3
"""How many of the rules that were not tried are named; the others are counted."""


def send_valid_payloads(probe: Probe) -> None:
    """Send valid payloads as long as the budget lasts, the operations in turn. Raises ``Spent``."""
    waiting = {
        create.id: boundary_payloads(probe.target, create, probe.account_fields(create))
        for create in probe.target.create_operations
    }
    while any(waiting.values()):
        for create in probe.target.create_operations:
            if waiting[create.id]:
                if probe.budget.left < 1:
                    _note_untried(probe, waiting)
                _send_valid(probe, create, waiting[create.id].pop(0))


def send_broken_payloads(probe: Probe) -> None:
    """Break each rule of each operation, in the simplest way and in another. Raises ``Spent``."""
    for create in probe.target.create_operations:
        listing = probe.expectations.list_operation(create)
        for operation in (create, *([listing] if listing is not None else [])):
            source = InvalidPayloads.of(operation, probe.expectations.chosen)
            for rule in source.rules:
                _send_broken(probe, operation, source, rule)


def send_burst(probe: Probe) -> None:
    """Create several tasks of the first operation at once, all alike. Raises ``Spent``."""
    create = probe.target.create_operations[0]
    if probe.budget.left < BURST_TASKS:
        raise Spent(f"fewer than the {BURST_TASKS} tasks of a burst were left of --max-creates")
    payload = {**base_payload(probe.expectations, create), **probe.account_fields(create)}
    with ThreadPoolExecutor(BURST_TASKS) as pool:
        sent = [pool.submit(probe.create, create, payload, Purpose.BURST) for _ in range(BURST_TASKS)]
        for each in sent:
            each.result()


def _send_valid(probe: Probe, create: Operation, found: BoundaryPayload) -> None:
    """Send a payload. If it is refused, send each of its cases alone, to see which is to blame."""
    attempt = _attempt(probe, create, found)
    # From 429 on the server is busy or broken, and the payload is not to blame.
    if attempt.exchange.status is None or attempt.is_accepted or attempt.exchange.status >= 429:
        return
    for case in found.cases if len(found.cases) > 1 else ():
        _attempt(probe, create, BoundaryPayload(case.payload, (case,), found.borrows))


def _attempt(probe: Probe, create: Operation, found: BoundaryPayload) -> Attempt:
    rule = found.cases[0].rule if len(found.cases) == 1 else None
    purpose = Purpose.BORROW if found.borrows else Purpose.KEEP_RULES
    return probe.create(create, _renamed(probe, found.payload), purpose, rule)


def _note_untried(probe: Probe, waiting: Mapping[str, list[BoundaryPayload]]) -> None:
    for id, left in waiting.items():
        rules = sorted({case.rule.id for found in left for case in found.cases if case.rule is not None})
        if rules:
            named = ", ".join(rules[:_NAMED_RULES]) + (" …" if len(rules) > _NAMED_RULES else "")
            reason = f"{id}: no task was left to try the limits of {len(rules)} rules ({named}); raise --max-creates"
            probe.recorder.untried(ACCEPTS, reason)


def _send_broken(probe: Probe, operation: Operation, source: InvalidPayloads, rule: Rule) -> None:
    payloads = list(_broken(probe, operation, source, rule))
    small = [payload for payload in payloads if len(encoded(payload)) <= probe.target.largest_bytes]
    if payloads and not small:
        megabytes = len(encoded(payloads[0])) / (1 << 20)
        probe.recorder.untried(REFUSES, f"{operation.id} {rule.id}: its payload would have {megabytes:.0f} MiB")
    for payload in small:
        if operation.method == "GET":
            probe.ask(operation, payload, Purpose.BREAK_RULE, rule)
        else:
            probe.create(operation, payload, Purpose.BREAK_RULE, rule)
            probe.budget.check()


def _broken(probe: Probe, operation: Operation, source: InvalidPayloads, rule: Rule) -> Iterator[JSON]:
    """Yield different payloads that must be refused for breaking a rule, whatever the open questions' answers are."""
    seen: list[JSON] = []
    choices: tuple[Choices, ...] = (Simplest(), Seeded(f"{probe.target.seed}/{rule.id}"))
    for each in choices:
        try:
            found = source.generate(rule, each)
        except NeverAlone:
            return
        if found is None or found.payload is None:
            continue  # null as a whole body cannot be sent
        payload = found.payload
        if isinstance(payload, dict):
            # What every request needs here comes along, unless that is what mends the payload.
            whole = {**probe.account_fields(operation), **_renamed(probe, payload)}
            payload = whole if probe.expectations.is_refused(operation, rule, whole) else payload
        elif operation.method == "GET":
            continue
        if payload not in seen and probe.expectations.is_refused(operation, rule, payload):
            seen.append(payload)
            yield payload


def _renamed(probe: Probe, payload: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return a payload with a name of its own: one that was used already would be refused for that alone."""
    layout = probe.expectations.layout
    name = payload.get(layout.external_id_field)
    if not layout.finds_external_id or not isinstance(name, str) or not name:
        return dict(payload)
    return {**payload, layout.external_id_field: f"{name}-{probe.new_name()}"}


def _cost_of_valid(target: Target) -> Iterable[Cost]:
    rows = [
        [Cost(create.id, 1, units(create, found.payload)) for found in boundary_payloads(target, create, {})]
        for create in target.create_operations
    ]
    return (cost for turn in zip_longest(*rows) for cost in turn if cost is not None)


def _cost_of_burst(target: Target) -> Iterable[Cost]:
    yield Cost.of_simplest(target, target.create_operations[0], BURST_TASKS)


VALID_PAYLOADS = Scenario(
    "valid payloads", send_valid_payloads, frozenset({Purpose.KEEP_RULES, Purpose.BORROW}), _cost_of_valid
)
BROKEN_PAYLOADS = Scenario("broken payloads", send_broken_payloads, frozenset({Purpose.BREAK_RULE}))
BURST = Scenario("burst", send_burst, frozenset({Purpose.BURST}), _cost_of_burst)
