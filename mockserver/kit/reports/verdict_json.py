"""The record: a verdict as JSON for programs, and back again. ``schemas/verdict.json`` describes it."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from functools import cache
from typing import Any

import jsonschema_rs

from mockserver.errors import MockserverError
from mockserver.kit.checks import AnyCheck, Check, Skipped
from mockserver.kit.reports.summary import sentence
from mockserver.kit.reports.text import sound, visible
from mockserver.kit.verdict import Finding, Verdict
from mockserver.resources import folder
from mockserver.types import JSON, pointer

_LONGEST_TEXT = 200
"""Characters of an error about a record; jsonschema quotes whole values."""

_NOT_RECORDED = frozenset({"scenarios", "find"})
"""The fields of a check that only a run needs."""

_SURROGATE = re.compile("[\ud800-\udfff]")


class BadRecord(MockserverError):
    """A document is not a verdict; ``pointer`` is the place of the mistake."""

    def __init__(self, pointer: str, fact: str) -> None:
        super().__init__(f"not a verdict: {pointer or '/'}: {fact}")
        self.pointer, self.fact = pointer, fact


def as_json(verdict: Verdict) -> dict[str, JSON]:
    """Return a verdict as a document. Values that JSON does not have, such as NaN, become texts."""
    found = {field.name: getattr(verdict, field.name) for field in fields(verdict)}
    listed = {name: [_plain(item) for item in found[name]] for name in ("made", "findings", "skipped", "accepted")}
    facts = [{"name": name, "value": value} for name, value in verdict.facts]
    summary = {"status": verdict.status.name.lower(), "sentence": sentence(verdict)}
    return {**summary, **found, **listed, "stale": [*verdict.stale], "facts": facts}


def from_json(document: JSON) -> Verdict:
    """Return the verdict that a document records. Raises ``BadRecord``."""
    for error in _validator().iter_errors(document):
        raise BadRecord(pointer(tuple(error.instance_path)), visible(error.message, _LONGEST_TEXT))
    return Verdict(
        target=document["target"],
        made=tuple(Check(**check) for check in document["made"]),
        findings=tuple(Finding(**finding) for finding in document["findings"]),
        skipped=tuple(Skipped(**skipped) for skipped in document["skipped"]),
        accepted=tuple(Finding(**finding) for finding in document["accepted"]),
        stale=tuple(document["stale"]),
        obstacle=document["obstacle"],
        facts=tuple((fact["name"], fact["value"]) for fact in document["facts"]),
    )


def written(document: JSON) -> str:
    """Return a document as JSON text. Letters stay as they are; only a lone surrogate must be escaped."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def places(text: str) -> dict[str, list[int]]:
    """Return the line of ``written`` text at which each item of each list begins, by the list's name."""
    found: dict[str, list[int]] = {}
    name = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith('  "'):
            name = line.split('"')[1]
            found[name] = []
        elif line.startswith("    ") and line[4] not in " }]":
            found[name].append(number)
    return found


def _plain(item: AnyCheck | Finding | Skipped) -> dict[str, JSON]:
    return {field.name: sound(getattr(item, field.name)) for field in fields(item) if field.name not in _NOT_RECORDED}


@cache
def _validator() -> Any:
    schema = json.loads((folder("schemas") / "verdict.json").read_text(encoding="utf-8"))
    return jsonschema_rs.validator_for(schema)
