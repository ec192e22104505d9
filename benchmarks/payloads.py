"""Payloads: how long all rules take on both sides, how many a second, and how many break one rule only."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add
from time import perf_counter, process_time
from typing import Any

from hypothesis import given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from benchmarks.figures import Figure, ratios, table
from mockserver.contract.catalog import Operation, Service, load
from mockserver.contract.validation import Validator
from mockserver.kit.generation.choices import Seeded
from mockserver.kit.generation.invalid import InvalidPayload, InvalidPayloads
from mockserver.kit.generation.strategies import invalid_payloads, valid_payloads
from mockserver.kit.generation.valid import rule_levels

_ROUNDS = 5
_DRAWS = 500
_FLOOR: SearchStrategy[Any] = st.lists(st.integers(0, 9), min_size=20, max_size=20)
_RATES = {"kling/omni-video.create": ">= 500"}


@dataclass(frozen=True, slots=True)
class Sweep:
    """How many rules of a service's operations were drawn on both sides, and in how many seconds."""

    service: str
    operations: int
    rules: int
    both: int
    seconds: float

    def __add__(self, other: Sweep) -> Sweep:
        """Return the sweep of both."""
        figures = self.operations + other.operations, self.rules + other.rules, self.both + other.both
        return Sweep("all", *figures, self.seconds + other.seconds)

    def row(self, target: str = "") -> tuple[str, ...]:
        """Write it as a line of the table."""
        counts = str(self.operations), str(self.rules), f"{self.both / self.rules:.0%}"
        return (self.service, *counts, f"{self.seconds:.1f}", target)


def main() -> None:
    """Print three tables: the sweep of all rules, first, for it has to find the ways; valid payloads; broken ones."""
    services = load().services.values()
    swept = [_swept(service) for service in services]
    print(
        table(
            "The sweep: each rule that counts broken alone, simply and by chance, beside a payload that keeps them.",
            ("service", "operations", "rules", "on both sides", "seconds", "target"),
            [*(each.row() for each in swept), reduce(add, swept).row("< 60")],
        )
    )
    operations = [
        operation
        for service in services
        for operation in service.operations.values()
        if operation.rules and operation.method == "POST" and operation.task
    ]
    print(
        table(
            f"Valid payloads, strict, through Hypothesis; the floor draws twenty small numbers. Medians of {_ROUNDS}.",
            ("operation", "per second", "target", "of the floor's", "different"),
            [_valid(operation) for operation in operations],
        )
    )
    print(
        table(
            f"InvalidPayload payloads, through Hypothesis. Medians of {_ROUNDS}.",
            ("operation", "rules", "draws to reach all", "per rule", "target", "break one only", "target"),
            [_broken(operation) for operation in operations],
        )
    )


def _swept(service: Service) -> Sweep:
    """Draw both sides of every rule of a service, and hold each payload against the contract."""
    began, rules, both = perf_counter(), 0, 0
    operations = [operation for operation in service.operations.values() if operation.rules]
    for operation in operations:
        source = InvalidPayloads.of(operation)
        judged = Validator(operation.schema, operation.rules, rule_levels(operation, None))
        rules += len(source.rules)
        for rule in source.rules:
            drawn = (source.simplest(rule), source.generate(rule, Seeded(rule.id)))
            both += all(each is not None and _is_on_both_sides(each, judged) for each in drawn)
    return Sweep(service.id, len(operations), rules, both, perf_counter() - began)


def _is_on_both_sides(drawn: InvalidPayload, judged: Validator) -> bool:
    """Whether a payload breaks its rule alone."""
    return {found.rule.id for found in judged.violations(drawn.payload)} == {drawn.rule.id}


def _valid(operation: Operation) -> tuple[str, ...]:
    drawn, rates, floors, different = valid_payloads(operation, strict=True), [], [], []
    for chance in range(_ROUNDS):
        payloads: set[str] = set()

        def note(payload: Any, payloads: set[str] = payloads) -> None:
            payloads.add(json.dumps(payload))

        rates.append(_rate(drawn, chance, note))
        floors.append(_rate(_FLOOR, chance, lambda _: None))
        different.append(len(payloads) / _DRAWS)
    figures = (f"{Figure.of(rates):.0f}", _RATES.get(operation.id, ""), f"{ratios(rates, floors):.2f}")
    return (operation.id, *figures, f"{Figure.of(different):.0%}")


def _broken(operation: Operation) -> tuple[str, ...]:
    rules = len(InvalidPayloads.of(operation).rules)
    judged = Validator(operation.schema, operation.rules, rule_levels(operation, None))
    needed, alone = [], []
    for chance in range(_ROUNDS):
        drawn: list[str] = []
        verdicts: list[bool] = []

        def note(each: Any, drawn: list[str] = drawn, verdicts: list[bool] = verdicts) -> None:
            drawn.append(each.rule.id)
            verdicts.append({found.rule.id for found in judged.violations(each.payload)} == {each.rule.id})

        _rate(invalid_payloads(operation), chance, note, draws=3 * rules)
        needed.append(max(drawn.index(id) for id in {*drawn}) + 1 if len({*drawn}) == rules else float("inf"))
        alone.append(sum(verdicts) / len(verdicts))
    per_rule = Figure.of(count / rules for count in needed)
    reached = (f"{Figure.of(needed):.0f}", f"{per_rule:.2f}", "<= 2")
    return (operation.id, str(rules), *reached, f"{Figure.of(alone):.0%}", "100%")


def _rate(drawn: SearchStrategy[Any], chance: int, note: Callable[[Any], object], draws: int = _DRAWS) -> float:
    """Draw so often, and return how often in a second of the processor's time."""
    count = 0

    @seed(chance)
    @settings(max_examples=draws, database=None, deadline=None)
    @given(drawn)
    def run(value: Any) -> None:
        nonlocal count
        count += 1
        note(value)

    before = process_time()
    run()
    return count / (process_time() - before)


if __name__ == "__main__":
    main()
