"""Certainty: whether a payload keeps a schema, where some of its values are not what their fields may hold.

A rule about the model and the duration says nothing of a payload whose duration is ``"a while"``, unless the model
alone decides. So the answer is yes, no, or ``None``: it depends on a value that cannot be read (Kleene's three values).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from math import inf
from typing import Any

import jsonschema_rs

from mockserver.contract.keywords import KEYWORDS
from mockserver.contract.places import Step, steps
from mockserver.types import JSON, Path, Schema

_UNREADABLE = object()
"""Stands in a payload for a value of a wrong type, or one that is not among the allowed ones."""

Answer = bool | None
Judge = Callable[[JSON], Answer]


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


def judge(schema: JSON) -> Judge:
    """Return a function that tells whether a ``marked`` payload keeps a schema.

    It answers ``None`` if that depends on what cannot be read.
    """
    if isinstance(schema, bool):
        return lambda _: schema
    found = [_of_keyword(keyword, argument, schema) for keyword, argument in schema.items() if _is_known(keyword)]
    return found[0] if len(found) == 1 else lambda value: _all(each(value) for each in found)


def _is_known(keyword: str) -> bool:
    return keyword in _OF_SCHEMAS or keyword in _OF_STRUCTURES or keyword in _OF_VALUES or keyword in KEYWORDS


def _all(answers: Iterable[Answer]) -> Answer:
    found: Answer = True
    for answer in answers:
        if answer is False:
            return False
        found = found and answer
    return found


def _not(answer: Answer) -> Answer:
    return None if answer is None else not answer


def _any(answers: Iterable[Answer]) -> Answer:
    return _not(_all(map(_not, answers)))


def _of_keyword(keyword: str, argument: JSON, schema: Schema) -> Judge:
    if keyword in _OF_SCHEMAS:
        return _OF_SCHEMAS[keyword](argument, schema)
    if keyword in _OF_STRUCTURES:
        kind, build = _OF_STRUCTURES[keyword]
        inside = build(argument, schema)
        return _of_readable(lambda value: inside(value) if isinstance(value, kind) else True)
    if keyword in KEYWORDS:
        return _of_readable(lambda value: _of_own(keyword, argument, value))
    return _of_readable(_of_value(keyword, argument))


def _of_readable(answer: Judge) -> Judge:
    return lambda value: None if value is _UNREADABLE else answer(value)


def _of_value(keyword: str, argument: JSON) -> Judge:
    is_valid = jsonschema_rs.validator_for({keyword: argument}).is_valid

    def answer(value: JSON) -> Answer:
        if isinstance(value, dict | list):
            if keyword in ("enum", "const") and _UNREADABLE in _inside(value):
                return None
            value = _readable(value)
        return is_valid(value)

    return answer


def _if(condition: JSON, schema: Schema) -> Judge:
    is_met = judge(condition)
    then, otherwise = judge(schema.get("then", True)), judge(schema.get("else", True))

    def answer(value: JSON) -> Answer:
        met = is_met(value)
        if met is None:
            answers = {then(value), otherwise(value)}
            return answers.pop() if len(answers) == 1 else None
        return then(value) if met else otherwise(value)

    return answer


def _parts(parts: list[JSON], combined: Callable[[Iterable[Answer]], Answer]) -> Judge:
    judges = [judge(part) for part in parts]
    return lambda value: combined(each(value) for each in judges)


def _negated(part: JSON) -> Judge:
    kept = judge(part)
    return lambda value: _not(kept(value))


def _properties(parts: dict[str, JSON], _: Schema) -> Judge:
    judges = {name: judge(part) for name, part in parts.items()}
    return lambda value: _all(judges[name](item) for name, item in value.items() if name in judges)


def _others(part: JSON, schema: Schema) -> Judge:
    kept, named = judge(part), schema.get("properties", {})
    return lambda value: _all(kept(item) for name, item in value.items() if name not in named)


def _items(part: JSON, _: Schema) -> Judge:
    kept = judge(part)
    return lambda value: _all(map(kept, value))


def _contains(argument: JSON, schema: Schema) -> Judge:
    kept, low, most = judge(argument), schema.get("minContains", 1), schema.get("maxContains", inf)

    def answer(value: list[JSON]) -> Answer:
        answers = [kept(item) for item in value]
        surely, perhaps = answers.count(True), answers.count(True) + answers.count(None)
        if surely > most or perhaps < low:
            return False
        return True if surely >= low and perhaps <= most else None

    return answer


def _of_own(keyword: str, argument: JSON, value: JSON) -> Answer:
    """Answer for a keyword of ours, of which only the places are known that it names."""
    named = [*_texts(argument)] if isinstance(value, dict) else []
    unreadable = [place for place in named if _is_unreadable(value, place)]
    has_problem = any(KEYWORDS[keyword](argument, _readable(value)))
    if not unreadable:
        return not has_problem
    if keyword in ("x-total-items", "x-unique") and has_problem:
        return False  # what can be read is too much already
    if keyword == "x-references" and not has_problem and not {*argument["in"]}.intersection(unreadable):
        return True  # no text refers to what cannot be read
    return None


def _is_unreadable(payload: dict[str, JSON], place: str) -> bool:
    """Whether nobody can read what is at a place, or at ``name_%``."""
    prefix, percent, _ = place.partition("%")
    if percent:
        return any(value is _UNREADABLE for name, value in payload.items() if name.startswith(prefix))
    return _is_hidden(steps(place), payload)


def _is_hidden(way: tuple[Step, ...], value: JSON) -> bool:
    if not way or not isinstance(value, dict):
        return value is _UNREADABLE
    step, rest = way[0], way[1:]
    inner = value.get(step.field)
    if not step.is_list or not isinstance(inner, list):
        return _is_hidden(rest, inner)
    known = inner if step.key is None else [item for item in inner if _may_be(item, step)]
    return any(_is_chosen_by_what_is_hidden(item, step) or _is_hidden(rest, item) for item in known)


def _may_be(item: JSON, step: Step) -> bool:
    """Whether an item is, or may be, one that a step is about."""
    return not isinstance(item, dict) or item.get(step.key) in (step.value, _UNREADABLE)


def _is_chosen_by_what_is_hidden(item: JSON, step: Step) -> bool:
    return step.key is not None and isinstance(item, dict) and item.get(step.key) is _UNREADABLE


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


_OF_SCHEMAS: dict[str, Callable[[Any, Schema], Judge]] = {
    "allOf": lambda parts, _: _parts(parts, _all),
    "anyOf": lambda parts, _: _parts(parts, _any),
    "not": lambda part, _: _negated(part),
    "if": _if,
}
"""Keywords that combine the answers of other schemas."""

_OF_STRUCTURES: dict[str, tuple[type, Callable[[Any, Schema], Judge]]] = {
    "properties": (dict, _properties),
    "required": (dict, lambda names, _: lambda value: all(name in value for name in names)),
    "additionalProperties": (dict, _others),
    "items": (list, _items),
    "contains": (list, _contains),
}
"""Keywords about what is in an object or a list, each with the type that it is about."""

_OF_VALUES = frozenset(
    {"type", "enum", "const", "minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems"}
)
"""Keywords that say something of a value, and so nothing of one that cannot be read."""
