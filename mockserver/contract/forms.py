"""Forms: values that came as text get the type of their schema, and fields that are null, or that no schema describes,
are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mockserver.types import JSON, Path, Payload, Schema

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}\Z", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?\Z", re.ASCII)
_BOOLEAN = {"true": True, "false": False}
_HOLDERS = (dict, list)


def typed(schema: Schema, fields: Mapping[str, JSON]) -> Payload:
    """Read the text fields of a query string or a form as the schema's types.

    A list is what stands between commas. A value that cannot be read stays text, so that validation reports it:
    ``pageNum=abc`` breaks ``pageNum.type``.
    """
    properties = schema.get("properties", {})
    return {name: _typed(properties.get(name, {}).get("type"), value) for name, value in fields.items()}


def known(schema: Schema, fields: Mapping[str, JSON]) -> Payload:
    """Return the fields that the schema describes.

    A service may accept others with a warning, but nobody has looked at their values: they may be of any type.
    """
    properties = schema.get("properties", {})
    if fields.keys() <= properties.keys():
        return dict(fields)
    return {name: value for name, value in fields.items() if name in properties}


def without_nulls(value: JSON) -> tuple[JSON, tuple[Path, ...]]:
    """Return a value without the fields that are null, at any depth, and the paths to those.

    A null in a list stays: an item that is not there would move all others.
    """
    if not _has_null(value):  # nearly always, and to look costs a fifth of what a copy does
        return value, ()
    found: list[Path] = []
    return _without_nulls(value, (), found), tuple(found)


def _has_null(value: JSON) -> bool:
    """Whether a field is null, at any depth."""
    inner = value
    if isinstance(value, dict):
        inner = value.values()
        if None in inner:
            return True
    elif not isinstance(value, list):
        return False
    return any(_has_null(each) for each in inner if isinstance(each, _HOLDERS))


def _without_nulls(value: JSON, path: Path, found: list[Path]) -> JSON:
    if isinstance(value, dict):
        found += [(*path, name) for name, inner in value.items() if inner is None]
        return {name: _without_nulls(inner, (*path, name), found) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(item, (*path, index), found) for index, item in enumerate(value)]
    return value


def _typed(kind: JSON, value: JSON) -> JSON:
    if isinstance(value, str):
        if kind == "integer" and _INTEGER.match(value):
            return int(value)
        if kind == "number" and _NUMBER.match(value):
            return float(value) if "." in value else int(value)
        if kind == "boolean":
            return _BOOLEAN.get(value.lower(), value)
        if kind == "array":
            return [item for item in value.split(",") if item]
    return value
