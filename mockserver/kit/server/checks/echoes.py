"""Echoes: what an answer repeats of a request is what was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.contract.layout import Echo
from mockserver.contract.places import first
from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Attempt, Evidence, Purpose
from mockserver.kit.server.findings import finding, short
from mockserver.kit.task_view import TaskView, each, task_views
from mockserver.kit.verdict import Finding
from mockserver.types import JSON

ECHOES = Family[Evidence, Finding]("echoes", "task lifecycle", "burst", "queries", "valid payloads")


@ECHOES.check(
    why="Clients show and store what a task says of itself, and would show what nobody asked for.",
    source="seed 004 SO-OK-ARGS SO-OK-PROMPT SO-OK-INPUT; useapi 1.2",
)
def request_is_repeated(evidence: Evidence) -> Iterator[Finding]:
    """Where a task repeats the fields of its request, each has the value that was sent, also in queries and lists."""
    if not evidence.expectations.layout.echoes:
        raise NothingToJudge("the service does not repeat requests in its answers")
    sent, was_judged = _sent(evidence), False
    for attempt, view in _shown(evidence):
        operation, payload = sent.get(view.id or "", ("", {}))
        for echo in evidence.expectations.layout.echoes if operation else ():
            if not echo.is_of(operation):
                continue
            was_judged = True
            for field, received in _differences(echo, view, payload):
                said = f"{field}: {received}, where {_quoted(first(field, payload))} was sent"
                yield finding(attempt, said, subject=f"{attempt.subject} {field}")
    if not was_judged:
        raise NothingToJudge("no task was created whose request is known")


def _sent(evidence: Evidence) -> dict[str, tuple[str, Mapping[str, JSON]]]:
    """Return the name of the operation and the payload that created each task, by its id."""
    found: dict[str, tuple[str, Mapping[str, JSON]]] = {}
    for attempt in evidence.attempts:
        operation = attempt.operation
        if operation is None or operation.does != "create":
            continue
        if attempt.is_accepted and isinstance(attempt.payload, dict):
            view = TaskView.of(attempt.exchange.received, evidence.expectations.layout)
            if view is not None and view.id is not None:
                found.setdefault(view.id, (operation.name, attempt.payload))
    return found


def _shown(evidence: Evidence) -> Iterator[tuple[Attempt, TaskView]]:
    """Yield the tasks in all answers."""
    layout = evidence.expectations.layout
    for attempt in evidence.attempts:
        does = attempt.operation.does if attempt.operation is not None and attempt.is_accepted else ""
        if does in ("create", "get"):
            view = TaskView.of(attempt.exchange.received, layout)
            if view is not None:
                yield attempt, view
        elif does == "list" and attempt.purpose is not Purpose.BUSY:
            for view in task_views(attempt.exchange.received, layout):
                yield attempt, view


def _differences(echo: Echo, view: TaskView, payload: Mapping[str, JSON]) -> Iterator[tuple[str, str]]:
    """Yield the fields that a task does not repeat as they were sent, each with what it says instead."""
    for field, name in echo.fields.items():
        value = _text(first(field, payload))
        if value == "" or (echo.rewritten is not None and echo.rewritten in value):
            continue
        for place in echo.at:
            for items in each(view.document, place):
                said = [item.get(echo.value) for item in _objects(items) if item.get(echo.name) == name]
                if [_text(each_said) for each_said in said] != [value]:
                    yield field, _quoted(said[0]) if said else "nothing"


def _objects(items: JSON) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _quoted(value: JSON) -> str:
    """Write a value so that white space at its ends is seen."""
    return short(json.dumps(value, ensure_ascii=False))


def _text(value: JSON) -> str:
    """Write a value as an answer repeats it: numbers are text there, and nothing is what was not sent."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
