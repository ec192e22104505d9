"""Defaults: what a client may spell out without being asked, for the contract says that it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.contract.catalog import load
from mockserver.contract.places import Step, steps
from mockserver.kit.client.checks.changes import changes
from mockserver.kit.client.evidence import Evidence
from mockserver.types import JSON, Schema

_NONE = object()


def without_spelled_defaults(evidence: Evidence, sent: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return what was sent without the fields that were not asked for and have their documented defaults.

    The default of a field may depend on another one, such as the model, and on the reading that is chosen.
    """
    operation = load().operation(evidence.operation)
    schema, of_reading = operation.schema, _of_reading(evidence)
    depending = operation.task.get("defaults", {}).get("by_value", {}).values()
    for place in {*of_reading, *(place for fields in depending for place in fields)}:
        default = of_reading.get(place, operation.default(place, evidence.payload))
        if default is not None:
            schema = _with_default(schema, steps(place), default)
    found: dict[str, JSON] = _stripped(schema, dict(evidence.payload), dict(sent))
    return found


def _with_default(schema: Schema, way: Sequence[Step], default: JSON) -> Schema:
    """Return a schema that says another default of what is at the end of a way; itself if it has no such field."""
    field, rest = way[0].field, way[1:]
    inner = schema.get("properties", {}).get(field)
    if inner is None:
        return schema
    changed = _with_default(inner, rest, default) if rest else {**inner, "default": default}
    return {**schema, "properties": {**schema["properties"], field: changed}}


def _of_reading(evidence: Evidence) -> Mapping[str, JSON]:
    question, _, reading = evidence.reading.partition("=")
    questions = load().services[evidence.operation.partition("/")[0]].questions
    return questions[question].readings[reading].defaults if question in questions else {}


def _stripped(schema: Schema, given: Any, sent: Any) -> Any:
    """Return a value without the defaults in it, at any depth."""
    if isinstance(given, dict) and isinstance(sent, dict):
        fields = schema.get("properties", {})
        return {
            name: _stripped(fields.get(name, {}), given[name], value) if name in given else value
            for name, value in sent.items()
            if name in given or not _is_default(fields.get(name, {}), value)
        }
    if isinstance(given, list) and isinstance(sent, list) and len(given) == len(sent):
        return [_stripped(schema.get("items", {}), one, other) for one, other in zip(given, sent, strict=True)]
    return sent


def _is_default(schema: Schema, value: Any) -> bool:
    """Whether a field has its default, or is an object of nothing else than defaults."""
    default = schema.get("default", _NONE)
    if default is not _NONE and not any(changes("", default, value)):
        return True
    # A number that may also be written as text, or the other way: duration 5 and "5".
    if str(value) == str(default) and any(not any(changes("", each, value)) for each in schema.get("enum", ())):
        return True
    fields = schema.get("properties", {})
    return bool(value and isinstance(value, dict)) and all(
        _is_default(fields.get(name, {}), each) for name, each in value.items()
    )
