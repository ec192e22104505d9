"""Just outside: payloads that break one rule, on every side of its edge that is known.

They come from these sources: payloads that are made to break the rule, the contract's own examples of what breaks it,
values that are only spelled otherwise, and, for a rule across fields, payloads that only just keep it, changed by one
step: a shot one second longer or shorter, one picture more. That may be legal by itself, such as another total.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from mockserver.contract.places import first, with_value
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation
from mockserver.contract.vectors import sample, vectors
from mockserver.kit.generation.choices import Seeded, Simplest
from mockserver.kit.generation.invalid import InvalidPayloads, NeverAlone
from mockserver.kit.generation.keywords import generator_of
from mockserver.kit.server.settings import Target
from mockserver.types import JSON, Payload, Schema

_ACROSS_FIELDS = ("x-sum-equals", "x-total-items", "x-references", "x-grown-area", "x-ascending")
"""The keywords of ours that name fields."""

_MOST_STEPS = 12
"""Payloads one step outside a rule. Most rules have fewer; one with lists of many listed values has fifty alike."""


def broken_payloads(target: Target, operation: Operation, rule: Rule) -> Iterator[JSON]:
    """Yield payloads that break a rule, the simplest first. Some may break it under some readings alone."""
    source = InvalidPayloads.of(operation, target.expectations.of_payloads)
    for choices in (Simplest(), Seeded(f"{target.seed}/{rule.id}")):
        try:
            found = source.generate(rule, choices)
        except NeverAlone:
            break
        if found is not None:
            yield found.payload
    if generator_of(rule.keyword).is_heavy:
        return  # its vector has megabytes
    kept, broken = vectors(rule, operation.schema)
    steps = chain.from_iterable(_one_step_away(operation.schema, rule, payload) for payload in kept)

    def is_alone(payload: JSON) -> bool:
        return target.expectations.breaks_alone(operation, rule, payload)

    yield from filter(is_alone, chain(broken, _spelled_otherwise(rule, kept)))
    if rule.is_anchored:
        yield from islice(filter(is_alone, steps), _MOST_STEPS)


def _spelled_otherwise(rule: Rule, kept: Sequence[Payload]) -> Iterator[Payload]:
    """Yield a payload with a value that only a lenient reader takes for a right one: a number as text, ``1K``."""
    if "[" in rule.field or not rule.field:
        return
    values = ((payload, first(rule.field, payload)) for payload in kept)
    for payload, value in values:
        if rule.keyword == "type" and isinstance(value, int):
            spelled = ("true", "false") if isinstance(value, bool) else (str(value),)
            yield from (with_value(rule.field, payload, text) for text in spelled)
            return
        if rule.keyword == "enum" and isinstance(value, str) and value.upper() != value:
            yield with_value(rule.field, payload, value.upper())
            yield with_value(rule.field, payload, f"{value} ")
            return


def _one_step_away(schema: Schema, rule: Rule, payload: Payload) -> Iterator[Payload]:
    """Yield a payload with each of the fields that a rule names changed by one step, added, or taken away."""
    properties = schema["properties"]
    for name in sorted(set(_texts(rule.value)) & properties.keys()):
        if name in payload:
            for value in _steps(properties[name], payload[name]):
                yield {**payload, name: value}
            yield {key: value for key, value in payload.items() if key != name}
        else:
            yield {**payload, name: sample(properties[name])}


def _steps(schema: Schema, value: JSON) -> Iterator[JSON]:
    """Yield the values next to a value: on both sides, if it has two."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, list):
        yield from _steps_of_list(schema.get("items", {}), value)
    elif isinstance(value, dict):
        yield from _steps_of_object(schema.get("properties", {}), value)
    elif "enum" in schema:
        yield from _listed(schema["enum"], value)
    elif isinstance(value, int):
        yield from (value - 1, value + 1)


def _steps_of_list(items: Schema, value: list[JSON]) -> Iterator[JSON]:
    """Yield a list with one item more, one less, and with each of its items changed by one step."""
    if value:
        yield [*value, value[-1]]
        yield value[:-1]
    for place, item in enumerate(value):
        for step in _steps(items, item):
            yield [*value[:place], step, *value[place + 1 :]]


def _steps_of_object(properties: Schema, value: Payload) -> Iterator[JSON]:
    """Yield an object with each of its fields changed by one step, and with each listed value that it does not have."""
    for name, inner in properties.items():
        if name in value:
            for step in _steps(inner, value[name]):
                yield {**value, name: step}
        else:
            yield from ({**value, name: listed} for listed in inner.get("enum", ()))


def _listed(values: Sequence[JSON], value: JSON) -> Iterator[JSON]:
    """Yield the listed values before and after a value, as it is spelled, or all others where they are no numbers."""
    alike = [each for each in values if type(each) is type(value)]
    numbers = sorted((each for each in alike if str(each).isdecimal()), key=lambda each: int(str(each)))
    if value in numbers:
        place = numbers.index(value)
        yield from (*numbers[max(0, place - 1) : place], *numbers[place + 1 : place + 2])
    else:
        yield from (each for each in alike if each != value)


def _texts(value: Any) -> Iterator[str]:
    """Yield the names of fields at the root that a schema mentions, among other texts."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if not name.startswith("x-") or name in _ACROSS_FIELDS:
                yield name
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value.partition("[")[0]
