"""Samples: a value that a schema accepts, as plain as can be."""

from __future__ import annotations

from mockserver.types import JSON, Schema

_TEXT = "A red bicycle in the rain"
_URL = "https://example.com/picture.png"
_DEEPEST = 20


def sample(schema: Schema, name: str = "", depth: int = 0) -> JSON:
    """Return a value of a schema: what it names itself, or what is usual for the ``name`` of its field."""
    for given in (
        *schema.get("enum", ()),
        *schema.get("examples", ()),
        *([schema["default"]] if "default" in schema else []),
    ):
        if given is not None and fits(given, schema):
            return given
    kinds = schema.get("type", "string")
    kind = next((each for each in (kinds if isinstance(kinds, list) else [kinds]) if each != "null"), "null")
    if kind == "object":
        properties = schema.get("properties", {})
        return {
            each: sample(properties[each], each, depth + 1) for each in schema.get("required", ()) if depth < _DEEPEST
        }
    if kind == "array":
        count = max(schema.get("minItems", 0), min(1, schema.get("maxItems", 1)))
        item = sample(schema.get("items", {}), name, depth + 1) if count and depth < _DEEPEST else None
        return [item] * min(count, 100)
    if kind in ("integer", "number"):
        return max(schema.get("minimum", min(1, schema.get("maximum", 1))), schema.get("minimum", 0))
    if kind == "boolean":
        return False
    return None if kind == "null" else _text(schema, name)


def fits(value: JSON, schema: Schema) -> bool:
    """Whether a value has a type of a schema; what else it must be is not looked at."""
    kinds = schema.get("type")
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    kind = names.get(type(value), "null")
    wanted = kinds if isinstance(kinds, list) else [kinds]
    return kinds is None or kind in wanted or (kind == "integer" and "number" in wanted)


def kinds(schema: Schema) -> list[str]:
    """Return the types that a schema allows, without null: those that it names, or those of its values."""
    named = schema.get("type", [])
    found = [named] if isinstance(named, str) else named
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    found = found or [*dict.fromkeys(names[type(value)] for value in schema.get("enum", ()) if type(value) in names)]
    return [kind for kind in found if kind != "null"]


def _text(schema: Schema, name: str) -> str:
    if "x-accept" in schema:
        return str(schema["x-accept"][0])
    lowered = name.lower()
    is_url = any(word in lowered for word in ("url", "image", "video", "link", "callback", "webhook"))
    text = _URL if is_url else _TEXT if any(word in lowered for word in ("prompt", "text")) else "example"
    least, most = schema.get("minLength", 0), schema.get("maxLength", len(text))
    text = text if len(text) >= least else text + "!" * min(least - len(text), 10_000)
    return text if len(text) <= most else text[:most]
