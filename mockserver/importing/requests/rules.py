"""Rules across fields: subschemas with a name, and the vectors that show them."""

from __future__ import annotations

import re

from mockserver.contract import vectors
from mockserver.importing.requests.samples import sample
from mockserver.types import JSON, Schema

OTHER_VALUES: dict[str, JSON] = {"string": "not-a-value", "integer": 987_654_321, "number": 987_654_321}
"""Values that nobody lists."""


def demanded(name: str, source: str) -> Schema:
    """Return a rule that a field is required, which only warns."""
    return {
        "$anchor": anchor(name, "required"),
        "description": f"{name} is required.",
        "x-source": source,
        "x-confidence": "inferred",
        "x-level": "warning",
        "required": [name],
        "x-accept": [{}],
        "x-reject": [{name: None}],
    }


def listed(root: Schema, way: tuple[str, ...], part: Schema, values: list[JSON], kind: str) -> Schema:
    """Return a rule that a field has one of some values, which only warns."""
    inner: Schema = {"if": {"type": kind}, "then": {"enum": values}}
    place = ".".join(way).replace(".*", "[]")
    for step in reversed(way):
        inner = {"items": inner} if step == "*" else {"properties": {step: inner}}
    return {
        "$anchor": anchor(place, "is-listed"),
        "description": f"{place} is one of {', '.join(map(str, values))}.",
        "x-source": part.get("x-source", root["x-source"]),
        "x-confidence": "inferred",
        "x-level": "warning",
        **inner,
        "x-accept": [_patch(root, way, values[0])],
        "x-reject": [_patch(root, way, OTHER_VALUES[kind])],
    }


def _patch(schema: Schema, way: tuple[str, ...], value: JSON) -> JSON:
    """Return a merge patch that puts a value into a body; an item of a list has what its schema demands."""
    if not way:
        return value
    if way[0] == "*":
        items = schema["items"]
        inner = _patch(items, way[1:], value)
        return [vectors.merged(sample(items), inner) if isinstance(inner, dict) else inner]
    return {way[0]: _patch(schema["properties"][way[0]], way[1:], value)}


def anchor(*texts: str) -> str:
    """Return some texts as one anchor, which begins with a letter."""
    found = "-".join(map(_word, texts))
    return found if found[0].isalpha() else f"x-{found}"


def _word(text: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", text)
    return re.sub(r"[^a-z0-9]+", "-", snake.lower()).strip("-") or "x"
