"""The summary: one sentence, a line for each check, and each finding with what its check says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from mockserver.kit.reports.summary import cases, lines, sentence
from mockserver.kit.verdict import ExitStatus, Verdict
from tests.support.sampling import draws
from tests.support.verdicts import ANY, BROKEN, CHECKS, IDS, KEPT, NINE, NUMBER, STRANGE, VERDICTS

SENTENCES = {
    "kept": "http://127.0.0.1:8080 keeps the contract: 4 checks, 0 findings.",
    "broken": "http://127.0.0.1:8080 breaks the contract: 4 checks, 2 findings, 1 warning, 1 accepted, 1 not checked,"
    " 1 line of the baseline to remove.",
    "warned": "http://127.0.0.1:8080 keeps the contract: 4 checks, 0 findings, 1 warning.",
    "stale": "http://127.0.0.1:8080 keeps the contract: 4 checks, 0 findings, 1 line of the baseline to remove.",
    "unjudged": "http://127.0.0.1:9 could not be judged: nothing answers there: connection refused.",
    "unchecked": "http://127.0.0.1:8080 could not be judged: no check was made.",
}


@pytest.mark.parametrize("name", SENTENCES)
def test_the_verdict_is_one_sentence(name: str) -> None:
    assert sentence(VERDICTS[name]) == SENTENCES[name]


@settings(max_examples=draws(25))
@given(ANY)
def test_the_sentence_says_what_the_exit_status_says(verdict: Verdict) -> None:
    told = sentence(verdict).removeprefix(verdict.target)
    assert told.startswith(" could not be judged") == (verdict.status is ExitStatus.UNJUDGED)
    if told.startswith(" breaks"):
        assert verdict.status is ExitStatus.BROKEN
    if verdict.status is ExitStatus.BROKEN:
        assert told.startswith(" breaks") or "of the baseline to remove" in told


def test_each_check_has_a_line_and_families_stay_together() -> None:
    found = lines(BROKEN)
    assert [(line.check.id, line.outcome, line.found, line.accepted) for line in found] == [
        ("task-id-is-text", "broken", 1, 0),
        ("updated-at-moves", "warned", 1, 0),
        ("rule-is-enforced", "broken", 1, 0),
        ("pages-are-disjoint", "accepted", 0, 1),
    ]
    assert {line.outcome for line in lines(KEPT)} == {"kept"}
    assert {line.check for line in found} == {*CHECKS}


def test_a_finding_says_itself_what_was_promised_or_its_check_does() -> None:
    number, nine, strange = cases(KEPT, [NUMBER, NINE, STRANGE])
    assert (number.documented, number.source, number.check) == (IDS.documented, IDS.source, IDS)
    assert (nine.documented, nine.source) == (NINE.documented, NINE.source)
    assert (strange.check.id, strange.check.severity) == ("no-such-check", "error")
