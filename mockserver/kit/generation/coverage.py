"""Coverage: for each field a small valid payload that has it, and one for each listed value and each end of a range."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from mockserver.contract.service import Operation
from mockserver.kit.generation.normal_form import normal_form
from mockserver.kit.generation.schema_edits import without_rules
from mockserver.kit.generation.solver import Solver
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.types import JSON, Payload, Schema


def covering_payloads(operation: Operation) -> Iterator[Payload]:
    """Yield different payloads that draw no warning. A field or value that no valid payload has is skipped."""
    valid, chance = ValidPayloads.of(operation, is_strict=True), Random(operation.id)
    solver = Solver(without_rules(operation.schema, valid.rules_off))
    seen: list[Payload] = []
    for name, goal in _goals(operation.schema):
        branch = solver.find(normal_form(goal), chance)
        payload = valid.simplest(branch) if branch is not None else None
        if payload is None or not valid.is_valid(payload):
            continue
        smallest = with_fewest_fields(payload, partial(_covers, name, payload[name], valid.is_valid))
        if smallest not in seen:
            seen.append(smallest)
            yield smallest


def with_fewest_fields(payload: Payload, is_good: Callable[[Payload], bool]) -> Payload:
    """Take away one field after the other, the last first, as long as the rest ``is_good`` and any can go."""
    before: Payload = {}
    while payload != before:
        before = payload
        for name in [*payload][::-1]:
            less = {key: value for key, value in payload.items() if key != name}
            if is_good(less):
                payload = less
    return payload


def with_plain_fields(payload: Payload, plain: Payload, is_good: Callable[[Payload], bool]) -> Payload:
    """Take over one value after the other of a ``plain`` payload, as long as the result ``is_good``.

    A prompt that refers to pictures holds on to them: with a plain one they can be taken away, too.
    """
    for name, value in plain.items():
        if name in payload and is_good({**payload, name: value}):
            payload = {**payload, name: value}
    return payload


_ENDS = {
    "minimum": "maximum",
    "maximum": "minimum",
    "minLength": "maxLength",
    "maxLength": "minLength",
    "minItems": "maxItems",
    "maxItems": "minItems",
}
"""What holds a value at the end of a range, by the keyword that says where that is."""


def _goals(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield each field with the schema of payloads that have it, with each listed value, and at each end of a range."""
    for name, inner in schema["properties"].items():
        yield name, {"required": [name]}
        values = [{"const": value} for value in inner.get("enum", ())]
        ends = [{opposite: inner[keyword]} for keyword, opposite in _ENDS.items() if keyword in inner]
        for wanted in (*values, *ends):
            yield name, {"required": [name], "properties": {name: wanted}}


def _covers(name: str, value: JSON, is_valid: Callable[[JSON], bool], payload: Payload) -> bool:
    return payload.get(name) == value and is_valid(payload)
