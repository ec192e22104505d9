"""Certainty: whether a payload keeps a schema, where some of its values are not what their fields may hold.

A rule about the model and the duration says nothing of a payload whose duration is ``"a while"``, unless the model
alone decides. So the answer is yes, no, or ``None``: it depends on a value that cannot be read (Kleene's three values).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import jsonschema_rs

from mockserver.contract.keywords import KEYWORDS
from mockserver.types import JSON, Path, Schema

_UNREADABLE = object()
"""Stands in a payload for a value of a wrong type, or one that is not among the allowed ones."""

Answer = bool | None


def marked(payload: JSON, unreadable: Collection[Path]) -> JSON:
    """Return a payload for ``is_kept`` in which nobody can read what is at some paths."""
    if () in unreadable:
        return _UNREADABLE
    inner: dict[str | int, list[Path]] = {}
    for path in unreadable:
        inner.setdefault(path[0], []).append(path[1:])
    if isinstance(payload, list):
        return [marked(item, inner[index]) if index in inner else item for index, item in enumerate(payload)]
    return {name: marked(item, inner[name]) if name in inner else item for name, item in payload.items()}


def is_kept(schema: JSON, payload: JSON) -> Answer:
    """Tell whether a ``marked`` payload keeps a schema; ``None`` if that depends on what cannot be read."""
    if isinstance(schema, bool):
        return schema
    return _all(_of_keyword(keyword, argument, payload, schema) for keyword, argument in schema.items())


def _all(answers: Iterable[Answer]) -> Answer:
    found = [*answers]
    return False if False in found else None if None in found else True


def _not(answer: Answer) -> Answer:
    return None if answer is None else not answer


def _any(answers: Iterable[Answer]) -> Answer:
    return _not(_all(map(_not, answers)))


def _of_keyword(keyword: str, argument: JSON, value: JSON, schema: Schema) -> Answer:
    if keyword in _OF_SCHEMAS:
        return _OF_SCHEMAS[keyword](argument, value, schema)
    if keyword not in _OF_VALUES and keyword not in KEYWORDS:
        return True
    if value is _UNREADABLE:
        return None
    if keyword in KEYWORDS:
        return _of_own(keyword, argument, value)
    if keyword in _OF_STRUCTURES:
        kind, answer = _OF_STRUCTURES[keyword]
        return answer(argument, value, schema) if isinstance(value, kind) else True
    if isinstance(value, dict | list):
        if keyword in ("enum", "const") and _UNREADABLE in _inside(value):
            return None
        value = _readable(value)
    return jsonschema_rs.is_valid({keyword: argument}, value)


def _if(condition: JSON, value: JSON, schema: Schema) -> Answer:
    met = is_kept(condition, value)
    answers = {is_kept(schema.get(branch, True), value) for branch in ("then", "else") if met is not (branch == "else")}
    return answers.pop() if len(answers) == 1 else None


def _contains(argument: JSON, value: list[JSON], schema: Schema) -> Answer:
    answers = [is_kept(argument, item) for item in value]
    surely, perhaps = answers.count(True), answers.count(True) + answers.count(None)
    low, high = schema.get("minContains", 1), schema.get("maxContains", len(value))
    if surely > high or perhaps < low:
        return False
    return True if surely >= low and perhaps <= high else None


def _of_own(keyword: str, argument: JSON, value: JSON) -> Answer:
    """Answer for a keyword of ours, of which only the places are known that it names."""
    named = [*_texts(argument)] if isinstance(value, dict) else []
    unreadable = [place for place in named if _is_unreadable(value, place)]
    has_problem = any(KEYWORDS[keyword](argument, _readable(value)))
    if not unreadable:
        return not has_problem
    if keyword == "x-total-items" and has_problem:
        return False  # the lists that can be read are too long already
    if keyword == "x-references" and not has_problem and not {*argument["in"]}.intersection(unreadable):
        return True  # no text refers to what cannot be read
    return None


def _is_unreadable(payload: dict[str, JSON], place: str) -> bool:
    """Whether nobody can read what is at ``name``, at ``list[].name`` or at ``name_%``."""
    outer, bracket, inner = place.partition("[].")
    prefix, percent, _ = outer.partition("%")
    if percent:
        return any(value is _UNREADABLE for name, value in payload.items() if name.startswith(prefix))
    found = payload.get(outer)
    items = found if isinstance(found, list) and bracket else ()
    return found is _UNREADABLE or any(
        item is _UNREADABLE or (isinstance(item, dict) and item.get(inner) is _UNREADABLE) for item in items
    )


def _readable(value: JSON) -> JSON:
    """Put null where something cannot be read: our keywords take it for nothing at all."""
    if isinstance(value, dict):
        return {name: _readable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    return None if value is _UNREADABLE else value


def _inside(value: JSON) -> list[JSON]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for item in items for found in (item, *_inside(item))]


def _texts(argument: JSON) -> Iterator[str]:
    if isinstance(argument, str):
        yield argument
    items = argument.values() if isinstance(argument, dict) else argument if isinstance(argument, list) else ()
    for item in items:
        yield from _texts(item)


_OF_SCHEMAS: dict[str, Callable[[Any, JSON, Schema], Answer]] = {
    "allOf": lambda parts, value, _: _all(is_kept(part, value) for part in parts),
    "anyOf": lambda parts, value, _: _any(is_kept(part, value) for part in parts),
    "not": lambda part, value, _: _not(is_kept(part, value)),
    "if": _if,
}
"""Keywords that combine the answers of other schemas."""

_OF_STRUCTURES: dict[str, tuple[type, Callable[[Any, Any, Schema], Answer]]] = {
    "properties": (
        dict,
        lambda parts, value, _: _all(is_kept(parts[name], value[name]) for name in value if name in parts),
    ),
    "required": (dict, lambda names, value, _: all(name in value for name in names)),
    "additionalProperties": (
        dict,
        lambda part, value, schema: _all(
            is_kept(part, value[name]) for name in value if name not in schema.get("properties", {})
        ),
    ),
    "items": (list, lambda part, value, _: _all(is_kept(part, item) for item in value)),
    "contains": (list, _contains),
}
"""Keywords about what is in an object or a list, each with the type that it is about."""

_OF_VALUES = frozenset(
    {
        *("type", "enum", "const", "minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems"),
        *_OF_STRUCTURES,
    }
)
"""Keywords that say something of a value, and so nothing of one that cannot be read."""
