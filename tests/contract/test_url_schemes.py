"""The scheme of a URL has no case: what is accepted with https:// is accepted with HTTPS://, in every field."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.readings import levels, settled
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator
from mockserver.contract.vectors import picture
from mockserver.types import JSON, Schema, is_url

CATALOG = load()
OPERATIONS = [
    operation
    for service in CATALOG.services.values()
    for operation in service.operations.values()
    if operation.schema and operation.method == "POST"
]
URL = "https://example.com/a/file.png?x=1"


def broken(operation: Operation, payload: JSON) -> set[tuple[str, str]]:
    questions = CATALOG.services[operation.service].questions
    chosen = settled({operation.service: questions}, {})[operation.service]
    validator = Validator(operation.schema, operation.rules, levels(questions, chosen))
    return {(each.rule.id, each.pointer) for each in validator.violations(payload)}


def payloads(schema: Schema, value: JSON) -> Iterator[JSON]:
    """Yield a payload for each text of a schema, with a value there."""
    if schema.get("type") == "string" or "pattern" in schema or "x-base64" in schema:
        yield value
    for name, inner in schema.get("properties", {}).items():
        for found in payloads(inner, value):
            yield {name: found}
    if isinstance(schema.get("items"), dict):
        for found in payloads(schema["items"], value):
            yield [found]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_a_scheme_in_capitals_breaks_no_more_rules(operation: Operation) -> None:
    usual = list(payloads(operation.schema, URL))
    assert usual
    for scheme in ("HTTPS", "Https", "httpS"):
        for lower, upper in zip(usual, payloads(operation.schema, scheme + URL[5:]), strict=True):
            assert broken(operation, lower) == broken(operation, upper)


@pytest.mark.parametrize("text", ["HTTP://a", "http://a", "hTTps://a/b"])
def test_it_is_a_url(text: str) -> None:
    assert is_url(text)


@pytest.mark.parametrize("text", ["", "http", "http:/a", "ftp://a", "data:x", picture(1, 1), None, 7, " http://a"])
def test_it_is_none(text: JSON) -> None:
    assert not is_url(text)
