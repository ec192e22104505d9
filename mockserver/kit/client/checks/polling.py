"""How a client waits for the end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import unquote

from mockserver.kit.checks import Family
from mockserver.kit.client.evidence import Act

POLLING = Family[Act, str]("waiting")

_FINAL = ("succeed", "failed")
_QUICKEST = 50
_MARGIN = 3.0


@POLLING.check(
    "plain", "long-wait", why="A wrong path is 404 for ever, and the paid task is never seen.", source="kling 1.1, 2.2"
)
def polls_the_right_path(act: Act) -> Iterator[str]:
    """It asks for the task by its id, on the path it was created on."""
    for exchange in act.calls:
        if exchange.operation is None:
            yield f"{exchange.request.method} {exchange.request.path}, which is no path of the service"
            return
    ids = {task_id for exchange in act.creates if (task_id := act.task_id(exchange))}
    for exchange in act.transcript.of("get"):
        if unquote(exchange.request.path.rstrip("/").rpartition("/")[2]) not in ids | _own_names(act):
            yield f"{exchange.request.path}, where {', '.join(ids) or 'no task'} was created"
            return


@POLLING.check(
    "long-wait",
    why="A client that hammers is slowed down with 429, and so are its neighbours.",
    source="kling 6",
    severity="warning",
)
def polls_at_a_sane_pace(act: Act) -> Iterator[str]:
    """It leaves time between two polls: 50 ms at the least, here where nobody waits for real."""
    for first, second in pairwise(act.polls):
        if second.at - first.at < _QUICKEST:
            yield f"two polls within {second.at - first.at} ms"
            return


@POLLING.check(
    "plain",
    "long-wait",
    "task-fails",
    why="Polls after the end are a leak that grows with each task.",
    source="clients in the wild",
)
def stops_at_the_end(act: Act) -> Iterator[str]:
    """It asks no more once it has seen a final state."""
    states = [act.status(exchange) for exchange in act.transcript.of("get")]
    final = next((index for index, state in enumerate(states) if state in _FINAL), None)
    if final is not None and len(states) > final + 2:
        yield f"{len(states) - final - 1} polls after {states[final]}"


@POLLING.check("plain", "long-wait", why="A task that is not over has no result.", source="kling 2.2")
def waits_for_the_end(act: Act) -> Iterator[str]:
    """It takes submitted and processing for what they are: not done, and not failed."""
    if act.outcome != "succeed":
        yield f"outcome {act.told}, for a task that succeeded"


@POLLING.check("unknown-status", why="New words come without notice.", source="clients in the wild")
def an_unknown_status_is_not_done(act: Act) -> Iterator[str]:
    """It takes a state that it does not know for not done."""
    if act.outcome == "succeed" and not any(act.status(exchange) == "succeed" for exchange in act.polls):
        yield "succeed, although it only saw a state that nobody knows"


@POLLING.check(
    "extra-fields", "absent-fields", why="Fields come and go between releases and gateways.", source="kling 2.2, 9.6"
)
def other_fields_do_no_harm(act: Act) -> Iterator[str]:
    """A field that it does not know, or an optional one that is not there, changes nothing."""
    if act.outcome != "succeed":
        yield f"outcome {act.told}"


@POLLING.check(
    "never-ends", why="A client that waits for ever holds its caller for ever.", source="clients in the wild"
)
def gives_up_in_time(act: Act) -> Iterator[str]:
    """It gives up at the time limit it was given, and says so."""
    if act.outcome != "timeout":
        yield f"outcome {act.told}"
    if act.seconds > act.scene.timeout + _MARGIN:
        yield f"it took {act.seconds:.1f} s, where {act.scene.timeout:g} were allowed"


@POLLING.check(
    "never-ends",
    why="The task is paid for; whoever has lost its id cannot fetch it later.",
    source="clients in the wild",
)
def keeps_the_task_id(act: Act) -> Iterator[str]:
    """When it gives up, it tells the id of the task."""
    ids = {act.task_id(exchange) for exchange in act.creates}
    if act.outcome == "timeout" and act.answer.get("task_id") not in ids:
        yield f"task_id {act.answer.get('task_id')!r}"


def _own_names(act: Act) -> set[str]:
    """Return the names that the client gave its tasks, where a service finds them by those, too."""
    field = act.layout.external_id_field
    sent = (exchange.sent for exchange in act.creates if act.layout.finds_external_id)
    return {str(body[field]) for body in sent if isinstance(body, dict) and body.get(field)}
