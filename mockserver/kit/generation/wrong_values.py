"""Wrong values: what people send by mistake."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from mockserver.contract.forms import typed
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation
from mockserver.kit.generation.dictionary import Dictionary
from mockserver.kit.generation.intersection import intersect_choices
from mockserver.kit.generation.normal_form import normal_form
from mockserver.kit.generation.schema_edits import place_of, schema_at
from mockserver.kit.generation.shapes import any_accepts, is_among
from mockserver.types import JSON, kind_of

_OF_EVERY_KIND: tuple[JSON, ...] = ("no such value", None, 0, True, 1.5, -1, "", [], {}, False)
"""The first is what a failing test shrinks to where no known value leads to a wrong one."""

_KNOWN_VALUES = 4
"""Mistakes are made with the first known values only: those made with more allowed values would be much the same."""


def wrong_values(rule: Rule, operation: Operation, dictionary: Dictionary) -> list[JSON]:
    """Return values that break a rule on a type or on allowed values, and no other rule at their place.

    What has another type is none of the allowed values either: that counts as one rule broken.
    """
    schema = schema_at(operation.schema, place_of(rule))
    left_out = {rule.keyword, "allOf", *(["enum"] if rule.keyword == "type" else [])}
    beside = {key: value for key, value in schema.items() if key not in left_out}
    shapes = intersect_choices(normal_form(beside), normal_form({rule.keyword: rule.value}, holds=False))
    values = [value for value in mistakes(dictionary.values(rule.field)) if any_accepts(shapes, value)]
    if operation.method == "GET" and rule.field:
        # In a query string everything is text, and a text that reads as the right type is of that type.
        texts = [value for value in values if isinstance(value, str) and _stays_text(value, rule, operation)]
        return texts or values
    return values


def mistakes(known: Sequence[JSON]) -> list[JSON]:
    """Return values near some known ones: in the wrong case, of the wrong type, in a list or out of it."""
    found: list[JSON] = []
    near = (wrong for value in known[:_KNOWN_VALUES] for wrong in _MISTAKES[kind_of(value)](value))
    for wrong in chain(near, _OF_EVERY_KIND):
        if not is_among(wrong, found):
            found.append(wrong)
    return found


def _stays_text(text: str, rule: Rule, operation: Operation) -> bool:
    return typed(operation.schema, {rule.field: text}) == {rule.field: text}


def _text_mistakes(value: str) -> Iterator[JSON]:
    yield from ([value], value.upper(), value.capitalize(), f"{value} ", f"{value}s", value[:-1], {"value": value})
    if value.isascii() and value.isdigit():
        number = int(value)
        # As a number, one less, far too much, and three spellings that only a lenient parser reads.
        yield from (number, number - 1, str(number + 90), f"0{value}", f"{value}.5")


def _number_mistakes(value: float) -> Iterator[JSON]:
    yield from (str(value), [value], value + 0.5, {"value": value})


def _boolean_mistakes(value: bool) -> Iterator[JSON]:
    yield from (str(value).lower(), int(value), [value])


def _list_mistakes(value: list[JSON]) -> Iterator[JSON]:
    yield from value[:1]
    yield from ({str(index): item for index, item in enumerate(value)}, json.dumps(value))


def _object_mistakes(value: dict[str, JSON]) -> Iterator[JSON]:
    yield from ([value], json.dumps(value), [*value.values()])


_MISTAKES: dict[str, Callable[[JSON], Iterator[JSON]]] = {
    "string": _text_mistakes,
    "integer": _number_mistakes,
    "fraction": _number_mistakes,
    "boolean": _boolean_mistakes,
    "array": _list_mistakes,
    "object": _object_mistakes,
    "null": lambda _: iter(()),
}
