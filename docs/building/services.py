"""The page of a service in the reference: its operations with their fields and rules, what is open, and its errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from docs.building.markdown import code, plain, section, table
from mockserver.contract.readings import levels
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation, Service
from mockserver.types import JSON


def page(service: Service) -> Iterator[str]:
    """Yield the lines of a service's page."""
    yield from section(service.id, f"{plain(service.title)}.", depth=1)
    yield from table(
        ("about", "value"),
        [
            ("hosts", ", ".join(map(code, service.hosts))),
            ("credentials", ", ".join(map(code, service.credentials))),
            ("in the fake", code(f"mockserver serve --service {service.id}")),
        ],
    )
    yield from section(
        "Operations",
        "A rule of one field is called by both, `prompt.maxLength`. It is an error unless its level stands behind it.",
    )
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
    fields: dict[str, list[Rule]] = {}
    for rule in rules:
        if not rule.is_anchored:
            fields.setdefault(rule.field, []).append(rule)
    yield from table(
        ("field", "rules", "what it is"), (_field(name, operation, of_field) for name, of_field in fields.items())
    )
    yield from table(
        ("rule across fields", "level", "what it says"),
        (
            (code(rule.id), rule.level, plain(f"{rule.description} ({rule.source})"))
            for rule in rules
            if rule.is_anchored
        ),
    )


def _field(name: str, operation: Operation, rules: list[Rule]) -> tuple[str, ...]:
    schema = (operation.part(name) if name else None) or {}
    told = [*map(_told, rules), *([f"default {_json(schema['default'])}"] if "default" in schema else [])]
    described = f"{schema.get('description', '')} ({rules[0].source})".strip()
    return code(name or "(body)"), plain("; ".join(told)), plain(described)


def _told(rule: Rule) -> str:
    """Return a rule of one field in a few words; its id is that of the field, a dot, and the first of them."""
    told = rule.keyword
    if told != "required" and not isinstance(rule.value, bool):
        told += f" {_json(rule.value)}"
    return told if rule.level == "error" else f"{told} ({rule.level})"


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
