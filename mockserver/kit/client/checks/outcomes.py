"""What a client makes of the end: of results, of failed tasks, and of refusals."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family
from mockserver.kit.client.evidence import Act
from mockserver.types import JSON

OUTCOMES = Family[Act, str]("outcome")


@OUTCOMES.check(
    "plain",
    "any-payload",
    "several-results",
    "series",
    "watermark",
    why="A result that is left out was paid for.",
    source="kling 2.2",
)
def all_results_in_order(act: Act) -> Iterator[str]:
    """It hands out every result, in the order of the answer: images, series_images or videos, and never a watermark."""
    if not all(exchange.is_whole for exchange in act.polls):
        return  # the journal has not kept all of the answer
    expected = _urls(act)
    told = act.answer.get("urls", [])
    if act.outcome == "succeed" and told != expected:
        yield f"{len(told)} of {len(expected)} urls: {', '.join(map(str, told[:3])) or 'none'}"


@OUTCOMES.check(
    "any-payload",
    "several-results",
    "series",
    "watermark",
    why="A result in another list than expected is taken for none.",
    source="kling 2.2",
)
def other_kinds_of_result_are_found(act: Act) -> Iterator[str]:
    """It finds the results wherever the service puts them."""
    if act.outcome != "succeed":
        yield f"outcome {act.told}, for a task that succeeded"


@OUTCOMES.check("task-fails", why="A failed task comes as HTTP 200, code 0, message SUCCEED.", source="kling 2.2, 4.3")
def a_failed_task_is_a_failure(act: Act) -> Iterator[str]:
    """A task that failed is told as failed."""
    if act.outcome not in ("failed", "error"):
        yield f"outcome {act.told}"


@OUTCOMES.check(
    "task-fails",
    why="Without the reason nobody knows whether to change the prompt or to try again.",
    source="kling 2.2",
)
def a_failure_has_its_reason(act: Act) -> Iterator[str]:
    """What it tells of a failed task holds the service's reason."""
    reason = _reason(act)
    if act.outcome in ("failed", "error") and reason and reason not in str(act.answer.get("message")):
        yield f"message {act.answer.get('message')!r}, where the service said {reason!r}"


@OUTCOMES.check(
    "refused",
    "any-mistake",
    why="Retrying, billing and support all go by code and request id.",
    source="kling 4.2",
)
def a_refusal_carries_what_was_said(act: Act) -> Iterator[str]:
    """A refusal is told as an error, with HTTP status, code, message and request id."""
    if act.scene.is_generated and (act.is_accepted or not act.creates):
        return  # a reading takes it, or the client saw the mistake itself
    if act.outcome != "error":
        yield f"outcome {act.told}"
        return
    body = act.creates[-1].received if act.creates else None
    said: dict[str, JSON] = {"http_status": act.creates[-1].status if act.creates else None}
    if isinstance(body, dict):
        said |= {"code": body["code"], "request_id": body["request_id"]} if "request_id" in body else {}
    for name, value in said.items():
        if act.answer.get(name) != value:
            yield f"{name} {act.answer.get(name)!r}, where {value!r} was said"
    words = str(body.get("message") or body.get("error")) if isinstance(body, dict) else ""
    if words not in str(act.answer.get("message")):
        yield f"message {act.answer.get('message')!r}, where {words!r} was said"


@OUTCOMES.check("200-with-code", why="Some errors come as HTTP 200.", source="kling 4.2")
def a_code_in_a_200_is_an_error(act: Act) -> Iterator[str]:
    """HTTP 200 with a code that is not 0 is an error, and nothing comes after it."""
    if act.outcome != "error":
        yield f"outcome {act.told}"
    elif act.polls:
        yield f"{len(act.polls)} polls for a task that was refused with HTTP 200"


@OUTCOMES.check(
    "html-page",
    "truncated-answer",
    "empty-answer",
    why="Proxies in between answer what they like.",
    source="clients in the wild",
)
def an_answer_that_is_none_is_an_error(act: Act) -> Iterator[str]:
    """A page of HTML, half an answer or none at all is told as an error; nothing crashes, and nothing succeeds."""
    if act.outcome not in ("error", "timeout"):
        yield f"outcome {act.told}"


def _urls(act: Act) -> list[str]:
    """Return the results of the last answer that had any."""
    for exchange in act.polls[::-1]:
        for record in act.shown(exchange):
            if record.status == "succeed" and record.urls:
                return record.urls
    return []


def _reason(act: Act) -> str | None:
    """Return the service's words for why a task failed, from the last answer that had any."""
    shown = (record for exchange in act.polls[::-1] for record in act.shown(exchange))
    return next((record.reason for record in shown if record.reason), None)
