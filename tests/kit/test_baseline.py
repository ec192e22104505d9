"""The baseline: what is accepted has a reason, and what is no longer found has to go."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.kit.baseline import Accepted, BadBaseline, Baseline, apply, parse, read
from mockserver.kit.checks import Skipped
from mockserver.kit.verdict import ExitStatus, Finding, Verdict
from tests.support.sampling import draws
from tests.support.verdicts import ANY, CHECKS, KEPT, NINE, NUMBER, STILL, UNJUDGED

TEXT = """\
# What we know of and live with.

task-id-is-text kling/omni-image.create  # their gateway answers with numbers (#12)
  rule-is-enforced \t kling/omni-image.create   n.maximum # see above
"""


def listed(*findings: Finding) -> Baseline:
    """Return a baseline that accepts these."""
    return parse("".join(f"{finding.key}  # known\n" for finding in findings))


def test_a_line_is_a_check_a_subject_and_a_reason() -> None:
    assert parse(TEXT, "known.txt") == (
        Accepted(NUMBER.key, "their gateway answers with numbers (#12)", "known.txt", 3),
        Accepted(NINE.key, "see above", "known.txt", 4),
    )


@pytest.mark.parametrize("text", ["", "\n\n", "# only words\n", "   # indented words"])
def test_a_baseline_may_be_empty(text: str) -> None:
    assert parse(text) == ()


MISTAKES = {
    "no-reason": ("a b # c\ntask-id-is-text kling/x\n", "known.txt:2: 'task-id-is-text kling/x' has no reason"),
    "empty-reason": ("a b #  \n", "known.txt:1: 'a b' has no reason; write: a b  # why it is accepted"),
    "glued-reason": ("a b#c\n", "known.txt:1: 'a b#c' has no reason"),
    "no-subject": ("\n\ntask-id-is-text  # known\n", "known.txt:3: 'task-id-is-text' names no subject"),
    "twice": ("a b # c\n\na  b # d\n", "known.txt:3: 'a b' is also in line 1"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line(name: str) -> None:
    text, fact = MISTAKES[name]
    with pytest.raises(BadBaseline) as caught:
        parse(text, "known.txt")
    assert str(caught.value).startswith(fact)


def test_a_file_is_read_however_its_lines_end(tmp_path: Path) -> None:
    file = tmp_path / "known.txt"
    file.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert read(file) == parse(TEXT, "known.txt")


def test_a_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "known.txt"
    for path in (file, tmp_path):
        with pytest.raises(BadBaseline, match=str(path)):
            read(path)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadBaseline, match="not UTF-8"):
        read(file)


def test_what_is_listed_is_accepted_and_the_rest_stays() -> None:
    verdict = apply(replace(KEPT, findings=(NUMBER, NINE, STILL)), listed(NUMBER))
    assert (verdict.findings, verdict.accepted, verdict.stale) == ((NINE, STILL), (NUMBER,), ())
    assert verdict.status is ExitStatus.BROKEN
    assert apply(replace(KEPT, findings=(NUMBER,)), listed(NUMBER)).status is ExitStatus.KEPT


def test_a_line_that_nothing_was_found_for_is_stale_and_breaks_the_run() -> None:
    verdict = apply(replace(KEPT, findings=(NUMBER,)), listed(NUMBER, NINE))
    assert verdict.stale == (f"baseline:2: {NINE.key}  # known",)
    assert verdict.status is ExitStatus.BROKEN


def test_a_line_for_a_check_that_nobody_knows_is_stale() -> None:
    assert apply(KEPT, parse("task-id-is-txt kling/omni-image.create # slip")).stale


@pytest.mark.parametrize("skipped", [NUMBER.check, NUMBER.key])
def test_a_line_for_what_was_skipped_is_not_stale(skipped: str) -> None:
    verdict = replace(KEPT, made=CHECKS[1:], skipped=(Skipped(skipped, "--skip"),))
    assert apply(verdict, listed(NUMBER)).status is ExitStatus.KEPT


def test_where_nothing_was_judged_no_line_is_stale() -> None:
    assert apply(UNJUDGED, listed(NUMBER)) == UNJUDGED


KEYS = st.lists(st.sampled_from([NUMBER, NINE, STILL]), unique_by=lambda finding: finding.key).map(lambda f: listed(*f))


@settings(max_examples=draws(25))
@given(ANY, KEYS)
def test_no_finding_is_lost_or_made(verdict: Verdict, baseline: Baseline) -> None:
    after = apply(verdict, baseline)
    before = Counter(map(repr, (*verdict.findings, *verdict.accepted)))
    assert Counter(map(repr, (*after.findings, *after.accepted))) == before
    assert apply(after, ()) == after
