"""The page of a service in the reference: its operations with their fields and rules, what is open, and its errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from docs.building.markdown import code, plain, section, table
from mockserver.contract.readings import levels
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation, Service
from mockserver.types import JSON, Schema


def page(service: Service) -> Iterator[str]:
    """Yield the lines of a service's page."""
    yield from section(service.id, f"{plain(service.title)}.", depth=1)
    yield from table(
        ("", ""),
        [
            ("hosts", ", ".join(map(code, service.hosts))),
            ("credentials", ", ".join(map(code, service.credentials))),
            ("in the fake", code(f"mockserver serve --service {service.id}")),
        ],
    )
    yield from section("Operations")
    yield from table(
        ("operation", "request"),
        ((f"[{code(each.name)}](#{_anchor(each.name)})", code(_line(each))) for each in service.operations.values()),
    )
    given = levels(service.questions, {id: question.default for id, question in service.questions.items()})
    for operation in service.operations.values():
        yield from _operation(
            operation, [replace(rule, level=given.get(rule.id, rule.level)) for rule in operation.every_rule]
        )
    yield from _questions(service)
    yield from _errors(service)


def _line(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def _anchor(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum() or letter in "-_")


def _operation(operation: Operation, rules: list[Rule]) -> Iterator[str]:
    when = " and ".join(code(f"{question}={reading}") for question, reading in operation.when.items())
    yield from section(operation.name, code(_line(operation)), when and f"Only under {when}.", depth=3)
    yield from table(
        ("field", "type", "default", "what it is"),
        (
            (
                code(name),
                _type(schema),
                "" if "default" not in schema else code(_json(schema["default"])),
                plain(schema.get("description", "")),
            )
            for name, schema in _fields(operation.schema)
        ),
    )
    yield from table(
        ("rule", "level", "what it says", "source"),
        ((code(rule.id), rule.level, plain(rule.description), plain(rule.source)) for rule in rules),
    )


def _fields(schema: Schema, place: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield each field of a request with its schema, those in objects and lists after the one that has them."""
    for name, part in schema.get("properties", {}).items():
        yield f"{place}{name}", part
        yield from _fields(part, f"{place}{name}.")
        if isinstance(part.get("items"), dict):
            yield from _fields(part["items"], f"{place}{name}[].")


def _type(schema: Schema) -> str:
    found: Any = schema.get("type")
    if found is None and "enum" in schema:
        return ", ".join(code(_json(each)) for each in schema["enum"])
    return " or ".join(found) if isinstance(found, list) else str(found or "")


def _questions(service: Service) -> Iterator[str]:
    if service.questions:
        yield from section("Open questions", "The documents leave these open; `--reading QUESTION=READING` chooses.")
    yield from table(
        ("question", "readings, the default first", "source"),
        (
            (
                f"{code(question.id)} {plain(question.question)}",
                "; ".join(
                    f"{code(reading.id)} {plain(reading.means)}"
                    for reading in sorted(question.readings.values(), key=lambda each: each.id != question.default)
                ),
                plain(f"{question.confidence}; {question.source}"),
            )
            for question in service.questions.values()
        ),
    )


def _errors(service: Service) -> Iterator[str]:
    yield from section("Errors", "Each row is a fault, too: `--fault` with its name makes the service answer so.")
    yield from table(
        ("row", "status", "body", "source"),
        (
            (code(row.id), str(row.status), code(_json(row.body)), plain(f"{row.confidence}; {row.source}"))
            for row in service.errors.values()
        ),
    )


def _json(found: JSON) -> str:
    return json.dumps(found, ensure_ascii=False)
