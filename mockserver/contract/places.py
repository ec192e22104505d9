"""Places: where a request keeps a value, as a ``service.json`` names it.

``prompt`` is a field, ``settings.duration`` one inside another, ``image_list[].image`` one in each item of a list, and
``contents[type=prompt].text`` one in the item of a list whose ``type`` is ``prompt``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from mockserver.types import JSON, Path, Payload, Schema

_STEP = re.compile(r"([\w-]{1,64})(\[(?:(\w{1,64})=([\w-]{1,64}))?\])?\Z", re.ASCII)


class Step(NamedTuple):
    """One field on the way; of a list the items count, or the one whose ``key`` is ``value``."""

    field: str
    is_list: bool = False
    key: str | None = None
    value: str | None = None


@lru_cache(maxsize=1024)
def steps(place: str) -> tuple[Step, ...]:
    """Read a place. Raises ``ValueError`` for what is none."""
    found = []
    for part in place.split("."):
        match = _STEP.match(part)
        if match is None:
            raise ValueError(f"{place!r} is no place")
        found.append(Step(match[1], match[2] is not None, match[3], match[4]))
    return tuple(found)


def values(place: str, payload: JSON) -> Iterator[JSON]:
    """Yield all that stands at a place, in order."""
    return _values(steps(place), payload)


def located(place: str, payload: JSON) -> Iterator[tuple[Path, JSON]]:
    """Yield all that stands at a place with the way to it, in order; a null that stands there, too."""
    return _located(steps(place), payload, ())


def first(place: str | None, payload: JSON) -> JSON:
    """Return what stands first at a place; ``None`` if nothing does, or there is no such place."""
    return None if place is None else next(_values(steps(place), payload), None)


def with_value(place: str, payload: Mapping[str, JSON], value: JSON) -> Payload:
    """Return a payload with a value put at a place; what is on the way is made where it is not there yet."""
    found: Payload = _with(steps(place), dict(payload), value)
    return found


def without(place: str, payload: Mapping[str, JSON]) -> Payload:
    """Return a payload without what stands at a place, and without an object that is empty then."""
    found: Payload = dict(payload)
    for path, _ in [*located(place, payload)][::-1]:
        found = _without(path, found)
    return found


def put(path: Path, document: Payload, value: JSON) -> Payload:
    """Return a document with another value where a way that ``located`` has found leads to."""
    found: Payload = _put(path, document, value)
    return found


def schema_of(place: str, schema: Schema) -> Schema:
    """Return the schema of payloads of which all that stands at a place is of ``schema``."""
    for step in steps(place)[::-1]:
        if step.key is not None:
            is_chosen = {"type": "object", "required": [step.key], "properties": {step.key: {"const": step.value}}}
            schema = {"if": is_chosen, "then": schema}
        schema = {"properties": {step.field: {"items": schema} if step.is_list else schema}}
    return schema


def schema_at(place: str, schema: Schema) -> Schema | None:
    """Return the schema of what stands at a place; ``None`` if it has no such field."""
    found: Schema | None = schema
    for step in steps(place):
        found = None if found is None else found.get("properties", {}).get(step.field)
        if found is not None and step.is_list:
            found = found.get("items")
    return found


def _values(way: tuple[Step, ...], value: JSON) -> Iterator[JSON]:
    if not way:
        if value is not None:
            yield value
        return
    step, rest = way[0], way[1:]
    inner = value.get(step.field) if isinstance(value, dict) else None
    if not step.is_list:
        yield from _values(rest, inner)
        return
    for item in inner if isinstance(inner, list) else ():
        if step.key is None or (isinstance(item, dict) and item.get(step.key) == step.value):
            yield from _values(rest, item)


def _located(way: tuple[Step, ...], value: JSON, path: Path) -> Iterator[tuple[Path, JSON]]:
    if not way:
        yield path, value
        return
    step, rest = way[0], way[1:]
    if not isinstance(value, dict) or step.field not in value:
        return
    inner, path = value[step.field], (*path, step.field)
    if not step.is_list:
        yield from _located(rest, inner, path)
        return
    for index, item in enumerate(inner if isinstance(inner, list) else ()):
        if step.key is None or (isinstance(item, dict) and item.get(step.key) == step.value):
            yield from _located(rest, item, (*path, index))


def _put(path: Path, document: JSON, value: JSON) -> JSON:
    if not path:
        return value
    step, rest = path[0], path[1:]
    changed = _put(rest, document[step], value)
    if isinstance(document, list):
        return [changed if index == step else item for index, item in enumerate(document)]
    return {**document, step: changed}


def _without(path: Path, holder: JSON) -> JSON:
    step, rest = path[0], path[1:]
    inner = _without(rest, holder[step]) if rest else None
    if isinstance(holder, list):
        return [inner if index == step else item for index, item in enumerate(holder) if rest or index != step]
    return {name: inner if name == step else item for name, item in holder.items() if name != step or inner}


def _with(way: tuple[Step, ...], value: JSON, wanted: JSON) -> JSON:
    if not way:
        return wanted
    step, rest = way[0], way[1:]
    holder = dict(value) if isinstance(value, dict) else {}
    inner = holder.get(step.field)
    if not step.is_list:
        holder[step.field] = _with(rest, inner, wanted)
        return holder
    items = list(inner) if isinstance(inner, list) else []
    known = {} if step.key is None else {step.key: step.value}
    at = next((i for i, item in enumerate(items) if isinstance(item, dict) and known.items() <= item.items()), None)
    if at is None:
        items.append(_with(rest, known, wanted))
    else:
        items[at] = _with(rest, items[at], wanted)
    holder[step.field] = items
    return holder
