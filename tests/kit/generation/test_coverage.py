"""Samples: valid, different, with each field and each of its values, and with no field too many."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator
from mockserver.kit.generation.coverage import covering_payloads, with_fewest_fields
from mockserver.kit.generation.valid import ValidPayloads, rule_levels
from mockserver.types import JSON, Payload

MAKERS = [
    pytest.param(operation, id=operation.id)
    for service in load().services.values()
    for operation in service.operations.values()
    if operation.does == "create"
]


@cache
def of(operation: str) -> tuple[Payload, ...]:
    return tuple(covering_payloads(load().operation(operation)))


def invalid_payloads(operation: Operation, payload: JSON) -> set[str]:
    judge = Validator(operation.schema, operation.rules, rule_levels(operation, None))
    return {found.rule.id for found in judge.violations(payload)}


@pytest.mark.parametrize("operation", MAKERS)
def test_samples_are_valid_and_different(operation: Operation) -> None:
    found = of(operation.id)
    optional = [name for name in operation.schema["properties"] if any(name not in payload for payload in found)]
    assert len(found) > min(9, len(optional))
    assert all(invalid_payloads(operation, payload) == set() for payload in found)
    assert all(payload not in found[:place] for place, payload in enumerate(found))


@pytest.mark.parametrize("operation", MAKERS)
def test_each_field_is_in_a_sample(operation: Operation) -> None:
    seen = {name for payload in of(operation.id) for name in payload}
    assert operation.schema["properties"].keys() == seen


@pytest.mark.parametrize("operation", MAKERS)
def test_each_listed_value_is_in_a_sample_if_it_draws_no_warning(operation: Operation) -> None:
    seen = [(name, value) for payload in of(operation.id) for name, value in payload.items()]
    drawn = ValidPayloads.of(operation, is_strict=True)
    for name, inner in operation.schema["properties"].items():
        for value in inner.get("enum", ()):
            alone = {**operation.schema["examples"][0], name: value}
            assert (name, value) in seen or not drawn.is_valid(alone)


@pytest.mark.parametrize(("field", "measure", "ends"), [("prompt", len, {1, 2500}), ("n", int, {1, 9})])
def test_each_end_of_a_range_is_in_a_sample(field: str, measure: Callable[[Any], int], ends: set[int]) -> None:
    assert ends <= {measure(payload[field]) for payload in of("kling/omni-image.create") if field in payload}


@pytest.mark.parametrize("operation", MAKERS)
def test_a_sample_has_no_two_fields_that_nothing_needs(operation: Operation) -> None:
    is_valid = ValidPayloads.of(operation, is_strict=True).is_valid
    for payload in of(operation.id):
        spare = [name for name in payload if is_valid({key: value for key, value in payload.items() if key != name})]
        assert len(spare) <= 1


def test_a_payload_is_lessened_as_far_as_it_stays_good() -> None:
    assert with_fewest_fields({"a": 1, "b": 2, "c": 3}, lambda less: "b" in less) == {"b": 2}
