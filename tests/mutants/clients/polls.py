"""Mutants that misread a poll without a task, send an old token again, or take another task for their own."""

from __future__ import annotations

import time
from typing import Any

import httpx

from tests.mutants.clients.mutant import mutant
from tests.mutants.clients.reference import Answer, Reference
from tests.mutants.clients.useapi import Useapi

_ERROR, _ALIVE, _ID = "a-refused-poll-is-an-error", "a-live-task-is-not-told-as-failed", "keeps-the-task-id"
_SECOND = "a-poll-leads-to-no-second-task"

_TOO_LONG_SECONDS = 7.0
"""So late after a limit of two seconds that it counts, and then over, so that it does not disturb other mutants."""


def _bad_polls(data: Answer | None, *statuses: int) -> Any:
    """Return a ``data`` that reads something else in the bad answers to polls, or in those with a status."""

    def read(self: Reference, response: httpx.Response) -> Answer | None:
        found = type(self).__mro__[1].data(self, response)  # type: ignore[attr-defined]
        is_bad = found is None and response.request.method == "GET"
        return data if is_bad and (not statuses or response.status_code in statuses) else found

    return read


def _failed(self: Reference, response: httpx.Response) -> Answer:
    return {"outcome": "failed", "message": "the poll was no good", **self.known()}


def _failed_if(*statuses: int) -> Any:
    def unusable(self: Reference, response: httpx.Response) -> Answer:
        is_meant = response.status_code in statuses
        return _failed(self, response) if is_meant else Reference.unusable(self, response)

    return unusable


def _dies(self: Reference, response: httpx.Response) -> Answer:
    return self.success(response.json()["data"])


def _creates_again(self: Reference, *_: httpx.Response) -> Answer:
    again = self.create(self.request["payload"])
    return {"outcome": "error", "message": f"created again: {again.status_code}", **self.known()}


def _creates_if(status: int) -> Any:
    def unusable(self: Reference, response: httpx.Response) -> Answer:
        is_meant = response.status_code == status
        return _creates_again(self) if is_meant else Reference.unusable(self, response)

    return unusable


def _looks_until_it_is_good(self: Reference) -> httpx.Response:
    end = time.monotonic() + _TOO_LONG_SECONDS
    while (answer := Reference.look(self)).status_code == 200 and self.data(answer) is None and time.monotonic() < end:
        time.sleep(self.pause)
    return answer


def _odd_is_failed(self: Reference, data: Answer) -> Answer | None:
    is_known = data["task_status"] in ("submitted", "processing", "succeed")
    return Reference.outcome(self, data) if is_known else self.failure(data)


_NOT_FAILED = r"reported 'failed'.*, but the task was (submitted|processing) when it was last seen; the last poll got "

POLLS = (
    mutant(
        "takes-an-error-for-done",
        _ERROR,
        data=_bad_polls({"task_status": "succeed", "task_result": {}}, 200),
        told=r"'succeed', but the task was submitted when it was last seen; the last poll got HTTP 200, code 5000",
    ),
    mutant(
        "takes-any-refusal-for-done",
        _ERROR,
        data=_bad_polls({"task_status": "succeed", "task_result": {}}, 400, 404),
        told=r"'succeed', but the task was submitted when it was last seen; the last poll got HTTP 40[04], code",
    ),
    mutant("dies-of-a-poll-without-a-task", _ERROR, unusable=_dies, told="KeyError.+after a poll got HTTP"),
    mutant(
        "dies-of-useapis-error-in-200",
        _ERROR,
        base=Useapi,
        unusable=lambda self, response: self.success(response.json()["task"]),
        told="KeyError: 'task', after a poll got HTTP 200",
    ),
    mutant(
        "never-sees-a-refusal",
        "gives-up-in-time",
        look=_looks_until_it_is_good,
        told=r"the client took [\d.]+ s, but its limit was 2 s; the client reported",
    ),
    mutant(
        "polls-on-although-it-is-refused",
        "refused-polls-have-an-end",
        data=_bad_polls({"task_status": "processing"}),
        told=r"\d+ polls were each refused with HTTP 40[0-3], code \d+, and then .+ 'timeout'",
    ),
    mutant(
        "polls-on-without-a-subscription",
        "refused-polls-have-an-end",
        base=Useapi,
        data=_bad_polls({"task_status": "processing"}, 402),
        told=r"\d+ polls were each refused with HTTP 402.*, and then .+ 'timeout'",
    ),
    mutant(
        "loses-what-a-refused-poll-said",
        "a-refusal-carries-what-was-said",
        unusable=lambda self, response: {"outcome": "error", "message": "polling failed", **self.known()},
        told="reported http_status None, but the service sent 400",
    ),
    mutant(
        "loses-the-id-when-a-poll-is-refused",
        _ID,
        unusable=Reference.refusal,
        told=r"reported 'error' with no task_id, but the id of its task is '\d+'",
    ),
    mutant(
        "tells-the-name-of-the-task-for-its-id",
        _ID,
        known=lambda self: {"task_id": "image-1"} if self.task_id else {},
        told=r"reported 'succeed' with the task_id 'image-1', but the id of its task is '\d+'",
    ),
    mutant("takes-404-for-a-failure", _ALIVE, unusable=_failed_if(404), told=_NOT_FAILED + "HTTP 404, code 1203"),
    mutant(
        "takes-an-error-in-200-for-a-failure",
        _ALIVE,
        unusable=_failed_if(200),
        told=_NOT_FAILED + "HTTP 200, code 5000",
    ),
    mutant("takes-a-refused-key-for-a-failure", _ALIVE, unusable=_failed_if(401), told=_NOT_FAILED + "HTTP 401"),
    mutant(
        "takes-useapis-error-for-a-failure",
        _ALIVE,
        base=Useapi,
        unusable=_failed,
        told=_NOT_FAILED + "HTTP (200|4..)",
    ),
    mutant(
        "takes-the-unknown-for-a-failure",
        _ALIVE,
        outcome=_odd_is_failed,
        told=_NOT_FAILED + "a task in the state 'queued'",
    ),
    *(
        mutant(
            f"creates-again-after-{status}",
            _SECOND,
            unusable=_creates_if(status),
            told=f"there are 2 tasks: the client sent another create, after a poll got HTTP {status}",
        )
        for status in (200, 400, 401, 404)
    ),
    mutant(
        "creates-again-when-it-gives-up",
        _SECOND,
        given_up=_creates_again,
        told="there are 2 tasks.+a task in the state 'processing'",
    ),
)


def _signed_once(self: Reference, access_key: str, secret_key: str) -> str:
    """Keep a token for half an hour, whatever the service says of it."""
    kept: dict[str, str] = vars(self).setdefault("kept", {})
    return kept.setdefault(access_key, Reference.signed(self, access_key, secret_key))


TOKENS = (
    mutant(
        "sends-the-same-token-again",
        "an-expired-token-is-renewed-once",
        signed=_signed_once,
        told=r"same token again after it was refused with 401: nbf is \d+, exp is \d+",
    ),
)


def _believes_any_task(self: Reference, data: Answer) -> None:
    Reference.called_back(self, {**data, "task_id": self.task_id})
    if data["task_status"] == "succeed" and "data" not in vars(self):
        self.data = lambda _: data  # type: ignore[method-assign, assignment]


def _asks_for_the_task_of_the_callback(self: Reference, data: Answer) -> None:
    self.task_id = data["task_id"]
    Reference.called_back(self, data)


def _gives_up_after_any_end(self: Reference, data: Answer) -> None:
    if data["task_status"] == "succeed" and data["task_id"] != self.task_id:
        self.deadline = 0.0
    Reference.called_back(self, {**data, "task_id": self.task_id})


_OTHER = "another-task-is-not-taken-for-its-own"

CALLED = (
    mutant(
        "returns-what-another-task-made",
        _OTHER,
        called_back=_believes_any_task,
        told="returned https://results.example.com/of-another-task.png, the result of another task",
    ),
    mutant(
        "asks-for-the-task-of-the-callback",
        _OTHER,
        called_back=_asks_for_the_task_of_the_callback,
        told="reported 'error'.+, after a callback about another task",
    ),
    mutant(
        "gives-up-when-another-task-ends",
        _OTHER,
        called_back=_gives_up_after_any_end,
        told="reported 'timeout', after a callback about another task",
    ),
)
