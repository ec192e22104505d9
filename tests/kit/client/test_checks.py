"""The checks of a client: each finds what it is for, and nothing in a client that does well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from mockserver.kit.checks import NothingToJudge
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.evidence import Act
from mockserver.kit.client.scenarios import FORGED, SCENES
from mockserver.kit.client.session import judged
from mockserver.kit.client.testee import TesteeFault as Fault
from tests.support.acts import NOON, PAYLOAD, TASK, act, create, created, fetch, poll, refused, said, state

DIED = Fault("died", "ended with status 1 instead of an answer")
URL, OTHER = "http://a/1.png", "http://a/2.png"
LIFE = (create(created()), poll(state("processing")), poll(state("succeed", URL)))
NOW = NOON // 1000
CLAIMS = {"iss": "ak", "exp": NOW + 1800, "nbf": NOW - 5}
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

CLEAN: Mapping[str, Sequence[Act]] = {
    "payload-arrives-unchanged": [
        act("plain", *LIFE),
        act("unusual-payload", create(created(), {**DEEP, "external_task_id": "mine"}), payload=DEEP),
        act("any-payload", *LIFE),
    ],
    "nothing-is-invented": [
        act("plain", *LIFE),
        act("any-payload", create(created(), {**PAYLOAD, "callback_url": "x"})),
    ],
    "content-type-is-json": [
        act("plain", *LIFE),
        act("plain", create(created(), headers={"content-type": "Application/JSON; charset=utf-8"})),
    ],
    "credentials-are-a-bearer-token": [act("plain", *LIFE), act("plain", *LIFE, fetch())],
    "no-key-in-the-url": [act("plain", *LIFE, poll(query="pageNum=1&pageSize=30"))],
    "jwt-has-its-claims": [
        act("signed", create(created(), claims=CLAIMS)),
        act("signed", create(created(), claims={"iss": "ak", "exp": NOW + 60})),
    ],
    "mistakes-are-not-repaired": [
        act("invalid", create(refused()), **ERROR),
        act("invalid", outcome="error", message="resolution must be 1k or 2k"),
        act("any-mistake", create(created()), *LIFE[1:]),
    ],
    "polls-the-right-path": [
        act("plain", *LIFE, fetch()),
        act("plain", create(created(), {**PAYLOAD, "external_task_id": "mine"}), poll(state("succeed"), "mine")),
    ],
    "polls-at-a-sane-pace": [act("long-wait", *LIFE), act("long-wait", *LIFE, every=60)],
    "stops-at-the-end": [act("plain", *LIFE), act("plain", *LIFE, LIFE[-1])],
    "waits-for-the-end": [act("plain", *LIFE)],
    "an-unknown-status-is-not-done": [
        act("unknown-status", create(created()), poll(state("paused")), poll(state("succeed", URL))),
        act("unknown-status", create(created()), poll(state("paused")), outcome="error", message="paused?"),
    ],
    "other-fields-do-no-harm": [act("extra-fields", *LIFE)],
    "gives-up-in-time": [act("never-ends", *LIFE[:2], outcome="timeout", task_id=TASK, seconds=2.1)],
    "keeps-the-task-id": [act("never-ends", *LIFE[:2], outcome="timeout", task_id=TASK)],
    "all-results-in-order": [
        act("several-results", create(created()), poll(state("succeed", URL, OTHER)), urls=[URL, OTHER]),
        act("series", create(created()), poll(state("succeed", URL, OTHER, kind="series_images")), urls=[URL, OTHER]),
        act("watermark", create(created()), poll(state("succeed", URL, kind="videos")), urls=[URL]),
    ],
    "other-kinds-of-result-are-found": [act("series", *LIFE)],
    "a-failed-task-is-a-failure": [
        act("task-fails", *LIFE[:2], poll(state("failed")), outcome="failed", message="no"),
        act("task-fails", *LIFE[:2], poll(state("failed")), outcome="error", message="no"),
    ],
    "a-failure-has-its-reason": [
        act(
            "task-fails",
            create(created()),
            poll(state("failed", task_status_msg="too rude")),
            outcome="failed",
            message="the task failed: too rude",
        )
    ],
    "a-refusal-carries-what-was-said": [
        act("refused", create(refused()), **ERROR),
        act("any-mistake", outcome="error", message="resolution must be 1k or 2k"),
        act("any-mistake", create(created()), *LIFE[1:]),
    ],
    "a-code-in-a-200-is-an-error": [act("200-with-code", create(refused(200, 5000)), **ERROR)],
    "an-answer-that-is-none-is-an-error": [
        act("html-page", create(said(502, b"<html>")), outcome="error", message="no JSON"),
        act("empty-answer", create(said(200, b"")), outcome="timeout"),
    ],
    "own-mistakes-are-not-repeated": [act("refused", create(refused()), **ERROR)],
    "slowing-down-is-survived": [
        act("slow-down-seconds", create(LIMITED), *LIFE),
        act("slow-down-poll", *LIFE[:1], poll(LIMITED), **ERROR),
    ],
    "retry-after-is-honoured": [
        act("slow-down-seconds", create(LIMITED), *LIFE, every=2000),
        act("slow-down-date", create(LIMITED), **ERROR),
    ],
    "one-bad-poll-does-not-end-the-job": [act("poll-5xx", *LIFE[:1], poll(refused(503, 5001)), *LIFE[1:])],
    "an-expired-token-is-renewed-once": [act("token-expired", *LIFE[:1], poll(refused(401, 1004)), *LIFE[1:])],
    "a-token-is-not-renewed-for-ever": [
        act("token-expired-for-good", *LIFE[:1], *[poll(refused(401, 1004))] * 3, **ERROR)
    ],
    "a-lost-answer-makes-no-second-task": [act("answer-lost", create(None), outcome="error", message="lost")],
    "a-moderation-500-is-not-repeated": [act("moderation-500", create(MODERATED), outcome="error", message="so rude!")],
    "results-are-fetched-without-credentials": [act("plain", *LIFE, fetch())],
    "retries-have-an-end": [
        act("down-for-good", *[create(refused(500, 5000))] * 5, **ERROR),
        act("down-for-good", create(refused(500, 5000)), outcome="timeout"),
    ],
    "retries-wait": [act("down-for-good", *[create(refused(500, 5000))] * 5, **ERROR)],
    "callbacks-lead-to-the-end": [act("called-back", *LIFE[:1]), act("called-back-twice", *LIFE)],
    "callbacks-spare-polls": [act("called-back", *LIFE)],
    "a-stranger-is-not-believed": [act("called-by-a-stranger", *LIFE, urls=[URL])],
}
"""For each check, acts in which it is to find nothing."""

BROKEN: Mapping[str, Sequence[Act]] = {
    "payload-arrives-unchanged": [
        act("plain", create(created(), {})),
        act("plain", create(created(), {"prompt": "A cat "})),
        act("plain", create(created(), b"prompt=A+cat")),
        act("plain", create(created(), [])),
        act("plain", create(created(), {"prompt": "A cat", "n": "1"}), payload={"prompt": "A cat", "n": 1}),
        act("plain", create(created(), {"n": 1.0}), payload={"n": 1}),
        act("plain", create(created(), {"n": True}), payload={"n": 1}),
        act("unusual-payload", create(created(), {"l": [1, 2]}), payload={"l": [2, 1]}),
        act("unusual-payload", create(created(), {"l": {"a": 829836802793406600}}), payload={"l": {"a": 1}}),
        act("plain", outcome="error", message="nothing was sent"),
    ],
    "nothing-is-invented": [act("plain", create(created(), {**PAYLOAD, "seed": 1}))],
    "content-type-is-json": [
        act("plain", create(created(), headers={"content-type": ""})),
        act("plain", create(created(), headers={"content-type": "text/plain"})),
    ],
    "credentials-are-a-bearer-token": [
        act("plain", create(created(), scheme="Basic")),
        act("plain", create(created()), poll(state("succeed"), scheme=None)),
    ],
    "no-key-in-the-url": [
        act("plain", create(created(), query="api_key=1")),
        act("plain", create(created()), poll(query="a=1&Access_Token=2")),
    ],
    "jwt-has-its-claims": [
        act("signed", create(created(), claims=claims))
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
        act("invalid", create(created(), {"resolution": "2k"}), payload={"resolution": "16k"}, **ERROR),
        act("invalid", create(created(), {}), payload={"resolution": "16k"}, **ERROR),
        act("invalid", create(refused()), outcome="succeed"),
        act("invalid", create(refused()), fault=DIED),
    ],
    "polls-the-right-path": [
        act("plain", create(created()), poll(state("succeed"), "another")),
        act("plain", create(created()), poll(refused(404), path="/v1/tasks/1", operation=None)),
    ],
    "polls-at-a-sane-pace": [act("long-wait", *LIFE, every=10)],
    "stops-at-the-end": [act("plain", *LIFE, *[LIFE[-1]] * 3), act("task-fails", *[poll(state("failed"))] * 4)],
    "waits-for-the-end": [act("plain", *LIFE, outcome="failed", message="submitted"), act("plain", fault=DIED)],
    "an-unknown-status-is-not-done": [act("unknown-status", create(created()), poll(state("paused")))],
    "other-fields-do-no-harm": [act("extra-fields", *LIFE, fault=DIED), act("absent-fields", *LIFE, **ERROR)],
    "gives-up-in-time": [
        act("never-ends", *LIFE[:2], outcome="timeout", seconds=9.0),
        act("never-ends", *LIFE[:2], fault=DIED),
        act("never-ends", *LIFE[:2], outcome="failed", message="late"),
    ],
    "keeps-the-task-id": [
        act("never-ends", *LIFE[:2], outcome="timeout"),
        act("never-ends", *LIFE[:2], outcome="timeout", task_id="another"),
    ],
    "all-results-in-order": [
        act("several-results", create(created()), poll(state("succeed", URL, OTHER)), urls=urls)
        for urls in ([URL], [OTHER, URL], [], [URL, OTHER, URL], [f"{URL}?marked", OTHER])
    ],
    "other-kinds-of-result-are-found": [act("series", *LIFE, **ERROR)],
    "a-failed-task-is-a-failure": [
        act("task-fails", poll(state("failed"))),
        act("task-fails", poll(state("failed")), outcome="timeout"),
        act("task-fails", poll(state("failed")), fault=DIED),
    ],
    "a-failure-has-its-reason": [
        act("task-fails", poll(state("failed", task_status_msg="too rude")), outcome="failed", message="no")
    ],
    "a-refusal-carries-what-was-said": [
        act("refused", create(refused()), **{**ERROR, name: value})
        for name, value in {
            "http_status": 500,
            "code": None,
            "message": "no",
            "request_id": "r",
            "outcome": "failed",
        }.items()
    ],
    "a-code-in-a-200-is-an-error": [
        act("200-with-code", create(refused(200))),
        act("200-with-code", create(refused(200)), poll(refused()), **ERROR),
        act("200-with-code", fault=DIED),
    ],
    "an-answer-that-is-none-is-an-error": [act("html-page", fault=DIED), act("truncated-answer", *LIFE)],
    "own-mistakes-are-not-repeated": [act("invalid", create(refused()), create(refused()), **ERROR)],
    "slowing-down-is-survived": [
        act("slow-down-seconds", create(LIMITED), fault=DIED),
        act("slow-down-poll", outcome="timeout"),
    ],
    "retry-after-is-honoured": [act("slow-down-seconds", create(LIMITED), *LIFE, every=500)],
    "one-bad-poll-does-not-end-the-job": [act("poll-reset", *LIFE[:1], poll(None), **ERROR)],
    "an-expired-token-is-renewed-once": [act("token-expired", *LIFE[:1], poll(refused(401, 1004)), **ERROR)],
    "a-token-is-not-renewed-for-ever": [
        act("token-expired-for-good", *LIFE[:1], *[poll(refused(401, 1004))] * 9, **ERROR),
        act("token-expired-for-good", *LIFE[:1], poll(refused(401, 1004)), outcome="timeout"),
    ],
    "a-lost-answer-makes-no-second-task": [act("answer-lost", create(None), *LIFE, tasks=2)],
    "a-moderation-500-is-not-repeated": [
        act("moderation-500", *[create(MODERATED)] * 2, outcome="error", message="so rude!"),
        act("moderation-500", create(MODERATED), outcome="error", message="HTTP 500"),
        act("moderation-500", create(MODERATED), outcome="timeout"),
    ],
    "results-are-fetched-without-credentials": [act("plain", *LIFE, fetch(scheme="Bearer"))],
    "retries-have-an-end": [
        act("down-for-good", *[create(refused(500, 5000))] * 25, **ERROR),
        act("down-for-good", fault=DIED),
    ],
    "retries-wait": [act("down-for-good", *[create(refused(500, 5000))] * 2, every=10, **ERROR)],
    "callbacks-lead-to-the-end": [act("called-back-late", outcome="timeout"), act("called-back-twice", fault=DIED)],
    "callbacks-spare-polls": [act("called-back", *LIFE, *[LIFE[-1]] * 3)],
    "a-stranger-is-not-believed": [
        act("called-by-a-stranger", *LIFE, urls=[FORGED]),
        act("called-by-a-stranger", fault=DIED),
    ],
}
"""For each check, acts in which it is to find something."""


@pytest.mark.parametrize(("id", "each"), [(id, each) for id, acts in CLEAN.items() for each in acts])
def test_nothing_is_found_where_nothing_is_wrong(id: str, each: Act) -> None:
    assert list(judged(each, id)) == []


@pytest.mark.parametrize(("id", "each"), [(id, each) for id, acts in BROKEN.items() for each in acts])
def test_what_is_wrong_is_found_and_told(id: str, each: Act) -> None:
    found = list(judged(each, id))
    assert found
    for finding in found:
        assert finding.check == id
        assert finding.subject == f"kling/omni-image {each.scene.id}"
        assert finding.received
        assert finding.documented == CHECKS[id].documented


@pytest.mark.parametrize("id", CHECKS)
def test_every_check_is_tried_on_both_sides_and_says_what_it_is_for(id: str) -> None:
    assert CLEAN[id]
    assert BROKEN[id]
    check = CHECKS[id]
    assert check.documented.endswith(".")
    assert check.why.endswith(".")
    assert check.source


@pytest.mark.parametrize("id", CHECKS)
def test_every_check_is_made_in_scenes_that_there_are(id: str) -> None:
    assert CHECKS[id].scenarios
    assert set(CHECKS[id].scenarios) <= SCENES.keys()


def test_every_scene_is_played_for_a_check() -> None:
    assert SCENES.keys() == {scene for check in CHECKS.values() for scene in check.scenarios}


def test_who_fetches_no_result_is_not_judged_by_how() -> None:
    with pytest.raises(NothingToJudge, match="fetches no result"):
        list(judged(act("plain", *LIFE), "results-are-fetched-without-credentials"))
