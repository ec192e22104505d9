"""Payloads: how long it takes to break all rules, how many payloads a second, and how many break one rule only."""

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

from benchmarks.harness.figures import Figure, ratios, table
from mockserver.contract.catalog import load
from mockserver.contract.service import Operation, Service
from mockserver.contract.validation import Validator
from mockserver.kit.generation.choices import Seeded
from mockserver.kit.generation.invalid import InvalidPayload, InvalidPayloads
from mockserver.kit.generation.strategies import invalid_payloads, valid_payloads
from mockserver.kit.generation.valid import rule_levels

_ROUNDS = 5
_DRAWS = 500
_FLOOR: SearchStrategy[Any] = st.lists(st.integers(0, 9), min_size=20, max_size=20)
_TARGETS = {"kling/omni-video.create": ">= 500"}
"""Payloads per second, valid and invalid ones: this operation has the most rules."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """How many rules of a service's operations were broken alone, and how long the search and the payloads took."""

    service: str
    operations: int
    rules: int
    broken_alone: int
    seconds: float

    def __add__(self, other: Sweep) -> Sweep:
        """Return the sweep of both services."""
        counts = self.operations + other.operations, self.rules + other.rules, self.broken_alone + other.broken_alone
        return Sweep("all", *counts, self.seconds + other.seconds)

    def row(self, target: str = "") -> tuple[str, ...]:
        """Return it as a row of the table."""
        counts = str(self.operations), str(self.rules), f"{self.broken_alone / self.rules:.0%}"
        return (self.service, *counts, f"{self.seconds:.1f}", target)


def main() -> None:
    """Print three tables. The sweep of all rules comes first, because it includes the search for branches."""
    services = load().services.values()
    sweeps = [_sweep(service) for service in services]
    print(
        table(
            "The sweep: each rule that counts broken alone, by its simplest payload and by a random one.",
            ("service", "operations", "rules", "broken alone", "seconds", "target"),
            [*(sweep.row() for sweep in sweeps), reduce(add, sweeps).row("< 60")],
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
            [_valid_row(operation) for operation in operations],
        )
    )
    print(
        table(
            f"Invalid payloads, through Hypothesis. Medians of {_ROUNDS}.",
            ("operation", "per second", "target", "rules", "draws to reach all", "per rule", "", "break one only", ""),
            [_invalid_row(operation) for operation in operations],
        )
    )


def _sweep(service: Service) -> Sweep:
    """Break each rule of a service twice, and check that each payload breaks this rule alone."""
    began, rules, broken_alone = perf_counter(), 0, 0
    operations = [operation for operation in service.operations.values() if operation.rules]
    for operation in operations:
        payloads, validator = InvalidPayloads.of(operation), _validator(operation)
        rules += len(payloads.rules)
        for rule in payloads.rules:
            drawn = (payloads.simplest(rule), payloads.generate(rule, Seeded(rule.id)))
            broken_alone += all(each is not None and _breaks_one_rule(each, validator) for each in drawn)
    return Sweep(service.id, len(operations), rules, broken_alone, perf_counter() - began)


def _validator(operation: Operation) -> Validator:
    return Validator(operation.schema, operation.rules, rule_levels(operation, None))


def _breaks_one_rule(invalid: InvalidPayload, validator: Validator) -> bool:
    """Whether a payload breaks its rule and no other."""
    return {violation.rule.id for violation in validator.violations(invalid.payload)} == {invalid.rule.id}


def _valid_row(operation: Operation) -> tuple[str, ...]:
    strategy, rates, floors, different = valid_payloads(operation, strict=True), [], [], []
    for chance in range(_ROUNDS):
        payloads: set[str] = set()

        def note(payload: Any, payloads: set[str] = payloads) -> None:
            payloads.add(json.dumps(payload))

        rates.append(_rate(strategy, chance, note))
        floors.append(_rate(_FLOOR, chance, lambda _: None))
        different.append(len(payloads) / _DRAWS)
    figures = (f"{Figure.of(rates):.0f}", _TARGETS.get(operation.id, ""), f"{ratios(rates, floors):.2f}")
    return (operation.id, *figures, f"{Figure.of(different):.0%}")


def _invalid_row(operation: Operation) -> tuple[str, ...]:
    strategy, validator = invalid_payloads(operation), _validator(operation)
    rules = len(InvalidPayloads.of(operation).rules)
    rates, needed, alone = [], [], []
    for chance in range(_ROUNDS):
        drawn: list[InvalidPayload] = []
        rates.append(_rate(strategy, chance, lambda _: None))
        _rate(strategy, chance, drawn.append, draws=3 * rules)
        ids = [each.rule.id for each in drawn]
        needed.append(max(map(ids.index, {*ids})) + 1 if len({*ids}) == rules else float("inf"))
        alone.append(sum(_breaks_one_rule(each, validator) for each in drawn) / len(drawn))
    per_rule = Figure.of(count / rules for count in needed)
    reached = (f"{Figure.of(needed):.0f}", f"{per_rule:.2f}", "<= 2")
    rate = (f"{Figure.of(rates):.0f}", _TARGETS.get(operation.id, ""))
    return (operation.id, *rate, str(rules), *reached, f"{Figure.of(alone):.0%}", "100%")


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
