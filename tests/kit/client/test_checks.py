"""The checks of a client: each finds what it is for, and nothing in a client that does well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from mockserver.kit.checks import NothingToJudge
from mockserver.kit.client.checks.registry import CHECKS, findings
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.scenarios import ANOTHER_URL, FORGED_URL, SCENARIOS
from mockserver.kit.client.testee import TesteeFault as Fault
from tests.support.client_evidence import (
    NOON,
    PAYLOAD,
    TASK,
    create,
    created,
    evidence,
    fetch,
    poll,
    refused,
    said,
    state,
)

DIED = Fault("died", "ended with status 1 instead of answering 'generate'")
URL, OTHER = "http://a/1.png", "http://a/2.png"
LIFE = (create(created()), poll(state("processing")), poll(state("succeed", URL)))
NOW = NOON // 1000
CLAIMS = {"iss": "ak", "exp": NOW + 1800, "nbf": NOW - 5}
LATER = {"iss": "ak", "exp": NOW + 1802, "nbf": NOW - 3}
SIGNED = create(created(), claims=CLAIMS)
DEEP = {"element_list": [{"element_id": 829836802793406551}], "prompt": "A cat", "image_list": []}
ERROR: dict[str, Any] = {
    "outcome": "error",
    "http_status": 400,
    "code": 1201,
    "message": "no good",
    "request_id": "r-1",
}
MODERATED = said(500, {"error": "so rude!", "message": "Service busy"})
LIMITED = said(429, {"code": 1303, "message": "slow", "request_id": "r"}, retry_after="2")

CLEAN: Mapping[str, Sequence[Evidence]] = {
    "payload-arrives-unchanged": [
        evidence("plain", *LIFE),
        evidence("unusual-payload", create(created(), {**DEEP, "external_task_id": "mine"}), payload=DEEP),
        evidence("any-payload", *LIFE),
    ],
    "nothing-is-invented": [
        evidence("plain", *LIFE),
        evidence("any-payload", create(created(), {**PAYLOAD, "callback_url": "x"})),
    ],
    "content-type-is-json": [
        evidence("plain", *LIFE),
        evidence("plain", create(created(), headers={"content-type": "Application/JSON; charset=utf-8"})),
    ],
    "credentials-are-a-bearer-token": [
        evidence("plain", *LIFE),
        evidence("plain", *LIFE, fetch()),
        evidence("plain", create(created(), scheme="bearer")),
    ],
    "no-key-in-the-url": [evidence("plain", *LIFE, poll(query="pageNum=1&pageSize=30"))],
    "jwt-has-its-claims": [
        evidence("signed", create(created(), claims=CLAIMS)),
        evidence("signed", create(created(), claims={"iss": "ak", "exp": NOW + 60})),
    ],
    "mistakes-are-not-repaired": [
        evidence("invalid", create(refused()), **ERROR),
        evidence("invalid", outcome="error", message="resolution must be 1k or 2k"),
        evidence("any-mistake", create(created()), *LIFE[1:]),
    ],
    "polls-the-right-path": [
        evidence("plain", *LIFE, fetch()),
        evidence("plain", create(created(), {**PAYLOAD, "external_task_id": "mine"}), poll(state("succeed"), "mine")),
    ],
    "polls-at-a-sane-pace": [evidence("long-wait", *LIFE), evidence("long-wait", *LIFE, every=60)],
    "stops-at-the-end": [evidence("plain", *LIFE), evidence("plain", *LIFE, LIFE[-1])],
    "waits-for-the-end": [evidence("plain", *LIFE)],
    "an-unknown-status-is-not-done": [
        evidence("unknown-status", create(created()), poll(state("paused")), poll(state("succeed", URL))),
        evidence("unknown-status", create(created()), poll(state("paused")), outcome="error", message="paused?"),
    ],
    "other-fields-do-no-harm": [evidence("extra-fields", *LIFE)],
    "gives-up-in-time": [evidence("never-ends", *LIFE[:2], outcome="timeout", task_id=TASK, seconds=2.1)],
    "keeps-the-task-id": [
        evidence("never-ends", *LIFE[:2], outcome="timeout", task_id=TASK),
        evidence("polls-400", *LIFE[:1], poll(refused()), task_id=TASK, **ERROR),
        evidence("plain", create(None), outcome="error", message="no task, no id"),
        evidence("plain", *LIFE, fault=DIED),
    ],
    "all-results-in-order": [
        evidence("several-results", create(created()), poll(state("succeed", URL, OTHER)), urls=[URL, OTHER]),
        evidence(
            "series", create(created()), poll(state("succeed", URL, OTHER, kind="series_images")), urls=[URL, OTHER]
        ),
        evidence("watermark", create(created()), poll(state("succeed", URL, kind="videos")), urls=[URL]),
    ],
    "other-kinds-of-result-are-found": [evidence("series", *LIFE)],
    "a-failed-task-is-a-failure": [
        evidence("task-fails", *LIFE[:2], poll(state("failed")), outcome="failed", message="no"),
        evidence("task-fails", *LIFE[:2], poll(state("failed")), outcome="error", message="no"),
    ],
    "a-failure-has-its-reason": [
        evidence(
            "task-fails",
            create(created()),
            poll(state("failed", task_status_msg="too rude")),
            outcome="failed",
            message="the task failed: too rude",
        )
    ],
    "a-refusal-carries-what-was-said": [
        evidence("refused", create(refused()), **ERROR),
        evidence("any-mistake", outcome="error", message="resolution must be 1k or 2k"),
        evidence("any-mistake", create(created()), *LIFE[1:]),
    ],
    "a-code-in-a-200-is-an-error": [evidence("200-with-code", create(refused(200, 5000)), **ERROR)],
    "an-answer-that-is-none-is-an-error": [
        evidence("html-page", create(said(502, b"<html>")), outcome="error", message="no JSON"),
        evidence("empty-answer", create(said(200, b"")), outcome="timeout"),
    ],
    "own-mistakes-are-not-repeated": [
        evidence("refused", create(refused()), **ERROR),
        evidence("refused", create(refused(401, 1000)), create(refused(401, 1000)), **ERROR),
    ],
    "slowing-down-is-survived": [
        evidence("slow-down-seconds", create(LIMITED), *LIFE),
        evidence("slow-down-poll", *LIFE[:1], poll(LIMITED), **ERROR),
    ],
    "retry-after-is-honoured": [
        evidence("slow-down-seconds", create(LIMITED), *LIFE, every=2000),
        evidence("slow-down-date", create(LIMITED), **ERROR),
    ],
    "one-bad-poll-does-not-end-the-job": [evidence("poll-5xx", *LIFE[:1], poll(refused(503, 5001)), *LIFE[1:])],
    "an-expired-token-is-renewed-once": [
        evidence("token-expired", *LIFE[:1], poll(refused(401, 1004)), *LIFE[1:]),
        evidence("token-expired", SIGNED, poll(refused(401, 1004), claims=CLAIMS), poll(claims=LATER), *LIFE[1:]),
        # Signed anew for each request: within one second it is the same token.
        evidence(
            "token-expired", SIGNED, poll(refused(401, 1004), claims=LATER), poll(claims=LATER), *LIFE[1:], every=900
        ),
        evidence("token-expired", SIGNED, poll(refused(401, 1004), claims=CLAIMS), *LIFE[1:], every=900),
    ],
    "a-token-is-not-renewed-for-ever": [
        evidence("token-expired-for-good", *LIFE[:1], *[poll(refused(401, 1004))] * 3, **ERROR)
    ],
    "a-lost-answer-makes-no-second-task": [evidence("answer-lost", create(None), outcome="error", message="lost")],
    "a-live-task-is-not-told-as-failed": [
        evidence("poll-404", *LIFE[:2], poll(refused(404, 1203)), task_id=TASK, **ERROR),
        evidence("unknown-status", *LIFE[:1], poll(state("failed")), outcome="failed", message="no"),
        evidence("poll-5xx", *LIFE[:1], poll(refused(500, 5000)), *LIFE[1:]),
    ],
    "a-refused-poll-is-an-error": [
        evidence("poll-404", *LIFE[:1], poll(refused(404, 1203)), *LIFE[1:]),
        evidence("polls-404", *LIFE[:1], *[poll(refused(404, 1203))] * 9, outcome="timeout", task_id=TASK),
        evidence("polls-200-with-code", *LIFE[:1], poll(refused(200, 5000)), task_id=TASK, **ERROR),
    ],
    "refused-polls-have-an-end": [
        evidence("polls-400", *LIFE[:1], *[poll(refused())] * 4, task_id=TASK, **ERROR),
        evidence("polls-404", *LIFE[:1], *[poll(refused(404, 1203))] * 9, outcome="timeout", task_id=TASK),
        evidence("polls-200-with-code", *LIFE[:1], *[poll(refused(200, 5000))] * 9, outcome="timeout", task_id=TASK),
        evidence("polls-400", *LIFE[:1], outcome="timeout"),
    ],
    "a-poll-leads-to-no-second-task": [evidence("polls-404", *LIFE[:1], poll(refused(404, 1203)), **ERROR)],
    "a-failed-task-is-not-made-again": [evidence("task-fails", create(created()), poll(state("failed")))],
    "a-lost-task-is-found-again": [
        evidence("answer-lost", create(None), outcome="error", message="lost"),
        evidence("answer-lost-with-own-id", create(None), create(refused()), *LIFE[1:], urls=[URL]),
        evidence("answer-lost-with-own-id", create(None), poll(state("succeed", URL), "mine"), urls=[URL]),
    ],
    "another-task-is-not-taken-for-its-own": [evidence("called-back-about-another", *LIFE, urls=[URL])],
    "tokens-are-signed-with-the-secret": [
        evidence("signed", create(created(), claims=CLAIMS)),
        evidence("signed", create(refused(401, 1004), claims={"iss": "ak", "exp": NOW - 60}), **ERROR),
    ],
    "a-moderation-500-is-not-repeated": [
        evidence("moderation-500", create(MODERATED), service="useapi", outcome="error", message="so rude!")
    ],
    "results-are-fetched-without-credentials": [evidence("plain", *LIFE, fetch())],
    "retries-have-an-end": [
        evidence("down-for-good", *[create(refused(500, 5000))] * 5, **ERROR),
        evidence("down-for-good", create(refused(500, 5000)), outcome="timeout"),
    ],
    "retries-wait": [evidence("down-for-good", *[create(refused(500, 5000))] * 5, **ERROR)],
    "callbacks-lead-to-the-end": [evidence("called-back", *LIFE[:1]), evidence("called-back-twice", *LIFE)],
    "callbacks-spare-polls": [evidence("called-back", *LIFE)],
    "a-stranger-is-not-believed": [evidence("called-by-a-stranger", *LIFE, urls=[URL])],
}
"""For each check, evidence in which it is to find nothing."""

BROKEN: Mapping[str, Sequence[Evidence]] = {
    "payload-arrives-unchanged": [
        evidence("plain", create(created(), {})),
        evidence("plain", create(created(), {"prompt": "A cat "})),
        evidence("plain", create(created(), b"prompt=A+cat")),
        evidence("plain", create(created(), [])),
        evidence("plain", create(created(), {"prompt": "A cat", "n": "1"}), payload={"prompt": "A cat", "n": 1}),
        evidence("plain", create(created(), {"n": 1.0}), payload={"n": 1}),
        evidence("plain", create(created(), {"n": True}), payload={"n": 1}),
        evidence("unusual-payload", create(created(), {"l": [1, 2]}), payload={"l": [2, 1]}),
        evidence("unusual-payload", create(created(), {"l": {"a": 829836802793406600}}), payload={"l": {"a": 1}}),
        evidence("plain", outcome="error", message="nothing was sent"),
    ],
    "nothing-is-invented": [evidence("plain", create(created(), {**PAYLOAD, "seed": 1}))],
    "content-type-is-json": [
        evidence("plain", create(created(), headers={"content-type": ""})),
        evidence("plain", create(created(), headers={"content-type": "text/plain"})),
    ],
    "credentials-are-a-bearer-token": [
        evidence("plain", create(created(), scheme="Basic")),
        evidence("plain", create(created()), poll(state("succeed"), scheme=None)),
    ],
    "no-key-in-the-url": [
        evidence("plain", create(created(), query="api_key=1")),
        evidence("plain", create(created()), poll(query="a=1&Access_Token=2")),
    ],
    "jwt-has-its-claims": [
        evidence("signed", create(created(), claims=claims))
        for claims in (
            None,
            {},
            {"iss": "ak"},
            {"exp": NOW + 60},
            {"iss": "ak", "exp": NOW - 60},
            {"iss": "ak", "exp": NOW + 864_000},
            {"iss": "ak", "exp": NOW + 60, "nbf": NOW + 30},
        )
    ],
    "mistakes-are-not-repaired": [
        evidence("invalid", create(created(), {"resolution": "2k"}), payload={"resolution": "16k"}, **ERROR),
        evidence("invalid", create(created(), {}), payload={"resolution": "16k"}, **ERROR),
        evidence("invalid", create(refused()), outcome="succeed"),
        evidence("invalid", create(refused()), fault=DIED),
    ],
    "polls-the-right-path": [
        evidence("plain", create(created()), poll(state("succeed"), "another")),
        evidence("plain", create(created()), poll(refused(404), path="/v1/tasks/1", operation=None)),
    ],
    "polls-at-a-sane-pace": [evidence("long-wait", *LIFE, every=10)],
    "stops-at-the-end": [
        evidence("plain", *LIFE, *[LIFE[-1]] * 3),
        evidence("task-fails", *[poll(state("failed"))] * 4),
    ],
    "waits-for-the-end": [
        evidence("plain", *LIFE, outcome="failed", message="submitted"),
        evidence("plain", fault=DIED),
    ],
    "an-unknown-status-is-not-done": [evidence("unknown-status", create(created()), poll(state("paused")))],
    "other-fields-do-no-harm": [evidence("extra-fields", *LIFE, fault=DIED), evidence("absent-fields", *LIFE, **ERROR)],
    "gives-up-in-time": [
        evidence("never-ends", *LIFE[:2], outcome="timeout", seconds=9.0),
        evidence("never-ends", *LIFE[:2], fault=DIED),
        evidence("never-ends", *LIFE[:2], outcome="failed", message="late"),
    ],
    "keeps-the-task-id": [
        evidence("never-ends", *LIFE[:2], outcome="timeout"),
        evidence("never-ends", *LIFE[:2], outcome="timeout", task_id="another"),
        evidence("polls-400", *LIFE[:1], poll(refused()), **ERROR),
        evidence("plain", *LIFE, task_id="r-1"),
    ],
    "all-results-in-order": [
        evidence("several-results", create(created()), poll(state("succeed", URL, OTHER)), urls=urls)
        for urls in ([URL], [OTHER, URL], [], [URL, OTHER, URL], [f"{URL}?marked", OTHER])
    ],
    "other-kinds-of-result-are-found": [evidence("series", *LIFE, **ERROR)],
    "a-failed-task-is-a-failure": [
        evidence("task-fails", poll(state("failed"))),
        evidence("task-fails", poll(state("failed")), outcome="timeout"),
        evidence("task-fails", poll(state("failed")), fault=DIED),
    ],
    "a-failure-has-its-reason": [
        evidence("task-fails", poll(state("failed", task_status_msg="too rude")), outcome="failed", message="no")
    ],
    "a-refusal-carries-what-was-said": [
        evidence("refused", create(refused()), **{**ERROR, name: value})
        for name, value in {
            "http_status": 500,
            "code": None,
            "message": "no",
            "request_id": "r",
            "outcome": "failed",
        }.items()
    ],
    "a-code-in-a-200-is-an-error": [
        evidence("200-with-code", create(refused(200))),
        evidence("200-with-code", create(refused(200)), poll(refused()), **ERROR),
        evidence("200-with-code", fault=DIED),
    ],
    "an-answer-that-is-none-is-an-error": [evidence("html-page", fault=DIED), evidence("truncated-answer", *LIFE)],
    "own-mistakes-are-not-repeated": [
        evidence("invalid", create(refused()), create(refused()), **ERROR),
        evidence("refused", create(refused(402)), create(refused(402)), **ERROR),
    ],
    "slowing-down-is-survived": [
        evidence("slow-down-seconds", create(LIMITED), fault=DIED),
        evidence("slow-down-poll", outcome="timeout"),
    ],
    "retry-after-is-honoured": [evidence("slow-down-seconds", create(LIMITED), *LIFE, every=500)],
    "one-bad-poll-does-not-end-the-job": [evidence("poll-reset", *LIFE[:1], poll(None), **ERROR)],
    "an-expired-token-is-renewed-once": [
        evidence("token-expired", *LIFE[:1], poll(refused(401, 1004)), **ERROR),
        evidence("token-expired", SIGNED, poll(refused(401, 1004), claims=CLAIMS), poll(claims=CLAIMS), *LIFE[1:]),
    ],
    "a-token-is-not-renewed-for-ever": [
        evidence("token-expired-for-good", *LIFE[:1], *[poll(refused(401, 1004))] * 9, **ERROR),
        evidence("token-expired-for-good", *LIFE[:1], poll(refused(401, 1004)), outcome="timeout"),
    ],
    "a-lost-answer-makes-no-second-task": [
        evidence("answer-lost", create(None), *LIFE, tasks=2),
        evidence("truncated-answer", create(said(200, b'{"code": 0, "da')), *LIFE, tasks=2),
    ],
    "a-live-task-is-not-told-as-failed": [
        evidence("poll-404", *LIFE[:1], poll(refused(404, 1203)), outcome="failed", message="gone"),
        evidence("unknown-status", *LIFE[:1], poll(state("paused")), outcome="failed", message="paused"),
        evidence("poll-reset", *LIFE[:1], poll(None), outcome="failed", message="reset"),
    ],
    "a-refused-poll-is-an-error": [
        evidence("poll-404", *LIFE[:1], poll(refused(404, 1203)), urls=[]),
        evidence("polls-400", *LIFE[:1], poll(refused()), fault=DIED),
        evidence("poll-200-with-code", *LIFE[:1], poll(refused(200, 5000)), *LIFE[1:], outcome="timeout"),
    ],
    "refused-polls-have-an-end": [
        evidence("polls-400", *LIFE[:1], *[poll(refused())] * 9, outcome="timeout", task_id=TASK),
        evidence("polls-401", *LIFE[:1], *[poll(refused(401, 1002))] * 9, task_id=TASK, **ERROR),
    ],
    "a-poll-leads-to-no-second-task": [
        evidence("polls-404", *LIFE[:1], poll(refused(404, 1203)), create(created("2")), tasks=2, **ERROR),
        evidence("never-ends", *LIFE[:2], create(created("2")), tasks=2, outcome="timeout"),
    ],
    "a-failed-task-is-not-made-again": [
        evidence("task-fails", create(created()), poll(state("failed")), create(created("2")), tasks=2)
    ],
    "a-lost-task-is-found-again": [
        evidence("answer-lost", create(None), fault=DIED),
        evidence("answer-lost-with-own-id", create(None), create(refused()), **ERROR),
        evidence("answer-lost-with-own-id", create(None), create(refused()), outcome="timeout"),
    ],
    "another-task-is-not-taken-for-its-own": [
        evidence("called-back-about-another", *LIFE, urls=[ANOTHER_URL]),
        evidence("called-back-about-another", *LIFE[:1], outcome="timeout"),
    ],
    "tokens-are-signed-with-the-secret": [
        evidence("signed", create(refused(401, 1000), claims=CLAIMS), **ERROR),
    ],
    "a-moderation-500-is-not-repeated": [
        evidence("moderation-500", *[create(MODERATED)] * 2, service="useapi", outcome="error", message="so rude!"),
        evidence("moderation-500", create(MODERATED), service="useapi", outcome="error", message="HTTP 500"),
        evidence("moderation-500", create(MODERATED), service="useapi", outcome="timeout"),
    ],
    "results-are-fetched-without-credentials": [
        evidence("plain", *LIFE, fetch(scheme="Bearer")),
        evidence("plain", *LIFE, fetch(query="x=1&access_token=abc")),
    ],
    "retries-have-an-end": [
        evidence("down-for-good", *[create(refused(500, 5000))] * 25, **ERROR),
        evidence("down-for-good", fault=DIED),
    ],
    "retries-wait": [evidence("down-for-good", *[create(refused(500, 5000))] * 2, every=10, **ERROR)],
    "callbacks-lead-to-the-end": [
        evidence("called-back-late", outcome="timeout"),
        evidence("called-back-twice", fault=DIED),
    ],
    "callbacks-spare-polls": [evidence("called-back", *LIFE, *[LIFE[-1]] * 3)],
    "a-stranger-is-not-believed": [
        evidence("called-by-a-stranger", *LIFE, urls=[FORGED_URL]),
        evidence("called-by-a-stranger", fault=DIED),
    ],
}
"""For each check, evidence in which it is to find something."""


@pytest.mark.parametrize(("id", "each"), [(id, each) for id, cases in CLEAN.items() for each in cases])
def test_nothing_is_found_where_nothing_is_wrong(id: str, each: Evidence) -> None:
    assert list(findings(CHECKS[id], each)) == []


@pytest.mark.parametrize(("id", "each"), [(id, each) for id, cases in BROKEN.items() for each in cases])
def test_what_is_wrong_is_found_and_told(id: str, each: Evidence) -> None:
    found = list(findings(CHECKS[id], each))
    assert found
    for finding in found:
        assert finding.check == id
        assert finding.subject == f"kling/omni-image {each.scenario.id}"
        assert finding.received
        assert finding.documented == CHECKS[id].documented


def test_a_check_has_examples_on_both_sides_or_none() -> None:
    # Every check has a mutant that it has to catch. Examples here are for the cases that a mutant cannot show.
    assert CLEAN.keys() == BROKEN.keys()
    assert CLEAN.keys() <= CHECKS.keys()
    assert all(CLEAN.values())
    assert all(BROKEN.values())


@pytest.mark.parametrize("id", CHECKS)
def test_a_check_says_what_it_promises_and_why_and_where_from(id: str) -> None:
    check = CHECKS[id]
    assert check.documented.endswith(".")
    assert check.why.endswith(".")
    assert check.source


@pytest.mark.parametrize("id", CHECKS)
def test_every_check_looks_at_scenarios_that_exist(id: str) -> None:
    assert CHECKS[id].scenarios
    assert set(CHECKS[id].scenarios) <= SCENARIOS.keys()


def test_every_scenario_is_played_for_a_check() -> None:
    assert SCENARIOS.keys() == {scenario for check in CHECKS.values() for scenario in check.scenarios}


def test_a_client_that_downloads_nothing_is_not_judged_by_how() -> None:
    with pytest.raises(NothingToJudge, match="does not download any result"):
        list(findings(CHECKS["results-are-fetched-without-credentials"], evidence("plain", *LIFE)))
