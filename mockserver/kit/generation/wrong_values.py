"""Swaps: one value of a payload replaced by another, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract.catalog import Operation
from mockserver.contract.forms import typed
from mockserver.contract.rules import Rule
from mockserver.kit.generation.dictionary import Lexicon
from mockserver.kit.generation.intersection import merged
from mockserver.kit.generation.normal_form import alternatives
from mockserver.kit.generation.oddities import oddities
from mockserver.kit.generation.schema_edits import at, place_of
from mockserver.kit.generation.shapes import fit
from mockserver.types import JSON, Path


def odd_values(rule: Rule, operation: Operation, lexicon: Lexicon) -> list[JSON]:
    """Return values that break a rule on a type or an enumeration, and nothing else at their place."""
    there = at(operation.schema, place_of(rule))
    beside = {key: value for key, value in there.items() if key not in (rule.keyword, "allOf")}
    shapes = merged(alternatives(beside), alternatives({"not": {rule.keyword: rule.value}}))
    values = [value for value in oddities(lexicon.values(rule.field)) if fit(shapes, value)]
    if operation.method == "GET" and rule.field:
        # In a query string everything is text, and text that reads as the right type is of it.
        values = [each for each in values if isinstance(each, str) and _stays(each, rule, operation)] or values
    return values


def has(payload: JSON, place: Path) -> bool:
    """Tell whether there is a value in a payload at a place of its schema."""
    if not place:
        return True
    if place[0] == "items":
        return isinstance(payload, list) and any(has(item, place[1:]) for item in payload)
    return isinstance(payload, dict) and place[1] in payload and has(payload[place[1]], place[2:])


def spots(payload: JSON, place: Path) -> list[Path]:
    """Return where in a payload the values are that a place of its schema speaks of.

    A field that could be there counts; if not even its list or object is there, one to be made does.
    """
    return [*_spots(payload, place, ())] or [_made(place)]


def swapped(payload: JSON, spot: Path, value: JSON, lexicon: Lexicon, field: str = "") -> JSON:
    """Return a payload with another value at a spot; what is missing on the way is made of known values."""
    if not spot:
        return value
    step, rest = spot[0], spot[1:]
    name = f"{field}[]" if isinstance(step, int) else f"{field}.{step}".lstrip(".")
    if isinstance(step, int):
        return [
            swapped(item, rest, value, lexicon, name) if step == index else item for index, item in enumerate(payload)
        ]
    inner = payload.get(step)
    if rest and not inner:
        inner = next(known for known in lexicon.values(name) if known)
    return {**payload, step: swapped(inner, rest, value, lexicon, name)}


def _spots(value: JSON, place: Path, spot: Path) -> Iterator[Path]:
    if not place:
        yield spot
    elif place[0] == "items":
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from _spots(item, place[1:], (*spot, index))
    elif isinstance(value, dict) and (place[1] in value or not place[2:]):
        yield from _spots(value.get(place[1]), place[2:], (*spot, place[1]))


def _made(place: Path) -> Path:
    steps: list[str | int] = []
    while place:
        steps.append(0 if place[0] == "items" else place[1])
        place = place[1:] if place[0] == "items" else place[2:]
    return tuple(steps)


def _stays(text: str, rule: Rule, operation: Operation) -> bool:
    return typed(operation.schema, {rule.field: text}) == {rule.field: text}
