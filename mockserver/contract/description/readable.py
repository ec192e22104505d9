"""Readable: a schema as generators of clients can read it, with the same meaning.

They make a class of each object and a type of each list of values, and leave out an operation if they cannot.
"""

from __future__ import annotations

from itertools import groupby

from mockserver.types import JSON, Schema, kind_of

_TOLD = ("description", "examples", "default")


def readable(schema: Schema) -> Schema:
    """Return a schema with the same meaning, whose inner schemas are readable already."""
    return _unmerged_rule(_extended(_with_items(_by_kind(_enumerated(_untitled(schema))))))


def _untitled(schema: Schema) -> Schema:
    """Put a title at the beginning of the description: classes are named by titles, and two of one name are refused."""
    if "title" not in schema:
        return schema
    texts = [schema[name].rstrip(".") + "." for name in ("title", "description") if name in schema]
    return {
        "description": " ".join(texts),
        **{name: schema[name] for name in schema if name not in ("title", "description")},
    }


def _enumerated(schema: Schema) -> Schema:
    """Make a text or a number that is fixed a list of one value: only that fits into a longer list."""
    value = schema.get("const")
    if not isinstance(value, str | int) or isinstance(value, bool) or "enum" in schema:
        return schema
    return {"enum" if name == "const" else name: [value] if name == "const" else schema[name] for name in schema}


def _with_items(schema: Schema) -> Schema:
    """Say that the items of a list are anything, where that is so."""
    is_bare = "array" in schema.get("type", ()) and "items" not in schema
    return {**schema, "items": {}} if is_bare else schema


def _by_kind(schema: Schema) -> Schema:
    """Split a list of values of several types: an enumeration has one."""
    values = sorted(schema.get("enum", ()), key=_type)
    kinds = [{"type": kind, "enum": [*alike]} for kind, alike in groupby(values, _type)]
    if len(kinds) < 2:
        return schema
    return {"anyOf": kinds, **{name: schema[name] for name in schema if name != "enum"}}


def _type(value: JSON) -> str:
    kind = kind_of(value)
    return "number" if kind == "fraction" else kind


def _extended(schema: Schema) -> Schema:
    """Put what a schema adds to another one beside the reference: nothing else is read where there is one reference."""
    told = {name: value for name, value in schema.items() if _is_told(name)}
    own = {name: value for name, value in schema.items() if name not in told and name not in ("$ref", "allOf")}
    parts = [{"$ref": schema["$ref"]}, *schema.get("allOf", ())] if "$ref" in schema else [*schema.get("allOf", ())]
    is_one_reference = bool(parts) and "$ref" in parts[0] and not parts[1:]
    if "$ref" in schema and is_one_reference and not own:
        return schema
    if "$ref" not in schema and not (is_one_reference and own):
        return schema
    return {**told, "allOf": [parts[0], *([own] if own else ()), *parts[1:]]}


def _unmerged_rule(schema: Schema) -> Schema:
    """Hide the fields in a rule, which is a condition: they would be taken for fields of the class."""
    if "x-rule" not in schema or "properties" not in schema:
        return schema
    told = {name: value for name, value in schema.items() if _is_told(name)}
    return {**told, "allOf": [{name: value for name, value in schema.items() if name not in told}]}


def _is_told(name: str) -> bool:
    """Whether a keyword tells something, and refuses nothing."""
    return name in _TOLD or name in ("x-rule", "x-source", "x-confidence", "x-message")
