"""Samples: for each field, and for each value that the contract lists for it, a small valid payload that has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from mockserver.contract.catalog import Operation
from mockserver.kit.generation.normal_form import alternatives
from mockserver.kit.generation.schema_edits import without
from mockserver.kit.generation.solver import Branches
from mockserver.kit.generation.valid import payloads
from mockserver.types import JSON, Payload, Schema


def samples(operation: Operation) -> Iterator[Payload]:
    """Yield different payloads that draw no warning; what no valid payload has is passed over."""
    source, chance = payloads(operation, is_strict=True), Random(operation.id)
    branches = Branches(without(operation.schema, source.off))
    seen: list[Payload] = []
    for name, goal in _goals(operation.schema):
        branch = branches.find(alternatives(goal), chance)
        payload = source.simplest(branch) if branch is not None else None
        if payload is None or not source.is_valid(payload):
            continue
        least = lessened(payload, partial(_is_sample, name, payload[name], source.is_valid))
        if least not in seen:
            seen.append(least)
            yield least


def lessened(payload: Payload, is_good: Callable[[Payload], bool]) -> Payload:
    """Take away one field after the other, the last first, as long as what is left is good."""
    for name in [*payload][::-1]:
        less = {key: value for key, value in payload.items() if key != name}
        if is_good(less):
            payload = less
    return payload


def _goals(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield for each field what a payload must be to have it, with each value that is listed."""
    for name, inner in schema["properties"].items():
        yield name, {"required": [name]}
        for value in inner.get("enum", ()):
            yield name, {"required": [name], "properties": {name: {"const": value}}}


def _is_sample(name: str, value: JSON, is_valid: Callable[[JSON], bool], payload: Payload) -> bool:
    return payload.get(name) == value and is_valid(payload)
