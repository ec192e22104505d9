"""The slow explanation: the broken rules of a payload, found by ``jsonschema``, the reference implementation in Python.

It takes a hundred times as long as ``mockserver.contract.validation`` and shares with it the functions of our own
keywords, the words for a fact, and nothing else. Where the two differ, one of them is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from mockserver.contract.evaluation.certainty import judge, marked
from mockserver.contract.keywords import KEYWORDS, Keyword
from mockserver.contract.rules import Rule
from mockserver.types import JSON, Level, Path, Schema

MOST = 1000
"""So many items of a list are looked at, and so many unknown fields are named."""


_SHORT = 100_000
"""Letters of a text that may well be written out in a message."""


class Brief(str):
    """A text of many letters that ``jsonschema`` does not write out: it does so for each message that nobody reads."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} letters>"


def briefly(payload: JSON) -> JSON:
    """Return a payload that is the same, but for how its long texts are written out: a picture may have 70 million."""
    if isinstance(payload, dict):
        return {name: briefly(value) for name, value in payload.items()}
    if isinstance(payload, list):
        return [briefly(value) for value in payload]
    return Brief(payload) if isinstance(payload, str) and len(payload) > _SHORT else payload


def explained(
    schema: Schema, rules: tuple[Rule, ...], levels: Mapping[str, Level], payload: JSON
) -> list[tuple[str, Level, Path, str, JSON]]:
    """Return id, level, path, fact and value of what a payload breaks; ``levels`` is that of each rule, by its id."""
    kept = [sub if levels[sub["$anchor"]] != "off" else True for sub in schema.get("allOf", ())]
    by_path = {rule.path: rule for rule in rules}
    payload = briefly(_beginning(payload))
    found: dict[tuple[str, Path], tuple[Rule, Path, str, JSON]] = {}
    for error in explainer()({**schema, "allOf": kept} if kept else schema).iter_errors(payload):
        place, where = tuple(error.absolute_path), tuple(error.absolute_schema_path)
        rule = by_path.get(where[:2]) or by_path[(*where, place[-1]) if where[-1] == "required" else where]
        fact = str(error.message) if error.validator in KEYWORDS else rule.fact
        found.setdefault((rule.id, () if rule.is_anchored else place), (rule, place, fact, error.instance))
    mistyped = {place for rule, place, _, _ in found.values() if rule.keyword == "type"}
    found = {key: each for key, each in found.items() if each[0].keyword != "enum" or each[1] not in mistyped}
    readable = [each for each in found.values() if each[0].keyword in ("type", "enum")]
    if readable:
        payload = marked(payload, [place for _, place, _, _ in readable])
        found = {
            key: each
            for key, each in found.items()
            if not each[0].is_anchored or judge(each[0].value)(payload) is False
        }
    told = [(rule.id, levels[rule.id], place, fact, value) for rule, place, fact, value in found.values()]
    return sorted(told, key=lambda each: each[1] != "error")


@cache
def explainer() -> Any:
    """Build the validator class that knows our keywords and names the property that is missing or too many."""
    own = {name: _own(keyword) for name, keyword in KEYWORDS.items()}
    keywords = {**own, "required": _required, "additionalProperties": _closed, "properties": _properties}
    return extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call] # jsonschema's own gap


def _required(_: Any, names: list[str], instance: JSON, __: Schema) -> Iterator[ValidationError]:
    for name in names if isinstance(instance, dict) else ():
        if name not in instance:
            yield ValidationError("is required", path=[name])


def _closed(_: Any, allowed: JSON, instance: JSON, schema: Schema) -> Iterator[ValidationError]:
    if allowed is False and isinstance(instance, dict):
        for name in sorted([name for name in instance if name not in schema.get("properties", {})][:MOST]):
            yield ValidationError("is not a field of this request", path=[name])


def _properties(validator: Any, parts: Schema, instance: JSON, _: Schema) -> Iterator[ValidationError]:
    for name, part in parts.items() if isinstance(instance, dict) else ():
        if name in instance and part is False:  # the library's own does not say which property may not be there
            yield ValidationError("may not be there", path=[name], schema_path=[name], instance=instance[name])
        elif name in instance:
            yield from validator.descend(instance[name], part, path=name, schema_path=name)


def _own(keyword: Keyword) -> Callable[..., Iterator[ValidationError]]:
    def explain(_: Any, value: JSON, instance: JSON, __: Schema) -> Iterator[ValidationError]:
        for problem in keyword(value, instance):
            yield ValidationError(problem.fact, path=list(problem.path))

    return explain


def _beginning(value: JSON) -> JSON:
    if isinstance(value, list):
        return [_beginning(item) for item in value[:MOST]]
    return {name: _beginning(item) for name, item in value.items()} if isinstance(value, dict) else value
