"""The record: a verdict as JSON for programs, and back again. ``schemas/verdict.json`` describes it."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from functools import cache
from types import MappingProxyType
from typing import Any

import jsonschema_rs

from mockserver.errors import MockserverError
from mockserver.kit.checks import AnyCheck, Check, Skipped
from mockserver.kit.reports.grouping import numbers
from mockserver.kit.reports.summary import cases, sentence
from mockserver.kit.reports.text import sound, visible
from mockserver.kit.verdict import Finding, Verdict
from mockserver.resources import folder
from mockserver.types import JSON, pointer

_LONGEST_TEXT = 200
"""Characters of an error about a record; jsonschema quotes whole values."""

_NOT_RECORDED = frozenset({"scenarios", "find", "script", "transcript"})
"""What of a check only a run needs, and what of a finding is in other files: its script, and its exchanges."""

_DERIVED = ("group", "script")
"""What a record says of a finding that the finding does not: the number of its group, and the file of its script."""

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
    told = [*cases(verdict, (*verdict.findings, *verdict.accepted))]
    for item, case, group in zip([*listed["findings"], *listed["accepted"]], told, numbers(told), strict=True):
        item |= {"group": group, "script": case.script}
    summary = {"status": verdict.status.name.lower(), "sentence": sentence(verdict)}
    rest = {
        "stale": [*verdict.stale],
        "facts": [{"name": name, "value": value} for name, value in verdict.facts],
        "notes": [*verdict.notes],
        "seconds": dict(verdict.seconds),
    }
    return {**summary, **found, **listed, **rest}


def from_json(document: JSON) -> Verdict:
    """Return the verdict that a document records: all but scripts and exchanges. Raises ``BadRecord``."""
    for error in _validator().iter_errors(document):
        raise BadRecord(pointer(tuple(error.instance_path)), visible(error.message, _LONGEST_TEXT))
    return Verdict(
        target=document["target"],
        made=tuple(Check(**check) for check in document["made"]),
        findings=tuple(map(_finding, document["findings"])),
        skipped=tuple(Skipped(**skipped) for skipped in document["skipped"]),
        accepted=tuple(map(_finding, document["accepted"])),
        stale=tuple(document["stale"]),
        obstacle=document["obstacle"],
        facts=tuple((fact["name"], fact["value"]) for fact in document["facts"]),
        notes=tuple(document["notes"]),
        seconds=MappingProxyType(document["seconds"]),
        took=document["took"],
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


def _finding(record: dict[str, JSON]) -> Finding:
    return Finding(**{name: value for name, value in record.items() if name not in _DERIVED})


def _plain(item: AnyCheck | Finding | Skipped) -> dict[str, JSON]:
    return {field.name: sound(getattr(item, field.name)) for field in fields(item) if field.name not in _NOT_RECORDED}


@cache
def _validator() -> Any:
    schema = json.loads((folder("schemas") / "verdict.json").read_text(encoding="utf-8"))
    return jsonschema_rs.validator_for(schema)
