"""Checks of what a client reports in the end: results, failed tasks and refusals."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family
from mockserver.kit.client.checks import answers
from mockserver.kit.client.evidence import Evidence
from mockserver.types import JSON

OUTCOMES = Family[Evidence, str]("outcome")


@OUTCOMES.check(
    "plain",
    "any-payload",
    "results",
    "answer-lost",
    why="The user has paid for a result that is left out.",
    source="kling 2.2",
)
def all_results_in_order(evidence: Evidence) -> Iterator[str]:
    """The client returns every result, in the order of the answer, and never a watermarked twin."""
    if not all(exchange.is_whole for exchange in evidence.polls):
        return  # the journal did not keep all of the answer
    expected = _urls(evidence)
    returned = evidence.answer.get("urls", [])
    if evidence.outcome == "succeed" and returned != expected:
        yield _misdelivery(expected, returned, _watermarks(evidence))


@OUTCOMES.check(
    "any-payload", "results", why="A client that looks in one list only takes the others for empty.", source="kling 2.2"
)
def other_kinds_of_result_are_found(evidence: Evidence) -> Iterator[str]:
    """The client finds the results wherever the service puts them."""
    if evidence.outcome != "succeed":
        yield f"{evidence.report}, but {answers.last_seen(evidence)}"


@OUTCOMES.check(
    "task-fails", why="The answer about a failed task is a success: HTTP 200, code 0.", source="kling 2.2, 4.3"
)
def a_failed_task_is_a_failure(evidence: Evidence) -> Iterator[str]:
    """The client reports a failed task as failed."""
    if evidence.outcome not in ("failed", "error"):
        yield f"{evidence.report}, but {answers.last_seen(evidence)}"


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
    "polls-400",
    "polls-401",
    "polls-403",
    why="Retries, billing and support depend on the code and the request id.",
    source="kling 4.2",
)
def a_refusal_carries_what_was_said(evidence: Evidence) -> Iterator[str]:
    """The client reports a refusal as an error, with the HTTP status, code, message and request id that came."""
    if evidence.scenario.is_generated and (evidence.is_accepted or not evidence.creates):
        return  # a reading accepts the payload, or the client noticed the mistake itself
    polls = answers.refused_polls(evidence)
    if evidence.outcome != "error":
        if not polls:  # what else may come of a refused poll has checks of its own
            yield f"{evidence.report}{answers.after_creates(evidence)}"
        return
    refusal = next(reversed(polls or evidence.creates), None)
    sent = {"http_status": refusal.status, **evidence.error(refusal)} if refusal is not None else {"http_status": None}
    for name, value in sent.items():
        reported = evidence.answer.get(name)
        if reported != value and not (name == "message" and str(value) in str(reported)):
            yield f"the client reported {name} {reported!r}, but the service sent {value!r}"


@OUTCOMES.check("200-with-code", why="Some errors come with HTTP 200.", source="kling 4.2")
def a_code_in_a_200_is_an_error(evidence: Evidence) -> Iterator[str]:
    """The client reports an error that came with HTTP 200, and does not poll."""
    if evidence.outcome != "error":
        yield f"{evidence.report}{answers.after_creates(evidence)}"
    elif evidence.polls:
        yield f"the client polled for a task{answers.after_creates(evidence)}"


@OUTCOMES.check(
    "odd-poll",
    "refused-polls",
    why="A refusal has no task: who looks for one in it dies, and who looks for none takes it for the end.",
    source="kling 4.1, 4.2; useapi T-05 T-06",
)
def a_refused_poll_is_an_error(evidence: Evidence) -> Iterator[str]:
    """If a poll is refused, even with HTTP 200, the client asks again or reports an error; it neither crashes nor
    takes the task for done.
    """
    if evidence.fault is not None and evidence.fault.kind != "hung":  # which is a matter of time
        yield f"{evidence.report}{answers.after_polls(evidence)}"
    elif evidence.outcome == "succeed" and not answers.shows(evidence, "succeed"):
        yield f"{evidence.report}, but {answers.last_seen(evidence)}"
    elif evidence.outcome == "timeout" and evidence.scenario.group == "odd-poll":
        yield f"{evidence.report}{answers.after_polls(evidence)}, although the task went on"


@OUTCOMES.check("unusable-answer", why="A proxy on the way answers whatever it likes.", source="clients in the wild")
def an_answer_that_is_none_is_an_error(evidence: Evidence) -> Iterator[str]:
    """If the answer is an HTML page, half an answer or empty, the client reports an error and does not crash."""
    if evidence.outcome not in ("error", "timeout"):
        yield f"{evidence.report}{answers.after_creates(evidence)}"


def _misdelivery(sent: list[str], returned: list[JSON], watermarked: set[str]) -> str:
    """Say what is wrong with the URLs that a client returned."""
    left_out = [str(number) for number, url in enumerate(sent, start=1) if url not in returned]
    foreign = [url for url in returned if url not in sent]
    if not returned:
        return f"the client returned no URL, but the service sent {len(sent)}"
    if twins := [url for url in foreign if url in watermarked]:
        return f"the client returned the watermarked twin {twins[0]} as a result"
    if foreign:
        return f"the client returned {foreign[0]}, which is none of the {len(sent)} URLs that the service sent"
    if left_out:
        return f"the client left out {', '.join(left_out)} of the {len(sent)} URLs that the service sent"
    if len(returned) > len(sent):
        return f"the client returned {len(returned)} URLs, some of them twice, but the service sent {len(sent)}"
    return f"the client returned the {len(sent)} URLs in another order than the service sent them"


def _watermarks(evidence: Evidence) -> set[str]:
    """Return the URLs of all watermarked twins that the service sent."""
    views = (view for exchange in evidence.polls for view in evidence.tasks_in(exchange))
    name = evidence.layout.watermark or ""
    return {str(item[name]) for view in views for item, _ in view.result_urls if item.get(name)}


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
