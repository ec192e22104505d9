"""What the service answered to a client, in words for findings."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.kit.client.evidence import Evidence
from mockserver.kit.task_view import FINAL
from mockserver.kit.transcript import Exchange


def refused_polls(evidence: Evidence) -> list[Exchange]:
    """Return the polls that got an answer in which there is no task."""
    return [each for each in evidence.polls if each.response is not None and not evidence.tasks_in(each)]


def shows(evidence: Evidence, state: str) -> bool:
    """Tell whether a poll showed a task in a state."""
    return any(view.state == state for each in evidence.polls for view in evidence.tasks_in(each))


def told(evidence: Evidence, exchange: Exchange) -> str:
    """Say what came: ``HTTP 400, code 1201``, ``a task in the state 'queued'``, ``HTTP 502 and no JSON``."""
    if exchange.response is None:
        return "no whole answer"
    if views := evidence.tasks_in(exchange):
        return f"a task in the state {views[0].status!r}"
    if exchange.received is None:
        return f"HTTP {exchange.status} and {'no JSON' if exchange.response.body else 'an empty body'}"
    code = evidence.error(exchange).get("code")
    return f"HTTP {exchange.status}" + (f", code {code}" if code is not None else "")


def after_polls(evidence: Evidence) -> str:
    """Say what the first poll got that was no good, or the last one if all were; empty if there was none."""
    odd = [each for each in evidence.polls if evidence.state(each) is None]
    polls = (*odd[:1], *evidence.polls[-1:])
    return f", after a poll got {told(evidence, polls[0])}" if polls else ""


def after_creates(evidence: Evidence) -> str:
    """Say what the last create got; empty if there was none."""
    return f", after a create got {told(evidence, evidence.creates[-1])}" if evidence.creates else ""


def last_seen(evidence: Evidence) -> str:
    """Say in which state the task was when an answer last showed it, and what the last poll got instead of it."""
    known: Sequence[str] = [state for each in (*evidence.creates, *evidence.polls) if (state := evidence.state(each))]
    if known and known[-1] in FINAL:
        return "the task succeeded" if known[-1] == "succeed" else "the task failed"
    seen = f"the task was {known[-1]} when it was last seen" if known else "no answer showed the task"
    last = evidence.polls[-1:]
    is_odd = last and evidence.state(last[0]) is None
    return f"{seen}; the last poll got {told(evidence, last[0])}" if is_odd else seen
