"""Mutants that wait wrongly, and mutants that misread the end."""

from __future__ import annotations

import time
from collections.abc import Mapping
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


def _fetches_with_its_key_in_the_url(self: Reference, data: Answer) -> Answer:
    answer = Reference.success(self, data)
    for url in answer["urls"]:
        self.http.get(url, params={"access_token": self.token()})
    return answer


class Videos(Reference):
    """The reference, asked for videos first."""

    paths: Mapping[str, str] = {"kling/omni-video": "/v1/videos/omni-video"}


_NUMBERS = count(1)

WAITING = (
    mutant(
        "polls-a-path-of-its-own",
        "polls-the-right-path",
        told=r"GET /v1/tasks/\d+ is not a path of the service",
        place=lambda self: f"/v1/tasks/{self.task_id}",
    ),
    mutant(
        "polls-the-other-product",
        "polls-the-right-path",
        told=r"a task of kling/omni-image at /v1/images/generations/\d+, a path of kling/generations",
        place=lambda self: f"/v1/images/generations/{self.task_id}",
    ),
    mutant(
        "polls-another-id",
        "polls-the-right-path",
        told=r"asked for /v1/images/omni-image/\d+, but created \d+",
        place=lambda self: f"{self.path}/{int(self.task_id or 0) + 1}",
    ),
    mutant(
        "rounds-the-id",
        "polls-the-right-path",
        told=r"asked for /v1/images/omni-image/\d+, but (created|the task is) \d+",
        place=lambda self: f"{self.path}/{int(float(self.task_id or 0))}",
    ),
    mutant(
        "asks-without-a-pause", "polls-at-a-sane-pace", told=r"two polls came within \d+ ms", rest=lambda self: None
    ),
    mutant("asks-twice", "polls-at-a-sane-pace", told=r"two polls came within \d+ ms", rest=_polls_twice),
    mutant("asks-on-after-the-end", "stops-at-the-end", told="6 polls came after the state succeed", over=_looks_on),
    mutant(
        "takes-processing-for-done",
        "waits-for-the-end",
        told="KeyError: 'task_result', but the task was processing",
        is_done=lambda self, status: status != "submitted",
        urls=lambda self, result: [],
    ),
    mutant(
        "takes-submitted-for-a-failure",
        "waits-for-the-end",
        told="'failed' .+, but the task was submitted",
        outcome=lambda self, data: (
            {"outcome": "failed", "message": "submitted"}
            if data["task_status"] != "succeed"
            else Reference.outcome(self, data)
        ),
    ),
    mutant(
        "dies-of-a-task-without-result",
        "waits-for-the-end",
        told="KeyError: 'task_result', but the task was submitted",
        outcome=lambda self, data: {
            "outcome": "succeed",
            "task_id": "1",
            "urls": [data["task_result"]["images"][0]["url"]],
        },
    ),
    mutant(
        "takes-the-unknown-for-done",
        "an-unknown-status-is-not-done",
        told="'succeed', but it only saw a state that no document knows",
        is_done=lambda self, status: status not in ("submitted", "processing"),
        urls=lambda self, result: [],
        success=lambda self, data: {"outcome": "succeed", "urls": [], **self.known()},
    ),
    mutant(
        "dies-of-a-new-field",
        "other-fields-do-no-harm",
        told="'unexpected field', when each object had a field that no document knows",
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
        told="KeyError: 'task_info', when the optional fields were absent",
        outcome=lambda self, data: Reference.outcome(self, {**data, "": data["task_info"]}),
    ),
    mutant(
        "gives-up-late",
        "gives-up-in-time",
        told=r"the client took \d+\.\d s, but its limit was 2 s",
        limit=lambda self: float(self.request["timeout"]) + 4,
    ),
    mutant(
        "never-gives-up",
        "gives-up-in-time",
        told=r"did not return from generate\(\) within \d+ s, but its limit was 2 s",
        limit=lambda self: 3600.0,
    ),
    mutant(
        "gives-up-as-failed",
        "gives-up-in-time",
        told="reported 'failed' with the message 'too long'",
        given_up=lambda self: {"outcome": "failed", "message": "too long", **self.known()},
    ),
    mutant(
        "gives-up-without-the-id",
        "keeps-the-task-id",
        told=r"reported 'timeout' with no task_id, but the id of its task is '\d+'",
        given_up=lambda self: {"outcome": "timeout"},
    ),
    mutant(
        "gives-up-with-another-id",
        "keeps-the-task-id",
        told=r"reported 'timeout' with the task_id 'job-\d+', but the id of its task is '\d+'",
        given_up=lambda self: {"outcome": "timeout", "task_id": f"job-{next(_NUMBERS)}"},
    ),
    mutant(
        "asks-where-videos-are",
        "polls-the-right-path",
        told=r"a task of kling/omni-image at /v1/videos/omni-video/\d+, a path of kling/omni-video",
        place=lambda self: f"/v1/videos/omni-video/{self.task_id}",
    ),
    mutant(
        "asks-where-images-are",
        "polls-the-right-path",
        base=Videos,
        told=r"a task of kling/omni-video at /v1/images/omni-image/\d+, a path of kling/omni-image",
        place=lambda self: f"/v1/images/omni-image/{self.task_id}",
    ),
    mutant(
        "asks-where-the-service-has-others",
        "polls-the-right-path",
        told=r"a task of kling/omni-image at /v1/videos/text2video/\d+, a path of kling/text2video",
        place=lambda self: f"/v1/videos/text2video/{self.task_id}",
    ),
    mutant(
        "looks-through-the-list-of-others",
        "polls-the-right-path",
        told=r"a task of kling/omni-image at /v1/videos/omni-video, a path of kling/omni-video",
        place=lambda self: "/v1/videos/omni-video",
        outcome=lambda self, data: None,
        limit=lambda self: 1.0,
    ),
)

OUTCOMES = (
    mutant(
        "hands-out-the-first-only",
        "all-results-in-order",
        told="left out 2, 3 of the 3 URLs",
        urls=lambda self, result: Reference.urls(self, result)[:1],
    ),
    mutant(
        "hands-out-the-last-only",
        "all-results-in-order",
        told="left out 1, 2 of the 3 URLs",
        urls=lambda self, result: Reference.urls(self, result)[-1:],
    ),
    mutant(
        "hands-them-out-reversed",
        "all-results-in-order",
        told="returned the 3 URLs in another order",
        urls=lambda self, result: Reference.urls(self, result)[::-1],
    ),
    mutant(
        "hands-them-out-twice",
        "all-results-in-order",
        told="returned 2 URLs, some of them twice, but the service sent 1",
        urls=lambda self, result: Reference.urls(self, result) * 2,
    ),
    mutant(
        "takes-the-watermark-for-the-result",
        "all-results-in-order",
        told="returned the watermarked twin http.+ as a result",
        urls=lambda self, result: [
            item.get("watermark_url") or item["url"] for name in ("images", "videos") for item in result.get(name) or []
        ],
    ),
    mutant(
        "knows-no-series",
        "all-results-in-order",
        told="returned no URL, but the service sent 3",
        urls=lambda self, result: _all(result, "images", "videos"),
    ),
    mutant(
        "dies-of-a-series",
        "other-kinds-of-result-are-found",
        told="IndexError: .+, but the task succeeded",
        urls=lambda self, result: [
            result["images"][0]["url"],
            *_all({**result, "images": result["images"][1:]}, "images"),
        ],
    ),
    mutant(
        "fetches-with-its-key",
        "results-are-fetched-without-credentials",
        told="GET /results/.+ has Authorization: Bearer …",
        success=_fetches_with_its_key,
    ),
    mutant(
        "fetches-with-its-key-in-the-url",
        "results-are-fetched-without-credentials",
        told=r"GET /results/.+\?access_token=… has a credential",
        success=_fetches_with_its_key_in_the_url,
    ),
    mutant(
        "takes-failed-for-done",
        "a-failed-task-is-a-failure",
        told="'succeed', but the task failed",
        failure=lambda self, data: {"outcome": "succeed", "urls": [], **self.known()},
    ),
    mutant(
        "waits-on-after-a-failure",
        "a-failed-task-is-a-failure",
        told="'timeout', but the task failed",
        failure=lambda self, data: None,
        limit=lambda self: 3.0,
    ),
    mutant(
        "dies-of-a-failure",
        "a-failed-task-is-a-failure",
        told="KeyError: 'task_result', but the task failed",
        failure=lambda self, data: data["task_result"]["images"],
    ),
    mutant(
        "loses-the-reason",
        "a-failure-has-its-reason",
        told="'the task failed', but the service gave the reason '.+'",
        failure=lambda self, data: {"outcome": "failed", "message": "the task failed"},
    ),
    mutant(
        "reports-the-message-as-the-reason",
        "a-failure-has-its-reason",
        told="'SUCCEED', but the service gave the reason '.+'",
        failure=lambda self, data: {"outcome": "failed", "message": "SUCCEED"},
    ),
    *(
        mutant(
            f"loses-the-{name.replace('_', '-')}",
            "a-refusal-carries-what-was-said",
            told=f"reported {name} .+, but the service sent ",
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
        told="'failed' .+, after a create got HTTP 400, code 1301",
        refusal=lambda self, response: {"outcome": "failed", "message": response.text},
    ),
    mutant(
        "takes-any-200-for-good",
        "a-code-in-a-200-is-an-error",
        told="polled for a task, after a create got HTTP 200, code 5000",
        data=lambda self, response: (
            self.read(response).get("data") or {"task_id": "0", "task_status": "succeed", "task_result": {}}
            if response.status_code == 200
            else None
        ),
    ),
    mutant(
        "dies-of-what-is-no-json",
        "an-answer-that-is-none-is-an-error",
        told=r"JSONDecodeError: .+, after a create got HTTP \d+ and (no JSON|an empty body)",
        read=lambda self, response: response.json(),
    ),
    mutant(
        "takes-no-json-for-good",
        "an-answer-that-is-none-is-an-error",
        told="'succeed', after a create got HTTP 502 and no JSON",
        refusal=lambda self, response: {"outcome": "succeed", "task_id": "", "urls": []},
    ),
)
