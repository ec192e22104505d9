"""The JUnit file: what the readers of CI servers have in common, and red exactly when the verdict is not kept."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase

from mockserver.kit.reports.junit import junit
from mockserver.kit.verdict import ExitStatus, Verdict
from tests.support.sampling import draws
from tests.support.verdicts import ANY, BROKEN, KEPT, NINE, NUMBER, VERDICTS

# What an XSD of JUnit's says, as far as those in use agree: the children and the attributes of each element.
GRAMMAR: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, {"name", "tests", "failures", "errors", "time"}),
    "testsuite": ({"testcase"}, {"name", "tests", "failures", "errors", "skipped", "time"}),
    "testcase": ({"failure", "error", "skipped", "system-out"}, {"name", "classname", "time"}),
    "failure": (set(), {"message", "type"}),
    "error": (set(), {"message"}),
    "skipped": (set(), {"message"}),
    "system-out": (set(), set()),
}


def read(verdict: Verdict) -> list[TestCase]:
    """Return the cases that an independent reader finds."""
    return [case for suite in JUnitXml.fromstring(junit(verdict).encode()) for case in suite]


@pytest.mark.parametrize("name", VERDICTS)
def test_the_document_keeps_the_grammar(name: str) -> None:
    root = ET.fromstring(junit(VERDICTS[name]).encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        children, attributes = GRAMMAR[element.tag]
        assert {child.tag for child in element} <= children
        assert {*element.attrib} <= attributes
        assert {*element.attrib} >= attributes - {"type"}
        assert element.tag != "testcase" or len(element) <= 1


@settings(max_examples=draws(25))
@given(ANY)
def test_the_file_is_red_exactly_when_the_verdict_is_not_kept(verdict: Verdict) -> None:
    results = [result for case in read(verdict) for result in case.result]
    is_red = any(isinstance(result, Failure | Error) for result in results)
    assert is_red == (verdict.status is not ExitStatus.KEPT)


@settings(max_examples=draws(25))
@given(ANY)
def test_the_counts_are_those_that_a_reader_counts(verdict: Verdict) -> None:
    root = JUnitXml.fromstring(junit(verdict).encode())
    for suite in root:
        results = [result for case in suite for result in case.result]
        assert suite.tests == len([*suite])
        assert suite.failures == sum(isinstance(result, Failure) for result in results)
        assert suite.errors == sum(isinstance(result, Error) for result in results)
        assert suite.skipped == sum(isinstance(result, Skipped) for result in results)
    assert root.tests == sum(suite.tests for suite in root)
    assert root.failures == sum(suite.failures for suite in root)
    assert root.errors == sum(suite.errors for suite in root)


@settings(max_examples=draws(25))
@given(ANY)
def test_no_two_cases_are_taken_for_one(verdict: Verdict) -> None:
    names = [(case.classname, case.name) for case in read(verdict)]
    assert len({*names}) == len(names)


def test_each_check_and_each_finding_is_a_case() -> None:
    told = {case.name: [type(result) for result in case.result] for case in read(BROKEN)}
    assert told == {
        "task-id-is-text kling/omni-image.create": [Failure],
        "updated-at-moves kling/omni-video.get": [],
        "rule-is-enforced kling/omni-image.create n.maximum": [Failure],
        "pages-are-disjoint kling/omni-image.list": [Skipped],
        "callback-is-signed": [Skipped],
        BROKEN.stale[0]: [Failure],
    }
    assert [case.name for case in read(KEPT)] == [
        "task-id-is-text",
        "updated-at-moves",
        "rule-is-enforced",
        "pages-are-disjoint",
    ]


def test_a_failure_tells_the_whole_story() -> None:
    (case,) = (case for case in read(BROKEN) if case.name == NINE.key)
    (failure,) = case.result
    assert (failure.message, failure.type) == (f"What breaks a rule is refused. {NINE.received}", NINE.check)
    for part in (NINE.documented, NINE.source, "rule: n.maximum", "It is paid for.", '{"prompt": "0", "n": 10}'):
        assert part in failure.text


def test_a_warning_passes_and_says_what_it_is() -> None:
    (case,) = (case for case in read(BROKEN) if case.name == "updated-at-moves kling/omni-video.get")
    assert case.is_passed
    assert case.system_out.startswith("a warning\npromise: updated_at moves.\nreceived: 1790000000000 twice")


def test_families_stand_in_the_order_in_which_they_were_checked() -> None:
    found = [suite.name for suite in JUnitXml.fromstring(junit(replace(KEPT, findings=(NUMBER,))).encode())]
    assert found == ["envelope", "rules", "lists"]


def test_a_case_takes_as_long_as_the_scenarios_of_its_check_and_the_run_as_long_as_it_took() -> None:
    root = JUnitXml.fromstring(junit(BROKEN).encode())
    times = {case.name: case.time for suite in root for case in suite}
    assert times["task-id-is-text kling/omni-image.create"] == 2.25
    assert times["rule-is-enforced kling/omni-image.create n.maximum"] == 8.0
    assert times["callback-is-signed"] == 0.0
    assert [(suite.name, suite.time) for suite in root][:2] == [("envelope", 4.5), ("rules", 8.0)]
    assert root.time == 12.5
