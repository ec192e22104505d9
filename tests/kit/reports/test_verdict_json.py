"""The record: a verdict as JSON, as its schema says, and back again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from mockserver.kit.reports.text import sound
from mockserver.kit.reports.verdict_json import BadRecord, as_json, from_json, places, written
from mockserver.kit.verdict import Finding, Verdict
from mockserver.resources import folder
from tests.support.sampling import draws
from tests.support.verdicts import ANY, BROKEN, VERDICTS

SCHEMA = json.loads((folder("schemas") / "verdict.json").read_text(encoding="utf-8"))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@settings(max_examples=draws(25))
@given(ANY)
def test_any_verdict_is_written_as_the_schema_says_and_read_back(verdict: Verdict) -> None:
    document = json.loads(written(as_json(verdict)))
    Draft202012Validator(SCHEMA).validate(document)
    sayable = replace(verdict, findings=_sound(verdict.findings), accepted=_sound(verdict.accepted))
    assert from_json(document) == sayable


def _sound(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(replace(finding, payload=sound(finding.payload)) for finding in findings)


@pytest.mark.parametrize("name", VERDICTS)
def test_every_kind_of_verdict_is_written_as_the_schema_says(name: str) -> None:
    document = json.loads(written(as_json(VERDICTS[name])), parse_constant=pytest.fail)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["status"] == VERDICTS[name].status.name.lower()


def test_a_payload_of_any_depth_is_recorded() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    finding = Finding("a", "b", "c", payload=deep)
    document = json.loads(written(as_json(replace(BROKEN, findings=(finding,)))))
    assert from_json(document).findings[0].received == "c"


@pytest.mark.parametrize("name", SCHEMA["required"])
def test_what_lacks_a_part_is_no_verdict(name: str) -> None:
    document = as_json(BROKEN)
    del document[name]
    with pytest.raises(BadRecord, match=r"not a verdict: /: .*required"):
        from_json(document)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"facts": {"exchanges": "412"}}, "/facts"),
        ({"status": "green"}, "/status"),
        ({"findings": [{"check": "a"}]}, "/findings/0"),
        ({"made": ["task-id-is-text"]}, "/made/0"),
        ({"target": 1}, "/target"),
    ],
)
def test_what_is_no_verdict_is_refused_with_a_pointer(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(BadRecord) as caught:
        from_json({**as_json(BROKEN), **change})
    assert caught.value.pointer == pointer


@pytest.mark.parametrize("document", [None, [], "verdict", 1])
def test_another_kind_of_document_is_refused(document: object) -> None:
    with pytest.raises(BadRecord):
        from_json(document)


@pytest.mark.parametrize("name", VERDICTS)
def test_every_item_is_found_at_its_line(name: str) -> None:
    text = written(as_json(VERDICTS[name]))
    document, lines = json.loads(text), text.splitlines()
    found = places(text)
    for key in ("made", "findings", "skipped", "accepted", "stale", "facts"):
        items = [json.JSONDecoder().raw_decode("\n".join(lines[line - 1 :]).lstrip())[0] for line in found[key]]
        assert items == document[key]
