"""Mutants that retry too often, too soon or too little, and mutants that mishandle callbacks."""

from __future__ import annotations

from typing import Any

import httpx

from tests.mutants.clients.mutant import mutant
from tests.mutants.clients.reference import Reference

_ONCE = "one-bad-poll-does-not-end-the-job"


def _worth(*, create: Any = None, poll: Any = None) -> Any:
    """Return an ``is_worth_it`` with another rule for creates or polls; a status of ``None`` is a lost answer."""

    def is_worth_it(self: Reference, method: str, response: httpx.Response | None) -> bool:
        other = create if method == "POST" else poll
        status = response.status_code if response is not None else None
        return bool(other(status)) if other is not None else Reference.is_worth_it(self, method, response)

    return is_worth_it


def _retried_around(self: Reference, body: dict[str, Any]) -> httpx.Response:
    for _ in range(5):
        answer = Reference.create(self, body)
        if answer.status_code < 500:
            break
    return answer


class Hopeful(Reference):
    """The reference, which remembers the tasks that it has made again."""

    again: frozenset[str | None] = frozenset()


def _makes_it_again(self: Hopeful, data: dict[str, Any]) -> dict[str, Any] | None:
    if self.task_id in self.again:
        return Reference.failure(self, data)
    self.task_id = self.read(self.create(self.request["payload"]))["data"]["task_id"]
    self.again = frozenset({self.task_id})
    return None


def _looks_all_the_time(self: Reference) -> None:
    self.bell.wait(0.02)


def _believes_any_caller(self: Reference, data: dict[str, Any]) -> None:
    Reference.called_back(self, data)
    if data["task_status"] == "succeed" and "data" not in vars(self):  # whoever speaks first
        self.data = lambda _: data  # type: ignore[method-assign, assignment]


def _believes_the_first(self: Reference, data: dict[str, Any]) -> None:
    self.deadline = 0.0
    self.bell.set()


RETRYING = (
    mutant(
        "makes-what-failed-again",
        "a-failed-task-is-not-made-again",
        told="there are 2 tasks: the client sent another create after its task had failed",
        base=Hopeful,
        failure=_makes_it_again,
    ),
    mutant(
        "repeats-its-own-mistakes",
        "own-mistakes-are-not-repeated",
        told="3 creates were each refused with HTTP 400, code 1301",
        is_worth_it=_worth(create=lambda status: status != 200),
    ),
    mutant(
        "dies-of-429",
        "slowing-down-is-survived",
        told="KeyError: 'x-wait', after a create got HTTP 429, code 1303",
        wait=lambda self, response, tries: float(response.headers["x-wait"]) if response.status_code == 429 else 0.3,
    ),
    mutant(
        "waits-for-ever-after-429",
        "slowing-down-is-survived",
        told="'timeout', after a create got HTTP 429, code 1303",
        refusal=lambda self, response: {"outcome": "timeout"},
        is_worth_it=_worth(create=lambda status: False),
    ),
    mutant(
        "does-not-wait-as-told",
        "retry-after-is-honoured",
        told=r"tried again after \d+ ms, but Retry-After was 2",
        wait=lambda self, response, tries: 0.4,
    ),
    mutant(
        "reads-no-seconds",
        "retry-after-is-honoured",
        told=r"tried again after \d+ ms, but Retry-After was 2",
        seconds=lambda self, text: 0.4,
    ),
    mutant(
        "reads-seconds-as-milliseconds",
        "retry-after-is-honoured",
        told=r"tried again after \d+ ms, but Retry-After was 2",
        seconds=lambda self, text: float(text) / 1000,
    ),
    mutant(
        "reads-no-date",
        "retry-after-is-honoured",
        told=r"tried again after \d+ ms, but Retry-After was \w{3}, ",
        date=lambda self, text: 0.4,
    ),
    mutant(
        "dies-of-a-date",
        "slowing-down-is-survived",
        told="ValueError: .+, after a create got HTTP 429",
        date=lambda self, text: float(text),
    ),
    mutant(
        "ends-on-a-500",
        _ONCE,
        told="'error' .+, after a poll got HTTP 500, code 5000",
        is_worth_it=_worth(poll=lambda status: status in (None, 503, 429)),
    ),
    mutant(
        "ends-on-a-reset",
        _ONCE,
        told="'error' .+, after a poll got no whole answer",
        is_worth_it=_worth(poll=lambda status: status in (500, 503, 429)),
    ),
    mutant(
        "ends-on-a-page",
        _ONCE,
        told="'error' .+, after a poll got HTTP 503 and no JSON",
        is_worth_it=_worth(poll=lambda status: status in (None, 500, 429)),
    ),
    mutant(
        "ends-on-429",
        _ONCE,
        told="'error' .+, after a poll got HTTP 429, code 1302",
        is_worth_it=_worth(poll=lambda status: status in (None, 500, 503)),
    ),
    mutant(
        "takes-a-bad-poll-for-a-failure",
        "a-live-task-is-not-told-as-failed",
        told="'failed' .+'bad poll', but the task was submitted .+; the last poll got HTTP 500",
        is_worth_it=_worth(poll=lambda status: False),
        unusable=lambda self, response: {"outcome": "failed", "message": "bad poll"},
    ),
    mutant(
        "ends-on-an-old-token",
        "an-expired-token-is-renewed-once",
        told="'error' .+, after a poll got HTTP 401, code 1004",
        is_worth_it=_worth(poll=lambda status: status not in (200, 401)),
    ),
    mutant(
        "renews-its-token-for-ever",
        "a-token-is-not-renewed-for-ever",
        told="40 polls were each refused with HTTP 401, code 1004",
        tries=40,
        wait=lambda self, response, tries: 0.05,
    ),
    mutant(
        "waits-for-a-token-that-is-taken",
        "a-token-is-not-renewed-for-ever",
        told="'timeout', after a poll got HTTP 401, code 1004",
        unusable=lambda self, response: self.given_up(),
    ),
    mutant(
        "makes-a-lost-task-twice",
        "a-lost-answer-makes-no-second-task",
        told="there are 2 tasks: the client repeated a create whose answer was lost",
        is_worth_it=_worth(create=lambda status: status is None or status >= 500),
    ),
    mutant(
        "tries-thirty-times",
        "retries-have-an-end",
        told="the client sent 30 creates, after a create got HTTP 500, code 5000",
        tries=30,
        wait=lambda self, response, tries: 0.05,
    ),
    mutant(
        "tries-around-tries",
        "retries-have-an-end",
        told="the client sent 15 creates, after a create got HTTP 500, code 5000",
        create=_retried_around,
        wait=lambda self, response, tries: 0.1,
    ),
    mutant(
        "tries-for-ever",
        "retries-have-an-end",
        told=r"the client sent \d+ creates, after a create got HTTP 500, code 5000",
        tries=10_000,
        wait=lambda self, response, tries: 0.3,
    ),
    mutant(
        "tries-again-at-once",
        "retries-wait",
        told=r"the client tried again after \d+ ms",
        wait=lambda self, response, tries: 0.0,
    ),
)

CALLING_BACK = (
    mutant(
        "polls-although-it-is-called",
        "callbacks-spare-polls",
        told=r"the client polled \d+ times",
        rest=_looks_all_the_time,
    ),
    mutant(
        "hears-nothing",
        "callbacks-lead-to-the-end",
        told="'timeout', although it was called back about the end",
        called_back=lambda self, data: None,
        is_done=lambda self, status: self.bell.is_set(),
        limit=lambda self: 3.0,
    ),
    mutant(
        "believes-any-caller",
        "a-stranger-is-not-believed",
        told=r"returned https://forged\.example\.com/.+, which only the forged callback promised",
        called_back=_believes_any_caller,
    ),
    mutant(
        "takes-the-first-callback-for-the-end",
        "callbacks-lead-to-the-end",
        told="'timeout', although it was called back about the end",
        called_back=_believes_the_first,
    ),
)
