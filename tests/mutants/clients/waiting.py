"""Mutants that wait wrongly, and mutants that misread the end."""

from __future__ import annotations

import time
from itertools import count

from tests.mutants.clients.mutant import mutant
from tests.mutants.clients.reference import Answer, Reference


def _looks_on(self: Reference) -> None:
    for _ in range(6):
        self.look()


def _all(result: Answer, *kinds: str) -> list[str]:
    return [item["url"] for kind in kinds for item in result.get(kind) or []]


def _polls_twice(self: Reference) -> None:
    time.sleep(self.pause)
    self.look()


def _fetches_with_its_key(self: Reference, data: Answer) -> Answer:
    answer = Reference.success(self, data)
    for url in answer["urls"]:
        self.http.get(url, headers={"authorization": self.authorization()})
    return answer


_NUMBERS = count(1)

WAITING = (
    mutant("polls-a-path-of-its-own", "polls-the-right-path", place=lambda self: f"/v1/tasks/{self.task_id}"),
    mutant(
        "polls-the-other-product", "polls-the-right-path", place=lambda self: f"/v1/images/generations/{self.task_id}"
    ),
    mutant("polls-another-id", "polls-the-right-path", place=lambda self: f"{self.path}/{int(self.task_id or 0) + 1}"),
    mutant("rounds-the-id", "polls-the-right-path", place=lambda self: f"{self.path}/{int(float(self.task_id or 0))}"),
    mutant("asks-without-a-pause", "polls-at-a-sane-pace", rest=lambda self: None),
    mutant("asks-twice", "polls-at-a-sane-pace", rest=_polls_twice),
    mutant("asks-on-after-the-end", "stops-at-the-end", over=_looks_on),
    mutant(
        "takes-processing-for-done",
        "waits-for-the-end",
        is_done=lambda self, status: status != "submitted",
        urls=lambda self, result: [],
    ),
    mutant(
        "takes-submitted-for-a-failure",
        "waits-for-the-end",
        outcome=lambda self, data: (
            {"outcome": "failed", "message": "submitted"}
            if data["task_status"] != "succeed"
            else Reference.outcome(self, data)
        ),
    ),
    mutant(
        "dies-of-a-task-without-result",
        "waits-for-the-end",
        outcome=lambda self, data: {
            "outcome": "succeed",
            "task_id": "1",
            "urls": [data["task_result"]["images"][0]["url"]],
        },
    ),
    mutant(
        "takes-the-unknown-for-done",
        "an-unknown-status-is-not-done",
        is_done=lambda self, status: status not in ("submitted", "processing"),
        urls=lambda self, result: [],
        success=lambda self, data: {"outcome": "succeed", "urls": [], **self.known()},
    ),
    mutant(
        "dies-of-a-new-field",
        "other-fields-do-no-harm",
        outcome=lambda self, data: (
            Reference.outcome(self, data)
            if data.keys()
            <= {
                "task_id",
                "task_status",
                "task_status_msg",
                "task_info",
                "task_result",
                "created_at",
                "updated_at",
                "final_unit_deduction",
            }
            else {"outcome": "error", "message": "unexpected field"}
        ),
    ),
    mutant(
        "dies-without-a-field",
        "other-fields-do-no-harm",
        outcome=lambda self, data: Reference.outcome(self, {**data, "": data["task_info"]}),
    ),
    mutant("gives-up-late", "gives-up-in-time", limit=lambda self: float(self.request["timeout"]) + 4),
    mutant("never-gives-up", "gives-up-in-time", limit=lambda self: 3600.0),
    mutant(
        "gives-up-as-failed",
        "gives-up-in-time",
        given_up=lambda self: {"outcome": "failed", "message": "too long", **self.known()},
    ),
    mutant("gives-up-without-the-id", "keeps-the-task-id", given_up=lambda self: {"outcome": "timeout"}),
    mutant(
        "gives-up-with-another-id",
        "keeps-the-task-id",
        given_up=lambda self: {"outcome": "timeout", "task_id": f"job-{next(_NUMBERS)}"},
    ),
)

OUTCOMES = (
    mutant(
        "hands-out-the-first-only", "all-results-in-order", urls=lambda self, result: Reference.urls(self, result)[:1]
    ),
    mutant(
        "hands-out-the-last-only", "all-results-in-order", urls=lambda self, result: Reference.urls(self, result)[-1:]
    ),
    mutant(
        "hands-them-out-reversed", "all-results-in-order", urls=lambda self, result: Reference.urls(self, result)[::-1]
    ),
    mutant("hands-them-out-twice", "all-results-in-order", urls=lambda self, result: Reference.urls(self, result) * 2),
    mutant(
        "takes-the-watermark-for-the-result",
        "all-results-in-order",
        urls=lambda self, result: [
            item.get("watermark_url") or item["url"] for name in ("images", "videos") for item in result.get(name) or []
        ],
    ),
    mutant("knows-no-series", "all-results-in-order", urls=lambda self, result: _all(result, "images", "videos")),
    mutant(
        "dies-of-a-series",
        "other-kinds-of-result-are-found",
        urls=lambda self, result: [
            result["images"][0]["url"],
            *_all({**result, "images": result["images"][1:]}, "images"),
        ],
    ),
    mutant("fetches-with-its-key", "results-are-fetched-without-credentials", success=_fetches_with_its_key),
    mutant(
        "takes-failed-for-done",
        "a-failed-task-is-a-failure",
        failure=lambda self, data: {"outcome": "succeed", "urls": [], **self.known()},
    ),
    mutant(
        "waits-on-after-a-failure",
        "a-failed-task-is-a-failure",
        failure=lambda self, data: None,
        limit=lambda self: 1.0,
    ),
    mutant("dies-of-a-failure", "a-failed-task-is-a-failure", failure=lambda self, data: data["task_result"]["images"]),
    mutant(
        "loses-the-reason",
        "a-failure-has-its-reason",
        failure=lambda self, data: {"outcome": "failed", "message": "the task failed"},
    ),
    mutant(
        "reports-the-message-as-the-reason",
        "a-failure-has-its-reason",
        failure=lambda self, data: {"outcome": "failed", "message": "SUCCEED"},
    ),
    *(
        mutant(
            f"loses-the-{name.replace('_', '-')}",
            "a-refusal-carries-what-was-said",
            refusal=lambda self, response, name=name: {
                **Reference.refusal(self, response),
                name: "it was refused" if name == "message" else None,
            },
        )
        for name in ("code", "request_id", "http_status", "message")
    ),
    mutant(
        "reports-a-refusal-as-a-failure",
        "a-refusal-carries-what-was-said",
        refusal=lambda self, response: {"outcome": "failed", "message": response.text},
    ),
    mutant(
        "takes-any-200-for-good",
        "a-code-in-a-200-is-an-error",
        data=lambda self, response: (
            self.read(response).get("data") or {"task_id": "0", "task_status": "succeed", "task_result": {}}
            if response.status_code == 200
            else None
        ),
    ),
    mutant(
        "dies-of-what-is-no-json", "an-answer-that-is-none-is-an-error", read=lambda self, response: response.json()
    ),
    mutant(
        "takes-no-json-for-good",
        "an-answer-that-is-none-is-an-error",
        refusal=lambda self, response: {"outcome": "succeed", "task_id": "", "urls": []},
    ),
)
