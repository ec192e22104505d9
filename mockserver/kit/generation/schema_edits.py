"""Schema edits: a request schema without some rules, and schemas of what breaks a rule or results from a patch."""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.contract.rules import Rule
from mockserver.types import JSON, Path, Schema


def without_rules(schema: Schema, rules: Iterable[Rule]) -> Schema:
    """Return a request schema without some of its rules."""
    return _pruned(schema, (), frozenset(rule.path for rule in rules))


def schema_breaking(rule: Rule, schema: Schema) -> Schema:
    """Return the schema of payloads that break a rule; if the rule is about list items, exactly one item breaks it."""
    if rule.is_anchored:
        return {"not": rule.value}
    place = place_of(rule)
    names = dict.fromkeys(schema_at(schema, place).get("properties", {}), True)
    constraint = {"required": [rule.path[-1]]} if rule.keyword == "required" else {rule.keyword: rule.value}
    return lifted({"not": {**constraint, "properties": names}}, place, maxContains=1)


def place_of(rule: Rule) -> Path:
    """Return the path in the request schema to the subschema that a plain rule is a keyword of."""
    return rule.path[: -2 if rule.keyword == "required" else -1]


def list_around(place: Path) -> Path | None:
    """Return the path to the outermost list that a subschema is in, or ``None``; a field may be called ``items``."""
    step = 0
    while step < len(place):
        if place[step] == "items":
            return place[:step]
        step += 2  # "properties" and a name
    return None


def schema_at(schema: Schema, place: Path) -> JSON:
    """Return the subschema at a place of a schema."""
    part: JSON = schema
    for step in place:
        part = part[step]
    return part


def lifted(schema: Schema, place: Path, **counts: int) -> Schema:
    """Return the schema of whole payloads whose value at a place is of ``schema``.

    In a list at least one item is of it; ``counts`` may hold ``maxContains`` to say how many at most.
    """
    if not place:
        return schema
    if place[0] == "items":
        return {"contains": lifted(schema, place[1:], **counts), **counts}
    return {"required": [place[1]], "properties": {place[1]: lifted(schema, place[2:], **counts)}}


def schema_of_patch(patch: JSON) -> Schema:
    """Return the schema of payloads to which a merge patch (RFC 7396) was applied."""
    if not isinstance(patch, dict):
        return {"const": patch}
    present = {name: schema_of_patch(value) for name, value in patch.items() if value is not None}
    removed = {name: False for name, value in patch.items() if value is None}
    return {"type": "object", "required": list(present), "properties": {**present, **removed}}


def _pruned(schema: Schema, path: Path, removed: frozenset[Path]) -> Schema:
    kept: Schema = {}
    for key, value in schema.items():
        here = (*path, key)
        if here in removed:
            continue
        if key == "required":
            kept[key] = [name for name in value if (*here, name) not in removed]
        elif key == "properties":
            kept[key] = {name: _pruned(sub, (*here, name), removed) for name, sub in value.items()}
        elif key == "items":
            kept[key] = _pruned(value, here, removed)
        elif key == "allOf" and not path:
            rules = [sub for index, sub in enumerate(value) if (*here, index) not in removed]
            kept.update({key: rules} if rules else {})
        else:
            kept[key] = value
    return kept
