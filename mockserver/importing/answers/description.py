"""Descriptions: the schemas that answers keep, tried with a task in each state."""

from __future__ import annotations

from collections.abc import Callable

import jsonschema_rs

from mockserver.contract.layout import STATES
from mockserver.contract.template import MISSING, Found, Scope, filled
from mockserver.importing.answers.shape import Shape, Steps
from mockserver.importing.answers.templates import Places
from mockserver.types import JSON, Schema

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_MOST_REPAIRS = 200
"""Keywords that a made answer may break before we give up."""


def described(shape: Shape, made: JSON, title: str, found: Places, steps: Steps = ()) -> Schema:
    """Return the schema of an answer, which all that the template makes keeps."""
    schema = {
        "$schema": _DIALECT,
        "title": title,
        "x-source": f"{shape.spot.document.name} {shape.spot.place.partition('#')[2]}",
        **_plain(shape.at(steps) or {}),
    }
    validator_of = jsonschema_rs.validator_for
    for state in STATES:
        answer = filled(made, scope(state, found))
        answer = {} if answer is MISSING else answer
        for _ in range(_MOST_REPAIRS):
            error = next(iter(validator_of(schema).iter_errors(answer)), None)
            if error is None:
                break
            _relax(schema, [*error.schema_path])
    return schema


def _relax(schema: Schema, path: list[str | int]) -> None:
    """Take out the keyword that an answer does not keep."""
    holder: JSON = schema
    for step in path[:-1]:
        holder = holder[step]
    holder.pop(path[-1], None) if isinstance(holder, dict) else None


def _plain(schema: Schema) -> Schema:
    """Return what a schema says of an answer: fields and types, and the words of a field that has few."""
    found: Schema = {}
    for keyword in ("description", "type", "required"):
        if keyword in schema:
            found[keyword] = schema[keyword]
    if "enum" in schema and all(isinstance(each, str | int | None) for each in schema["enum"]):
        found["enum"] = schema["enum"]
    if "properties" in schema:
        found["properties"] = {name: _plain(each) for name, each in schema["properties"].items()}
    if isinstance(schema.get("items"), dict):
        found["items"] = _plain(schema["items"])
    return found


def scope(state: str, found: Places) -> Scope:
    """Return what stands for a task in a state, to try a template with."""
    is_over = state in ("succeed", "failed")
    plain: dict[str, JSON] = {
        "id": "756247381086029497",
        "id_number": 756247381,
        "status": found.states.get(state, state),
        "progress": 50,
        "request_id": "7311d8a3-c2ce-4f44-bed4-d57b1e2feb89",
        "model": "model",
        "count": 1,
        "product": next(iter(found.media), "task"),
        "external_id": "mine",
        "callback_url": "https://example.com/hook",
    }
    times: dict[str, JSON] = {"at": 1_795_210_730_837, "s": 1_795_210_730, "iso": "2026-11-20T21:38:50.837Z"}
    for name in ("created", "updated", *(["started"] if state != "submitted" else []), *(["ended"] if is_over else [])):
        plain |= {f"{name}_{unit}": value for unit, value in times.items()}
    if state == "failed":
        plain["reason"] = "reason"
    result = {
        "index": 0,
        "result_id": "756247381086029497-0",
        "url": "https://example.com/0.png",
        "width": 1024,
        "height": 1024,
        "duration": "5.041",
        "seconds": 5.041,
        "milliseconds": 5041,
    }
    inner = Scope({name: _always(value) for name, value in result.items()})
    values = {name: _always(value) for name, value in plain.items()}
    results = (Scope(inner.values, around=Scope(values)),) if state == "succeed" else ()
    around = Scope({"payload": lambda _: MISSING})
    task = Scope(values, {"results": lambda: results}, around)
    return Scope({}, {"tasks": lambda: (task,)}, task)


def _always(value: JSON) -> Callable[[str], Found]:
    return lambda _: value
