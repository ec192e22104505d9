"""Payloads: how many a second, how soon every rule is broken, and how many break one rule only."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import process_time
from typing import Any

from hypothesis import given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from benchmarks.figures import Figure, ratios, table
from mockserver.contract.catalog import Operation, load
from mockserver.contract.validation import Validator
from mockserver.kit.mutations import breakable, broken
from mockserver.kit.payloads import ruled
from mockserver.kit.strategies import strategy

_ROUNDS = 5
_DRAWS = 500
_FLOOR: SearchStrategy[Any] = st.lists(st.integers(0, 9), min_size=20, max_size=20)
_RATES = {"kling/omni-video.create": ">= 500"}


def main() -> None:
    """Print two tables: valid payloads, and broken ones."""
    operations = [
        operation
        for service in load().services.values()
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
            f"Broken payloads, through Hypothesis. Medians of {_ROUNDS}.",
            ("operation", "rules", "draws to reach all", "per rule", "target", "break one only", "target"),
            [_broken(operation) for operation in operations],
        )
    )


def _valid(operation: Operation) -> tuple[str, ...]:
    drawn, rates, floors, different = strategy(operation, strict=True), [], [], []
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
    rules = len(breakable(operation))
    judged = Validator(operation.schema, operation.rules, ruled(operation, None))
    needed, alone = [], []
    for chance in range(_ROUNDS):
        drawn: list[str] = []
        verdicts: list[bool] = []

        def note(each: Any, drawn: list[str] = drawn, verdicts: list[bool] = verdicts) -> None:
            drawn.append(each.rule.id)
            verdicts.append({found.rule.id for found in judged.violations(each.payload)} == {each.rule.id})

        _rate(broken(operation), chance, note, draws=3 * rules)
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
