"""Merging: one schema for what several say, of the same thing or of one thing or another."""

from __future__ import annotations

from mockserver.types import JSON, Schema

OF_TYPE = {
    "string": ("minLength", "maxLength", "pattern", "x-accept", "x-reject"),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
    "array": ("items", "minItems", "maxItems"),
    "object": ("properties", "required", "additionalProperties"),
}
"""The keywords that say something of values of a type."""


def merged(one: Schema, other: Schema) -> Schema:
    """Return a schema that says what both say; of two descriptions, the first."""
    found = {**other, **one}
    if "properties" in one and "properties" in other:
        found["properties"] = dict(one["properties"])
        for name, each in other["properties"].items():
            known = found["properties"].get(name)
            found["properties"][name] = each if known is None else merged(known, each)
    if "required" in one and "required" in other:
        found["required"] = [*dict.fromkeys([*one["required"], *other["required"]])]
    if "items" in one and "items" in other:
        found["items"] = merged(one["items"], other["items"])
    if "enum" in one and "enum" in other:
        found["enum"] = [each for each in one["enum"] if each in other["enum"]] or one["enum"]
    for keyword, strict in (
        ("minimum", max),
        ("minLength", max),
        ("minItems", max),
        ("maximum", min),
        ("maxLength", min),
        ("maxItems", min),
    ):
        if keyword in one and keyword in other:
            found[keyword] = strict(one[keyword], other[keyword])
    return found


def either(one: Schema, other: Schema) -> Schema:
    """Return a schema for what is one thing or another, not knowing which."""
    if not one:
        return other
    found: Schema = {name: one.get(name, other.get(name)) for name in ("description", "default")}
    found = {name: value for name, value in found.items() if value is not None}
    kinds, others = _listed(one.get("type", [])), _listed(other.get("type", []))
    if kinds and others:
        found["type"] = [*dict.fromkeys([*kinds, *others])]
    for kind, keywords in OF_TYPE.items():
        has, has_too = kind in kinds, kind in others
        for keyword in keywords:
            if has and not has_too and keyword in one:
                found[keyword] = one[keyword]
            elif has_too and not has and keyword in other:
                found[keyword] = other[keyword]
    if "object" in kinds and "object" in others:
        found["properties"] = _either_fields(one.get("properties", {}), other.get("properties", {}))
        found["required"] = [name for name in one.get("required", ()) if name in other.get("required", ())]
    if "array" in kinds and "array" in others and "items" in one and "items" in other:
        found["items"] = either(one["items"], other["items"])
    return found


def _either_fields(one: dict[str, Schema], other: dict[str, Schema]) -> dict[str, Schema]:
    return {
        name: either(one[name], other[name]) if name in one and name in other else one.get(name, other.get(name, {}))
        for name in [*one, *(name for name in other if name not in one)]
    }


def _listed(value: JSON) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
