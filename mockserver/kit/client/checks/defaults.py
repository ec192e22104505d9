"""Defaults: what a client may spell out without being asked, for the contract says that it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.contract.catalog import load
from mockserver.kit.client.checks.changes import changes
from mockserver.kit.client.evidence import Evidence
from mockserver.types import JSON, Schema

_NONE = object()


def without_spelled_defaults(evidence: Evidence, sent: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return what was sent without the fields that were not asked for and have their documented defaults.

    The default of a field may depend on another one, such as the model, and on the reading that is chosen.
    """
    operation = load().operation(evidence.operation)
    schema = {**operation.schema, "properties": {**operation.schema["properties"]}}
    of_reading = _of_reading(evidence)
    chosen = {name: value for name, value in evidence.payload.items() if isinstance(value, str)}
    for name, field in schema["properties"].items():
        default = of_reading.get(name, operation.default(name, chosen))
        if default is not None:
            schema["properties"][name] = {**field, "default": default}
    found: dict[str, JSON] = _stripped(schema, dict(evidence.payload), dict(sent))
    return found


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
