"""The SARIF file: what the standard asks of a log, and what code scanning asks of a result."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from mockserver.kit.reports.sarif import sarif
from mockserver.kit.reports.verdict_json import as_json, places, written
from mockserver.kit.verdict import ExitStatus, Verdict
from tests.support.sampling import draws
from tests.support.verdicts import ANY, BROKEN, CHECKS, KEPT, NINE, UNJUDGED, VERDICTS


def closed(required: str, **properties: Any) -> dict[str, Any]:
    """Return the schema of an object that has these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def some(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


TEXT = {"type": "string", "minLength": 1}
MESSAGE = closed("text", text=TEXT)
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = closed("id shortDescription", id=TEXT, shortDescription=MESSAGE, fullDescription=MESSAGE, help=MESSAGE)
PLACE = closed(
    "physicalLocation",
    physicalLocation=closed(
        "artifactLocation region",
        artifactLocation=closed("uri", uri={"const": "verdict.json"}),
        region=closed("startLine", startLine={"type": "integer", "minimum": 1}),
    ),
    logicalLocations=some(closed("fullyQualifiedName", fullyQualifiedName={"type": "string"}, kind=TEXT)),
)
RESULT = closed(
    "ruleId ruleIndex level message locations",
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=MESSAGE,
    locations={**some(PLACE), "minItems": 1, "maxItems": 1},
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    suppressions=some(closed("kind", kind={"enum": ["inSource", "external"]}, justification=TEXT)),
    properties={"type": "object"},
)
INVOCATION = closed(
    "executionSuccessful",
    executionSuccessful={"type": "boolean"},
    exitCode={"type": "integer"},
    exitCodeDescription=TEXT,
    toolExecutionNotifications=some(closed("message", level=LEVEL, message=MESSAGE)),
)
RUN = closed(
    "tool results",
    tool=closed("driver", driver=closed("name", name=TEXT, version=TEXT, rules=some(RULE))),
    invocations=some(INVOCATION),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=some(RESULT),
)
LOG = closed(
    "version runs",
    **{"$schema": {"type": "string", "pattern": "^https://"}, "version": {"const": "2.1.0"}, "runs": some(RUN)},
)
"""The essential of the standard's own schema, as far as we use it."""


def log(verdict: Verdict) -> dict[str, Any]:
    """Return the log as a reader gets it."""
    found: dict[str, Any] = json.loads(written(sarif(verdict, places(written(as_json(verdict))))))
    return found


def run(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = log(verdict)["runs"][0]
    return found


@settings(max_examples=draws(25))
@given(ANY)
def test_any_verdict_becomes_a_log_as_the_standard_has_it(verdict: Verdict) -> None:
    Draft202012Validator(LOG).validate(log(verdict))


@pytest.mark.parametrize("name", VERDICTS)
def test_every_kind_of_verdict_becomes_a_log_as_the_standard_has_it(name: str) -> None:
    Draft202012Validator(LOG).validate(log(VERDICTS[name]))


@settings(max_examples=draws(25))
@given(ANY)
def test_each_result_has_its_rule_and_no_rule_is_there_twice(verdict: Verdict) -> None:
    found = run(verdict)
    rules = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert len({*rules}) == len(rules)
    assert [rules[result["ruleIndex"]] for result in found["results"]] == [
        result["ruleId"] for result in found["results"]
    ]


def test_the_rule_is_the_contracts_or_else_the_check() -> None:
    found = run(BROKEN)
    assert [(result["ruleId"], result["level"]) for result in found["results"]] == [
        ("task-id-is-text", "error"),
        ("n.maximum", "error"),
        ("updated-at-moves", "warning"),
        ("pages-are-disjoint", "error"),
    ]
    rules = {rule["id"]: rule for rule in found["tool"]["driver"]["rules"]}
    assert rules.keys() == {*(check.id for check in CHECKS), "n.maximum"}
    told = rules["n.maximum"]["help"]["text"]
    assert told == f"{NINE.documented}\n\nIt is paid for.\n\nSource: kling 1.2"


def test_a_result_says_what_was_promised_what_came_and_how_to_repeat_it() -> None:
    number, nine, *_ = run(BROKEN)["results"]
    assert (
        nine["message"]["text"] == "What breaks a rule is refused. kling/omni-image.create n.maximum: HTTP 200, code 0"
    )
    assert nine["properties"]["payload"] == '{"prompt": "0", "n": 10}'
    assert number["properties"]["documented"] == "task_id is text, never a number."
    assert number["properties"]["repeat"].startswith("curl ")


def test_only_what_the_baseline_accepts_is_suppressed() -> None:
    assert ["suppressions" in result for result in run(BROKEN)["results"]] == [False, False, False, True]


@pytest.mark.parametrize("name", VERDICTS)
def test_the_run_says_how_it_ended(name: str) -> None:
    verdict = VERDICTS[name]
    (invocation,) = run(verdict)["invocations"]
    assert invocation["exitCode"] == verdict.status
    assert invocation["executionSuccessful"] == (verdict.status is not ExitStatus.UNJUDGED)


def test_what_was_not_checked_and_what_is_stale_is_notified() -> None:
    notified = run(BROKEN)["invocations"][0]["toolExecutionNotifications"]
    told = [(each["level"], each["message"]["text"]) for each in notified]
    assert told == [
        ("error", f"nothing was found for this line of the baseline: {BROKEN.stale[0]}"),
        ("note", "not checked: callback-is-signed: no --webhook-secret was given"),
    ]
    (why,) = run(UNJUDGED)["invocations"][0]["toolExecutionNotifications"]
    assert why["message"]["text"].startswith("http://127.0.0.1:9 could not be judged")
    assert run(KEPT)["results"] == []


def test_braces_are_doubled_because_single_ones_name_arguments() -> None:
    texts = [result["message"]["text"] for result in run(VERDICTS["wicked"])["results"]]
    assert all("{{0}}" in text for text in texts)
