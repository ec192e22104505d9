"""Told: rules, questions, errors and faults as the contract's pages tell of them, under the readings that are taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from mockserver.adapters.docs import places
from mockserver.adapters.docs.sources import Quoted, quoted
from mockserver.contract.description.openapi import example_name
from mockserver.contract.readings import Question, Readings, levels
from mockserver.contract.rules import Rule, null_rule, undescribed
from mockserver.contract.service import Operation, Row, Service
from mockserver.contract.vectors import vectors
from mockserver.fake.faults.fault import Stage
from mockserver.fake.faults.line import KINDS
from mockserver.fake.faults.registry import FaultKind
from mockserver.kit.reports.text import excerpt, json_text
from mockserver.types import JSON, Schema, value

_ARGUMENTS = {
    "STATUS": "429",
    "DURATION": "2s",
    "REASON [after DURATION]": "moderation after 40s",
}
"""An argument for each usage of a fault that needs one; what stands in brackets may be left out."""

_STAGES = get_args(Stage)


@value
class Switch:
    """A reading that gives a rule its level: ``question=reading``, whether it is taken, and where it is told."""

    name: str
    level: str
    is_taken: bool
    place: str


@value
class ToldRule:
    """A rule with its test vectors as JSON.

    ``level`` is what counts now; ``about`` is its description, and empty where that only repeats its id.
    """

    rule: Rule
    anchor: str
    about: str
    level: str
    sources: tuple[Quoted, ...]
    switches: tuple[Switch, ...]
    accept: tuple[str, ...]
    reject: tuple[str, ...]


@value
class ToldReading:
    """A reading, and the rules to which it gives a level, with the operations that have them."""

    id: str
    means: str
    is_default: bool
    is_taken: bool
    levels: tuple[tuple[str, str, tuple[Operation, ...]], ...]


@value
class ToldQuestion:
    """An open question with its readings."""

    id: str
    question: str
    confidence: str
    sources: tuple[Quoted, ...]
    readings: tuple[ToldReading, ...]
    taken: str


@value
class ToldRow:
    """A row of an error table, the body that a client gets, and the fault that asks for it."""

    row: Row
    code: str
    text: str
    body: str
    sources: tuple[Quoted, ...]
    fault: str


@value
class ToldFault:
    """A kind of fault with an example of a line that asks for it."""

    kind: FaultKind
    example: str


def rules(operation: Operation, service: Service, readings: Readings) -> Iterator[ToldRule]:
    """Yield the rules of an operation, and the one that a field breaks that is null."""
    given = levels(service.questions, readings)
    told = [(operation.rules, operation.schema)]
    if operation.judged is not None:
        told.append((operation.judged.rules, operation.judged.schema))
    for found, schema in told:
        for rule in found:
            yield _rule(rule, schema, given, tuple(_switches(rule, service, readings)))
    asked = service.questions.get("null-field")
    if operation.rules and asked is not None:
        yield _null(null_rule(operation.id, asked.confidence, asked.source), asked, readings, service)


def _null(rule: Rule, asked: Question, readings: Readings, service: Service) -> ToldRule:
    """Tell of the rule that counts under one reading; under others null is a value, of the wrong type."""
    place, taken = places.reading(service.id, asked.id), readings[asked.id]
    given = {reading: rule.level if reading == "absent" else "off" for reading in asked.readings}
    switches = tuple(Switch(f"{asked.id}={id}", level, id == taken, place) for id, level in given.items())
    about = f"{rule.description} FIELD is any field."
    return ToldRule(rule, places.anchor(rule), about, given[taken], quoted(rule.source), switches, (), ())


def rules_of_schema(schema: Schema, found: tuple[Rule, ...]) -> Iterator[ToldRule]:
    """Yield rules that no reading touches."""
    for rule in found:
        yield _rule(rule, schema, {}, ())


def _rule(rule: Rule, schema: Schema, given: Mapping[str, str], switches: tuple[Switch, ...]) -> ToldRule:
    accept, reject = vectors(rule, schema)
    return ToldRule(
        rule=rule,
        anchor=places.anchor(rule),
        about="" if rule.description == undescribed(rule.keyword, rule.field) else rule.description,
        level=given.get(rule.id, rule.level),
        sources=quoted(rule.source),
        switches=switches,
        accept=tuple(map(_shown, accept)),
        reject=tuple(map(_shown, reject)),
    )


def _shown(payload: JSON) -> str:
    return json_text(excerpt(payload), indent=2)


def _switches(rule: Rule, service: Service, readings: Readings) -> Iterator[Switch]:
    for question in service.questions.values():
        given = {reading.id: reading.levels.get(rule.id) for reading in question.readings.values()}
        if any(given.values()):
            place = places.reading(service.id, question.id)
            for id, level in given.items():
                yield Switch(f"{question.id}={id}", level or rule.level, readings[question.id] == id, place)


def questions(service: Service, readings: Readings) -> Iterator[ToldQuestion]:
    """Yield the open questions of a service."""
    having = _having(service)
    for question in service.questions.values():
        taken = readings[question.id]
        told = tuple(
            ToldReading(
                id=reading.id,
                means=reading.means,
                is_default=reading.id == question.default,
                is_taken=reading.id == taken,
                levels=tuple((rule, level, having.get(rule, ())) for rule, level in reading.levels.items()),
            )
            for reading in question.readings.values()
        )
        yield ToldQuestion(question.id, question.question, question.confidence, quoted(question.source), told, taken)


def _having(service: Service) -> dict[str, tuple[Operation, ...]]:
    """Return the operations that have a rule, by its id."""
    found: dict[str, tuple[Operation, ...]] = {}
    for operation in service.operations.values():
        for id in dict.fromkeys(rule.id for rule in operation.every_rule):
            found[id] = (*found.get(id, ()), operation)
    return found


def rows(service: Service, description: Mapping[str, JSON]) -> Iterator[ToldRow]:
    """Yield the rows of the error table by status; the ``description`` of the service has their bodies filled in."""
    for row in sorted(service.errors.values(), key=lambda row: row.status):
        content = description["components"]["responses"][f"refused-{row.status}"]["content"]["application/json"]
        body = content["examples"][example_name(row)]["value"]
        code = row.body.get("code", "")
        text = next((each for each in row.body.values() if isinstance(each, str) and each != code), "")
        yield ToldRow(row, str(code), text, _shown(body), quoted(row.source), f"{row.id} on {service.id}")


def faults() -> Iterator[ToldFault]:
    """Yield the kinds of fault, by stage."""
    for kind in sorted(KINDS.values(), key=lambda kind: _STAGES.index(kind.stage)):
        argument = "" if kind.usage.startswith("[") else _ARGUMENTS.get(kind.usage, "")
        yield ToldFault(kind, f"{kind.name} {argument}".strip())
