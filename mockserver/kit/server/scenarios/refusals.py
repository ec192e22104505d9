"""Refusals: for each rule payloads that break it alone."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract.catalog import Operation
from mockserver.contract.rules import Rule
from mockserver.kit.generation.choices import Choices, Seeded, Simplest
from mockserver.kit.generation.invalid import InvalidPayloads, NeverAlone
from mockserver.kit.server.probe import Probe, encoded
from mockserver.kit.server.scenarios.accounts import fields, renamed
from mockserver.types import JSON

CHECK = "refuses-broken-rules"


def refusals(probe: Probe) -> None:
    """Break each rule of each operation, in the simplest way and in another. Raises ``Spent``."""
    for maker in probe.target.operations:
        shows = probe.terms.beside(maker, "list")
        for operation in (maker, *([shows] if shows is not None else [])):
            source = InvalidPayloads.of(operation, probe.terms.chosen)
            for rule in source.rules:
                _break(probe, operation, source, rule)


def _break(probe: Probe, operation: Operation, source: InvalidPayloads, rule: Rule) -> None:
    payloads = list(_payloads(probe, operation, source, rule))
    small = [payload for payload in payloads if len(encoded(payload)) <= probe.target.largest]
    if payloads and not small:
        megabytes = len(encoded(payloads[0])) / (1 << 20)
        probe.untried(CHECK, f"{operation.id} {rule.id}: its payload has {megabytes:.0f} MiB")
    for payload in small:
        if operation.method == "GET":
            probe.ask(operation, payload, "refuse", rule=rule)
        else:
            probe.create(operation, payload, "refuse", rule=rule)
            probe.budget.check()


def _payloads(probe: Probe, operation: Operation, source: InvalidPayloads, rule: Rule) -> Iterator[JSON]:
    """Yield different payloads that must be refused; what an open question leaves open is none."""
    seen: list[JSON] = []
    choices: tuple[Choices, ...] = (Simplest(), Seeded(f"{probe.target.seed}/{rule.id}"))
    for each in choices:
        try:
            found = source.generate(rule, each)
        except NeverAlone:
            return
        if found is None or found.payload is None:
            continue  # null as a whole body is nothing to send
        payload = found.payload
        if isinstance(payload, dict):
            wider = {**fields(probe, operation), **renamed(probe, payload)}
            payload = wider if probe.terms.is_refused(operation, rule, wider) else payload
        elif operation.method == "GET":
            continue
        if payload not in seen and probe.terms.is_refused(operation, rule, payload):
            seen.append(payload)
            yield payload
