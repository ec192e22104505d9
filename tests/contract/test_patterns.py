"""Patterns mean the same in every language: a client made from the description must agree with the fake."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mockserver.contract.catalog import load
from mockserver.types import JSON

_SHORTHAND = re.compile(r"\\[sSwWdDbB]")
"""White space, letters and digits: ECMA 262 and Python have each another set of characters for them."""

OPERATIONS = [each for service in load().services.values() for each in service.operations.values() if each.rules]


def patterns(schema: JSON) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for inner in schema.values():
            yield from patterns(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from patterns(inner)


@pytest.mark.parametrize("id", [operation.id for operation in OPERATIONS])
def test_a_pattern_of_a_request_names_its_characters(id: str) -> None:
    assert [each for each in patterns(load().operation(id).schema) if _SHORTHAND.search(each)] == []


def test_the_sweep_sees_patterns() -> None:
    found = {each for operation in OPERATIONS for each in patterns(operation.schema)}
    assert len(found) > 10
    assert _SHORTHAND.search(r"^\s*$")
