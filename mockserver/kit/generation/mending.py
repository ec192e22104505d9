"""Mending: the smallest change that makes a broken payload valid."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, combinations, islice

from mockserver.contract.rules import Rule
from mockserver.kit.generation.dictionary import Lexicon
from mockserver.kit.generation.schema_edits import place_of
from mockserver.kit.generation.wrong_values import spots, swapped
from mockserver.types import JSON, Payload

_PATIENCE = 4000


def mended(payload: Payload, rule: Rule, lexicon: Lexicon, is_valid: Callable[[JSON], bool]) -> Payload | None:
    """Return a valid payload that differs from a broken one in one place, or in more where one is not enough.

    The places that the rule speaks of are changed first. ``None`` if no such change is found.
    """
    names = _concerned(payload, rule, lexicon)
    everywhere = [*names, *(name for name in _tops(lexicon) if name not in names)]
    unnamed = _without_references(payload, "", lexicon)
    bare = {name: value for name, value in unnamed.items() if name not in names}
    twice = (
        further
        for first in (bare, *(changed for name in names for changed in _changed(unnamed, name, lexicon)))
        for further in _changed_once(first, everywhere, lexicon)
    )
    tried = (
        _in_place(payload, rule, lexicon),
        _changed_once(payload, everywhere, lexicon),
        _changed_once(unnamed, names, lexicon),
        (bare,),
        _lessened(unnamed, names),
        twice,
    )
    return next((found for found in islice(chain(*tried), _PATIENCE) if is_valid(found)), None)


def _changed_once(payload: Payload, names: Sequence[str], lexicon: Lexicon) -> Iterator[Payload]:
    return (changed for name in names for changed in _changed(payload, name, lexicon))


def _lessened(payload: Payload, names: Sequence[str]) -> Iterator[Payload]:
    """Yield a payload without two or three fields, one of them named: some mean nothing without each other."""
    for gone in chain(combinations(payload, 2), combinations(payload, 3)):
        if not set(names).isdisjoint(gone):
            yield {name: value for name, value in payload.items() if name not in gone}


def _without_references(value: JSON, field: str, lexicon: Lexicon) -> JSON:
    """Replace the texts that refer to a list's items: they would refer to nothing once the list is shorter."""
    if isinstance(value, dict):
        return {
            name: _without_references(inner, f"{field}.{name}".lstrip("."), lexicon) for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_references(item, f"{field}[]", lexicon) for item in value]
    if isinstance(value, str) and lexicon.refers(value):
        return next((known for known in lexicon.values(field) if isinstance(known, str)), value)
    return value


def _in_place(payload: Payload, rule: Rule, lexicon: Lexicon) -> Iterator[Payload]:
    """Yield the payload with a known value just where a plain rule is broken."""
    if rule.is_anchored or not rule.field:
        return
    place = (*place_of(rule), *(("properties", rule.path[-1]) if rule.keyword == "required" else ()))
    for spot in spots(payload, place):
        for value in lexicon.values(rule.field):
            yield swapped(payload, spot, value, lexicon)


def _tops(lexicon: Lexicon) -> list[str]:
    return [field for field in lexicon.fields if field and "." not in field and not field.endswith("[]")]


def _concerned(payload: Payload, rule: Rule, lexicon: Lexicon) -> list[str]:
    """Return the payload's fields that a rule is about: its own, those it names, or those nobody knows."""
    tops = _tops(lexicon)
    if rule.field:
        return [rule.field.partition(".")[0].removesuffix("[]")]
    if not rule.is_anchored:
        return [name for name in payload if name not in tops]
    text = json.dumps(rule.value.get("then", rule.value)) + json.dumps(rule.value)
    named = [name for name in tops if f'"{name}"' in text or f'"{name}[]' in text]
    return sorted(named, key=lambda name: text.find(f'"{name}'))


def _changed(payload: Payload, name: str, lexicon: Lexicon) -> Iterator[Payload]:
    """Yield a payload with another value in one field, or without it; a list is changed before it is taken away."""
    values = _variants(payload.get(name), name, lexicon)
    changed = ({**payload, name: value} for value in values)
    without = [{key: value for key, value in payload.items() if key != name}] if name in payload else []
    yield from (*changed, *without) if isinstance(payload.get(name), list | dict) else (*without, *changed)


def _variants(value: JSON, field: str, lexicon: Lexicon) -> Iterator[JSON]:
    if isinstance(value, list):
        yield from (value[:length] for length in range(len(value) - 1, 0, -1))
        for index, item in enumerate(value):
            for variant in _variants(item, f"{field}[]", lexicon):
                yield [*value[:index], variant, *value[index + 1 :]]
            yield [*value[:index], *value[index + 1 :]]
    if isinstance(value, dict):
        for name in (*value, *(known for known in _inner(field, lexicon) if known not in value)):
            yield from _changed_inside(value, name, field, lexicon)
    yield from lexicon.values(field)


def _changed_inside(value: Payload, name: str, field: str, lexicon: Lexicon) -> Iterator[Payload]:
    if name in value:
        yield {key: inner for key, inner in value.items() if key != name}
    for other in lexicon.values(f"{field}.{name}"):
        yield {**value, name: other}


def _inner(field: str, lexicon: Lexicon) -> list[str]:
    return [*lexicon.schema(field).get("properties", {})]
