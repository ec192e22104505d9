"""Test vectors: for each rule, payloads that just keep it, and payloads that break it and no other rule.

A rule across fields and a pattern carry theirs in the schema. Those of every other keyword follow from its value:
the boundary on one side, one step over it on the other.
"""

from __future__ import annotations

import copy
from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from typing import Any, cast

from mockserver.contract.places import first
from mockserver.contract.rules import Rule
from mockserver.types import JSON, Payload, Schema

_ABSENT = object()

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
_ONE_OF_EACH: tuple[JSON, ...] = ("one", 1, 1.5, True, None, [], {})

Values = tuple[list[JSON], list[JSON]]
"""Values of a field that just keep its rule, and values that break it."""


def vectors(rule: Rule, schema: Schema) -> tuple[tuple[Payload, ...], tuple[JSON, ...]]:
    """Return the payloads that keep a rule and those that break it and no other.

    ``schema`` is the request schema the rule belongs to. The payload that is changed is its first example that has
    the rule's field, or else what is around it, or else its first. What keeps one plain rule may break another: eleven
    seconds are in the range, but not the sum of the shots.
    """
    outer = rule.field.partition(".")[0].removesuffix("[]")
    examples = schema["examples"]
    near = next((example for example in examples if outer in example), examples[0])
    base = next((example for example in examples if rule.field and first(rule.field, example) is not None), near)
    if rule.is_anchored:
        return (
            tuple(merged(base, patch) for patch in rule.accept),
            tuple(merged(base, patch) for patch in rule.reject),
        )
    accept, reject = _values(rule, schema)
    return (
        tuple(_graft(schema, base, rule.field, value) for value in accept),
        tuple(_graft(schema, base, rule.field, value) for value in reject),
    )


def merged(document: JSON, patch: JSON) -> JSON:
    """Apply a JSON merge patch (RFC 7396): ``null`` takes a field away, an array replaces an array."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


@lru_cache(maxsize=16)
def picture(width: int, height: int, kind: str = "PNG", size: int = 0) -> str:
    """Return a real picture of this many pixels and at least ``size`` bytes, as raw Base64."""
    from PIL import Image

    content = BytesIO()
    Image.new("L", (width, height), 128).save(content, kind)
    return b64encode(content.getvalue().ljust(size, b"\0")).decode()


def _data_url() -> str:
    return f"data:image/png;base64,{picture(300, 300)}"


def _values(rule: Rule, schema: Schema) -> Values:
    if rule.keyword == "required":
        return [sample(_subschema(rule, schema)["properties"][rule.path[-1]])], [_ABSENT]
    subschema = _subschema(rule, schema)
    usual = subschema["examples"][0] if rule.field == "" else sample(subschema)
    return _EDGES.get(rule.keyword, _written_down)(rule, subschema, usual)


def _subschema(rule: Rule, schema: Schema) -> Schema:
    """Walk to the schema that holds the rule's keyword."""
    found: Any = schema
    for step in rule.path[: -2 if rule.keyword == "required" else -1]:
        found = found[step]
    return cast("Schema", found)


def sample(schema: Schema) -> JSON:
    """Return one value that the schema of a property accepts, the most ordinary one."""
    if "examples" in schema:
        return schema["examples"][0]
    if schema.get("default", []) != []:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    if "x-accept" in schema:
        return schema["x-accept"][0]
    return _SAMPLES[schema["type"] if isinstance(schema["type"], str) else schema["type"][0]](schema)


_SAMPLES: dict[str, Callable[[Schema], JSON]] = {
    "string": lambda schema: "sample".ljust(schema.get("minLength", 0), "."),
    "integer": lambda schema: schema.get("minimum", 1),
    "number": lambda schema: schema.get("minimum", 1),
    "boolean": lambda _: True,
    "array": lambda schema: [sample(schema["items"])] * schema.get("minItems", 1),
    "object": lambda schema: {name: sample(schema["properties"][name]) for name in schema.get("required", ())},
}


def _type(rule: Rule, schema: Schema, usual: JSON) -> Values:
    kinds = [rule.value] if isinstance(rule.value, str) else rule.value
    wrong = (value for value in _ONE_OF_EACH if not any(_is(kind, value) for kind in kinds))
    return [usual], [value for value in wrong if not _is("number", value) or _is_in_range(schema, value)]


def _is_in_range(schema: Schema, number: float) -> bool:
    return bool(schema.get("minimum", number) <= number <= schema.get("maximum", number))


def _is(kind: str, value: JSON) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _written_down(_: Rule, schema: Schema, usual: JSON) -> Values:
    """Return the vectors that stand in the schema, for a keyword of ours from whose value none can be derived."""
    return schema.get("x-accept", [usual]), schema.get("x-reject", [])


def _items(count: int, schema: Schema) -> list[JSON]:
    return [sample(schema["items"])] * count


_EDGES: dict[str, Callable[[Rule, Schema, JSON], Values]] = {
    "type": _type,
    "enum": lambda rule, schema, _: (list(rule.value), ["no such value", *(() if "type" in schema else (None,))]),
    "const": lambda rule, _, __: ([rule.value], ["no such value", None]),
    "minimum": lambda rule, _, __: ([rule.value], [rule.value - 1]),
    "maximum": lambda rule, _, __: ([rule.value], [rule.value + 1]),
    "minLength": lambda rule, _, usual: ([usual], [usual[: rule.value - 1]]),
    "maxLength": lambda rule, _, __: (["x" * rule.value, "\U0001f600" * rule.value], ["x" * (rule.value + 1)]),
    "pattern": lambda rule, _, __: (list(rule.accept), list(rule.reject)),
    "minItems": lambda rule, schema, _: ([_items(rule.value, schema)], [_items(rule.value - 1, schema)]),
    "maxItems": lambda rule, schema, _: ([_items(rule.value, schema)], [_items(rule.value + 1, schema)]),
    "additionalProperties": lambda _, __, usual: ([usual], [{**usual, "no_such_field": 1}]),
    "x-utf16-length": lambda rule, _, __: (
        ["x" * rule.value, "\U0001f600" * (rule.value // 2)],
        ["\U0001f600" * (rule.value // 2) + "x" * (rule.value % 2 + 1)],
    ),
    "x-int64": lambda _, __, ___: (
        [2**63 - 1, -(2**63), str(2**63 - 1), str(-(2**63))],
        [2**63, -(2**63) - 1, str(2**63), str(-(2**63) - 1)],
    ),
    "x-base64": lambda rule, _, usual: (
        [usual, picture(300, 300), *([_data_url()] if rule.value == "prefixed" else [])],
        ["no Base64 at all", *([_data_url()] if rule.value is True else [])],
    ),
    "x-image-format": lambda _, __, usual: (
        [usual, picture(300, 300), picture(300, 300, "JPEG")],
        [picture(300, 300, "GIF"), b64encode(b"no picture").decode()],
    ),
    "x-image-bytes": lambda rule, _, __: (
        [picture(300, 300, size=rule.value)],
        [picture(300, 300, size=rule.value + 1)],
    ),
    "x-image-side": lambda rule, _, __: (
        [picture(rule.value, rule.value)],
        [picture(rule.value - 1, rule.value), picture(rule.value, rule.value - 1)],
    ),
    "x-image-ratio": lambda rule, _, __: (
        [picture(750, 300), picture(300, 750)],
        [picture(int(300 * rule.value[1]) + 1, 300), picture(300, int(300 * rule.value[1]) + 1)],
    ),
}


def _graft(schema: Schema, base: JSON, field: str, value: JSON) -> JSON:
    """Put a value where ``field`` says, making the lists and objects on the way that are not there yet."""
    if field == "":
        return value
    payload = copy.deepcopy(base)
    holder: JSON = payload
    names = field.replace("[]", ".[]").split(".")
    for name in names[:-1]:
        schema = schema["items"] if name == "[]" else schema["properties"][name]
        if name == "[]":
            holder = holder[0]
        else:
            holder[name] = copy.deepcopy(holder.get(name) or sample(schema))
            holder = holder[name]
    last: JSON = 0 if names[-1] == "[]" else names[-1]
    if value is _ABSENT:
        del holder[last]
    else:
        holder[last] = value
    return payload
