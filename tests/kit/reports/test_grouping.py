"""Grouping: what has one cause is told once, and nothing is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

from hypothesis import given, settings

from mockserver.kit.baseline import apply, parse
from mockserver.kit.reports.grouping import groups, numbers
from mockserver.kit.reports.junit import junit
from mockserver.kit.reports.summary import cases
from mockserver.kit.reports.terminal import terminal
from mockserver.kit.reports.verdict_json import as_json, written
from mockserver.kit.verdict import Finding, Verdict
from tests.mutants.servers.mutant import VIDEO
from tests.mutants.servers.registry import MUTANTS, judge
from tests.support.sampling import draws
from tests.support.verdicts import ANY, KEPT, NINE, NUMBER


def keys(verdict: Verdict) -> list[list[str]]:
    """Return the findings of each group by their names."""
    return [[case.finding.key for case in group.cases] for group in groups(cases(verdict, verdict.findings))]


def of(*findings: Finding) -> Verdict:
    return replace(KEPT, findings=findings)


def test_answers_that_all_lack_a_field_are_one_group_and_each_is_named() -> None:
    verdict = judge(MUTANTS["no-request-id"])
    assert len(verdict.findings) > 1
    (group,) = groups(cases(verdict, verdict.findings))
    assert group.extent == f"in {len(verdict.findings)} places"
    out = StringIO()
    terminal(verdict, out)
    told = out.getvalue()
    assert told.count("Every answer has the fields that the service wraps all answers in.") == 1
    assert all(finding.key in told for finding in verdict.findings)
    assert told.count("    repeat ") == 1


def test_a_server_that_enforces_no_rule_has_one_fault() -> None:
    rules = [replace(NINE, subject=f"x r{n}", rule=f"r{n}", documented=f"r{n}", cause="broken: 200") for n in range(9)]
    (group,) = groups(cases(of(*rules), rules))
    assert group.extent == "in 9 rules"


def test_one_cause_may_show_in_several_checks() -> None:
    one, other = replace(NUMBER, cause="prompt is cut"), replace(NINE, cause="prompt is cut")
    (group,) = keys(of(one, other))
    assert {*group} == {one.key, other.key}


def test_findings_that_say_different_things_are_not_one() -> None:
    refused, broken = (
        replace(NUMBER, received='401 {"code":1}'),
        replace(NUMBER, subject="b", received='500 {"code":1}'),
    )
    assert len(keys(of(refused, broken))) == 2
    ids, times = replace(NUMBER, subject="a /id"), replace(NUMBER, subject="a /created_at")
    assert len(keys(of(ids, times))) == 2
    assert len(keys(of(NUMBER, replace(NUMBER, subject="b", received="17, a number")))) == 1


def test_the_smallest_payload_comes_first() -> None:
    large, small = replace(NUMBER, payload={"prompt": "x" * 90}), replace(NUMBER, subject="b", payload={})
    assert keys(of(large, small)) == [[small.key, large.key]]


@settings(max_examples=draws(30))
@given(ANY)
def test_each_finding_is_in_one_group_and_stays_one_of_its_own_in_every_file(verdict: Verdict) -> None:
    found = sorted(key for group in keys(verdict) for key in group)
    assert found == sorted(finding.key for finding in verdict.findings)
    document = json.loads(written(as_json(verdict)))
    assert [f"{item['check']} {item['subject']}" for item in document["findings"]] == [
        finding.key for finding in verdict.findings
    ]
    assert [item["group"] for item in document["findings"]] == numbers(cases(verdict, verdict.findings))
    assert junit(verdict).count("<testcase") >= len(verdict.findings)


def test_the_others_of_a_group_are_told_with_what_differs() -> None:
    one, same = replace(NUMBER, cause="a"), replace(NUMBER, cause="a", subject="b", received="17, a number")
    out = StringIO()
    terminal(of(one, same, replace(same, subject="c", received="true")), out)
    lines = out.getvalue().splitlines()
    start = lines.index("    also        task-id-is-text b")
    assert lines[start + 1] == "                task-id-is-text c: true"


def test_a_text_that_is_too_long_is_told_by_its_length() -> None:
    mutant = MUTANTS["endless-prompts"]
    assert mutant.operation != VIDEO
    (finding,) = (each for each in judge(mutant).findings if each.rule == "prompt.maxLength")
    assert "prompt has 2501 characters, at most 2500 are allowed" in finding.received
    out = StringIO()
    terminal(of(finding), out)
    (payload,) = (line for line in out.getvalue().splitlines() if line.startswith("    payload"))
    assert "… (2501 characters)" in payload
    assert len(payload) < 200
    assert as_json(of(finding))["findings"][0]["payload"] == finding.payload


def test_a_baseline_still_accepts_one_finding_of_a_group() -> None:
    other = replace(NUMBER, subject="kling/omni-video.create")
    rest = apply(of(NUMBER, other), parse(f"{NUMBER.key}  # known"))
    assert keys(rest) == [[other.key]]
    assert [finding.key for finding in rest.accepted] == [NUMBER.key]
