"""Checks of what a client reports in the end: results, failed tasks and refusals."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family
from mockserver.kit.client.evidence import Evidence

OUTCOMES = Family[Evidence, str]("outcome")


@OUTCOMES.check(
    "plain", "any-payload", "results", why="The user has paid for a result that is left out.", source="kling 2.2"
)
def all_results_in_order(evidence: Evidence) -> Iterator[str]:
    """The client returns every result, in the order of the answer, and never a watermarked twin."""
    if not all(exchange.is_whole for exchange in evidence.polls):
        return  # the journal did not keep all of the answer
    expected = _urls(evidence)
    returned = evidence.answer.get("urls", [])
    if evidence.outcome == "succeed" and returned != expected:
        listed = ", ".join(map(str, returned[:3])) or "none"
        yield f"the client returned {len(returned)} URLs ({listed}), but the service sent {len(expected)}"


@OUTCOMES.check(
    "any-payload", "results", why="A client that looks in one list only takes the others for empty.", source="kling 2.2"
)
def other_kinds_of_result_are_found(evidence: Evidence) -> Iterator[str]:
    """The client finds the results wherever the service puts them."""
    if evidence.outcome != "succeed":
        yield f"{evidence.report}, but the task succeeded"


@OUTCOMES.check(
    "task-fails", why="The answer about a failed task is a success: HTTP 200, code 0.", source="kling 2.2, 4.3"
)
def a_failed_task_is_a_failure(evidence: Evidence) -> Iterator[str]:
    """The client reports a failed task as failed."""
    if evidence.outcome not in ("failed", "error"):
        yield evidence.report


@OUTCOMES.check(
    "task-fails",
    why="Without the reason, nobody knows whether to change the prompt or to try again.",
    source="kling 2.2",
)
def a_failure_has_its_reason(evidence: Evidence) -> Iterator[str]:
    """The client reports why the task failed, in the words of the service."""
    reason = _reason(evidence)
    if evidence.outcome in ("failed", "error") and reason and reason not in str(evidence.answer.get("message")):
        yield f"{evidence.report}, but the service gave the reason {reason!r}"


@OUTCOMES.check(
    "refused",
    "any-mistake",
    why="Retries, billing and support depend on the code and the request id.",
    source="kling 4.2",
)
def a_refusal_carries_what_was_said(evidence: Evidence) -> Iterator[str]:
    """The client reports a refusal as an error, with the HTTP status, code, message and request id that came."""
    if evidence.scenario.is_generated and (evidence.is_accepted or not evidence.creates):
        return  # a reading accepts the payload, or the client noticed the mistake itself
    if evidence.outcome != "error":
        yield evidence.report
        return
    refusal = evidence.creates[-1] if evidence.creates else None
    sent = {"http_status": refusal.status, **evidence.error(refusal)} if refusal is not None else {"http_status": None}
    for name, value in sent.items():
        reported = evidence.answer.get(name)
        if reported != value and not (name == "message" and str(value) in str(reported)):
            yield f"the client reported {name} {reported!r}, but the service sent {value!r}"


@OUTCOMES.check("200-with-code", why="Some errors come with HTTP 200.", source="kling 4.2")
def a_code_in_a_200_is_an_error(evidence: Evidence) -> Iterator[str]:
    """The client reports an error that came with HTTP 200, and does not poll."""
    if evidence.outcome != "error":
        yield evidence.report
    elif evidence.polls:
        yield f"{len(evidence.polls)} polls came after a refusal with HTTP 200"


@OUTCOMES.check("unusable-answer", why="A proxy on the way answers whatever it likes.", source="clients in the wild")
def an_answer_that_is_none_is_an_error(evidence: Evidence) -> Iterator[str]:
    """If the answer is an HTML page, half an answer or empty, the client reports an error and does not crash."""
    if evidence.outcome not in ("error", "timeout"):
        yield evidence.report


def _urls(evidence: Evidence) -> list[str]:
    """Return the results in the last answer that had any."""
    for exchange in evidence.polls[::-1]:
        for view in evidence.tasks_in(exchange):
            if view.state == "succeed" and view.urls:
                return view.urls
    return []


def _reason(evidence: Evidence) -> str | None:
    """Return the service's reason for a failed task, from the last answer that had one."""
    views = (view for exchange in evidence.polls[::-1] for view in evidence.tasks_in(exchange))
    return next((view.reason for view in views if view.reason), None)
