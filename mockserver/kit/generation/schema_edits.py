"""Excerpts: a request schema without some of its rules, with one of them turned round, or with a patch applied."""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.contract.rules import Rule
from mockserver.types import JSON, Path, Schema


def without(schema: Schema, rules: Iterable[Rule]) -> Schema:
    """Return a request schema without some of its rules."""
    return _pruned(schema, (), frozenset(rule.path for rule in rules))


def breach(rule: Rule, schema: Schema) -> Schema:
    """Return what a payload is like that breaks a rule: in a list, at one item and no other."""
    if rule.is_anchored:
        return {"not": rule.value}
    place = place_of(rule)
    holder = at(schema, place)
    names = dict.fromkeys(holder.get("properties", {}), True)
    asked = {"required": [rule.path[-1]]} if rule.keyword == "required" else {rule.keyword: rule.value}
    return lifted({"not": {**asked, "properties": names}}, place, maxContains=1)


def place_of(rule: Rule) -> Path:
    """Return where in its schema the object stands that a plain rule is a keyword of."""
    return rule.path[: -2 if rule.keyword == "required" else -1]


def at(schema: Schema, place: Path) -> JSON:
    """Return the schema that stands at a place of another."""
    found: JSON = schema
    for step in place:
        found = found[step]
    return found


def lifted(schema: Schema, place: Path, **among: int) -> Schema:
    """Say of a whole payload what is said of one place in it.

    Of a list it is said of one item at least; ``among`` may hold ``maxContains``.
    """
    if not place:
        return schema
    if place[0] == "items":
        return {"contains": lifted(schema, place[1:], **among), **among}
    return {"required": [place[1]], "properties": {place[1]: lifted(schema, place[2:], **among)}}


def patched(patch: JSON) -> Schema:
    """Return what a payload is like after a merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return {"const": patch}
    kept = {name: patched(value) for name, value in patch.items() if value is not None}
    gone = {name: False for name, value in patch.items() if value is None}
    return {"type": "object", "required": list(kept), "properties": {**kept, **gone}}


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
