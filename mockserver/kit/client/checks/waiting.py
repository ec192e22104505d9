"""Checks of how a client waits for the end of a task."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mockserver.kit.checks import Family
from mockserver.kit.client.checks import answers
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.exchanges import places
from mockserver.kit.client.exchanges.habits import SHORTEST_POLL_MILLIS
from mockserver.kit.client.scenarios import SCENARIOS
from mockserver.kit.task_view import FINAL

WAITING = Family[Evidence, str]("waiting")

_OTHER_FIELDS = {
    "extra-fields": "when each object had a field that no document knows",
    "absent-fields": "when the optional fields were absent",
}
"""What is odd about the answers in each scenario of the group."""

_LATE_SECONDS = 3.0
"""How late a client may give up: it may be in the middle of a request or a pause when its time is over."""


@WAITING.check(
    "plain",
    "long-wait",
    why="A wrong path gives 404 forever, and nobody ever sees the paid task.",
    source="kling 1.1, 2.2",
)
def polls_the_right_path(evidence: Evidence) -> Iterator[str]:
    """The client asks for the task by its id, on the path for tasks of its kind."""
    tasks = places.Tasks.seen_in(evidence.creates)
    for exchange in evidence.calls:
        received = places.misplaced(exchange, tasks)
        if received is None and places.does(exchange) == "get" and not tasks.owners(exchange):
            query = f"?{exchange.request.query}" if exchange.request.query else ""
            asked = f"{exchange.request.path}{query}"
            received = f"the client asked for {asked}, but created {', '.join(tasks.made) or 'no task'}"
        if received is not None:
            yield received
            return
    owners = frozenset(places.product(create) for create in evidence.creates if places.task_id(create))
    polls = [(poll, places.shown_at(str(poll.operation))) for poll in evidence.polls]
    if owners and polls and not any(owners & shown for _, shown in polls):
        yield places.elsewhere(polls[0][0], owners, polls[0][1])


@WAITING.check(
    "long-wait",
    why="A client that polls without a pause gets 429, and so does everybody who shares its account.",
    source="kling 6",
    severity="warning",
)
def polls_at_a_sane_pace(evidence: Evidence) -> Iterator[str]:
    """The client pauses between two polls: here, where tasks take no time, for at least 50 ms."""
    for first, second in pairwise(evidence.polls):
        if second.at - first.at < SHORTEST_POLL_MILLIS:
            yield f"two polls came within {second.at - first.at} ms"
            return


@WAITING.check(
    "plain",
    "long-wait",
    "task-fails",
    why="Polls that go on after the end pile up with each task.",
    source="clients in the wild",
)
def stops_at_the_end(evidence: Evidence) -> Iterator[str]:
    """The client stops polling once it has seen a final state."""
    polls = evidence.transcript.of("get").exchanges
    final = next((poll for poll in polls if evidence.state(poll) in FINAL), None)
    if final is None:
        return
    after = [poll for poll in polls if poll.number > final.number and poll.request.path == final.request.path]
    if len(after) > 1:
        yield f"{len(after)} polls came after the state {evidence.state(final)}"


@WAITING.check("plain", "long-wait", why="A task that has not ended has no result.", source="kling 2.2")
def waits_for_the_end(evidence: Evidence) -> Iterator[str]:
    """The client treats submitted and processing as not done, and not as failed."""
    if evidence.outcome != "succeed":
        yield f"{evidence.report}, but {answers.last_seen(evidence)}"


@WAITING.check("unknown-status", why="A service adds states without notice.", source="clients in the wild")
def an_unknown_status_is_not_done(evidence: Evidence) -> Iterator[str]:
    """The client treats a state that it does not know as not done."""
    if evidence.outcome == "succeed" and not answers.shows(evidence, "succeed"):
        yield f"{evidence.report}, but it only saw a state that no document knows"


@WAITING.check(
    "bad-poll",
    "slow-down-poll",
    "odd-poll",
    "refused-polls",
    "unknown-status",
    "token-expired-for-good",
    why="Whoever is told that a task failed pays for another one, while the first goes on.",
    source="kling 2.2, 4.1; clients in the wild",
)
def a_live_task_is_not_told_as_failed(evidence: Evidence) -> Iterator[str]:
    """The client reports a task as failed only if the service said so, and not because of what a poll got."""
    if evidence.outcome == "failed" and not answers.shows(evidence, "failed"):
        yield f"{evidence.report}, but {answers.last_seen(evidence)}"


@WAITING.check("other-fields", why="Releases and gateways add and drop fields.", source="kling 2.2, 9.6")
def other_fields_do_no_harm(evidence: Evidence) -> Iterator[str]:
    """An unknown field, or the lack of an optional one, makes no difference to the client."""
    if evidence.outcome != "succeed":
        yield f"{evidence.report}, {_OTHER_FIELDS[evidence.scenario.id]}"


@WAITING.check(*SCENARIOS, why="A client that waits forever blocks its caller forever.", source="clients in the wild")
def gives_up_in_time(evidence: Evidence) -> Iterator[str]:
    """The client gives up at its time limit, and reports a timeout if the task has not ended."""
    limit = evidence.scenario.timeout_seconds
    if evidence.fault is not None and evidence.fault.kind == "hung":
        yield f"{evidence.report}, but its limit was {limit:g} s"
    elif evidence.fault is None and evidence.seconds > limit + _LATE_SECONDS:
        yield f"the client took {evidence.seconds:.1f} s, but its limit was {limit:g} s; {evidence.report}"
    elif evidence.scenario.id == "never-ends" and evidence.outcome != "timeout":
        yield evidence.report


@WAITING.check(
    "plain",
    "never-ends",
    "odd-poll",
    "refused-polls",
    "token-expired-for-good",
    why="The task is paid for, and without its id nobody can fetch the result later.",
    source="clients in the wild",
)
def keeps_the_task_id(evidence: Evidence) -> Iterator[str]:
    """The client reports the id of the task, also when it gives up or a poll is refused."""
    ids = [task_id for exchange in evidence.creates if (task_id := evidence.task_id(exchange))]
    reported = evidence.answer.get("task_id")
    if evidence.fault is None and ids and reported not in ids:
        told = f"the task_id {reported!r}" if reported is not None else "no task_id"
        yield f"the client reported {evidence.outcome!r} with {told}, but the id of its task is {ids[-1]!r}"
