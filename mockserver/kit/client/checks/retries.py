"""Checks of what a client tries again, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mockserver.kit.checks import Family
from mockserver.kit.client.checks import answers
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.exchanges.habits import SHORTEST_RETRY_MILLIS
from mockserver.kit.transcript import Exchange
from mockserver.types import Millis

RETRIES = Family[Evidence, str]("retry")

_MOST_CREATES = 12
"""Generous for one loop of retries; two nested loops, the usual mistake, make 16 even of four tries each."""

_MOST_REFUSED_TOKENS = 5
"""One refusal is expected and a few retries are harmless; more means a client that only stops at its time limit."""

_MOST_REFUSED_POLLS = 5
"""As many: what is wrong with the request or the account does not pass while the client waits."""

_LASTING = frozenset({400, 401, 402, 403})
"""The statuses that are no better a moment later; 404 may be, where the task is not known everywhere yet."""

_TOKEN_LIFE: Millis = 1000
"""The times in a JWT are in seconds: one that was signed a second later is another."""

_SHORTEST_RETRY_AFTER: Millis = 850
"""The scenarios ask for 2 s. A date has whole seconds, which may take off 1 s; 150 ms are for imprecise timers."""


@RETRIES.check(
    "refused",
    "invalid",
    "any-mistake",
    why="What is wrong with a request is still wrong the second time.",
    source="kling 4.1; clients in the wild",
)
def own_mistakes_are_not_repeated(evidence: Evidence) -> Iterator[str]:
    """The client does not repeat a request that was refused for what it says (400), or for its account (402, 403)."""
    refused = [exchange for exchange in evidence.creates if exchange.status in (400, 402, 403)]
    if len(refused) > 1:
        yield f"{len(refused)} creates were each refused with {answers.told(evidence, refused[0])}"


@RETRIES.check("slow-down", why="Every client gets a 429 sooner or later.", source="kling 4.1, 6")
def slowing_down_is_survived(evidence: Evidence) -> Iterator[str]:
    """After a 429 the client waits and tries again, or reports the refusal; it does not crash."""
    if evidence.outcome not in ("succeed", "error"):
        after = answers.after_polls if evidence.scenario.id == "slow-down-poll" else answers.after_creates
        yield f"{evidence.report}{after(evidence)}"


@RETRIES.check(
    "slow-down-seconds",
    "slow-down-date",
    why="A client that comes back too early is refused again, and for longer.",
    source="clients in the wild",
)
def retry_after_is_honoured(evidence: Evidence) -> Iterator[str]:
    """The client waits as long as Retry-After says, in seconds or as a date."""
    for first, second in pairwise(evidence.creates):
        if first.status == 429 and (waited := second.at - first.at) < _SHORTEST_RETRY_AFTER:
            header = first.response.headers.get("retry-after") if first.response else ""
            yield f"the client tried again after {waited} ms, but Retry-After was {header}"


@RETRIES.check(
    "bad-poll",
    "slow-down-poll",
    why="One bad moment must not lose a task that is paid for.",
    source="kling 4.1; clients in the wild",
)
def one_bad_poll_does_not_end_the_job(evidence: Evidence) -> Iterator[str]:
    """The client goes on polling after a 5xx, an HTML page or a reset connection."""
    if evidence.outcome not in ("succeed", "failed"):  # a live task told as failed has a check of its own
        yield f"{evidence.report}{answers.after_polls(evidence)}"


@RETRIES.check(
    "refused-polls",
    why="A client that asks on until its time is over tells nobody that its key or its request is refused.",
    source="kling 4.1; clients in the wild",
)
def refused_polls_have_an_end(evidence: Evidence) -> Iterator[str]:
    """When polls are refused with 400, 401, 402 or 403, the client asks a few times at most, and reports the error."""
    lasting = [exchange for exchange in answers.refused_polls(evidence) if exchange.status in _LASTING]
    if not lasting or evidence.outcome in ("fault", "failed", "succeed"):  # each has a check of its own
        return
    if len(lasting) > _MOST_REFUSED_POLLS or evidence.outcome != "error":
        times = f"{len(lasting)} polls were each refused with {answers.told(evidence, lasting[0])}"
        yield f"{times}, and then {evidence.report}"


@RETRIES.check(
    "bad-poll",
    "slow-down-poll",
    "odd-poll",
    "refused-polls",
    "unknown-status",
    "never-ends",
    "token-expired",
    "token-expired-for-good",
    why="Each task is paid for.",
    source="kling 1.2; useapi X-07",
)
def a_poll_leads_to_no_second_task(evidence: Evidence) -> Iterator[str]:
    """Whatever a poll gets, the client does not create the task again."""
    if evidence.tasks > 1:
        yield f"there are {evidence.tasks} tasks: the client sent another create{answers.after_polls(evidence)}"


@RETRIES.check(
    "task-fails",
    why="Moderation refuses the same prompt again, and counts it; what else failed may be paid for twice.",
    source="useapi K-6; clients in the wild",
)
def a_failed_task_is_not_made_again(evidence: Evidence) -> Iterator[str]:
    """When moderation makes a task fail, the client does not create it again by itself."""
    if evidence.tasks > 1:
        yield f"there are {evidence.tasks} tasks: the client sent another create after its task had failed"


@RETRIES.check("token-expired", why="Making a long video takes longer than a token lasts.",
               source="kling 4.1, 5; clients in the wild")  # fmt: skip
def an_expired_token_is_renewed_once(evidence: Evidence) -> Iterator[str]:
    """When its token has expired (401), the client signs a new one and goes on."""
    yield from _same_token(evidence)
    if evidence.outcome != "succeed":
        yield f"{evidence.report}{answers.after_polls(evidence)}"


@RETRIES.check(
    "token-expired-for-good",
    why="A service that refuses two tokens refuses the tenth as well, and may lock the account.",
    source="kling 4.1, 5; clients in the wild",
)
def a_token_is_not_renewed_for_ever(evidence: Evidence) -> Iterator[str]:
    """When new tokens are refused as well, the client gives up and reports the refusal."""
    refused = [exchange for exchange in evidence.polls if exchange.status == 401]
    if len(refused) > _MOST_REFUSED_TOKENS:
        yield f"{len(refused)} polls were each refused with {answers.told(evidence, refused[0])}"
    if evidence.outcome not in ("error", "failed"):  # a live task told as failed has a check of its own
        yield f"{evidence.report}{answers.after_polls(evidence)}"


@RETRIES.check(
    "answer-lost",
    "truncated-answer",
    "empty-answer",
    why="Each task is paid for.",
    source="useapi X-07; kling 1.2",
)
def a_lost_answer_makes_no_second_task(evidence: Evidence) -> Iterator[str]:
    """The client does not repeat a create whose answer was lost, unless an id of its own keeps it one task."""
    if evidence.tasks > 1:
        yield f"there are {evidence.tasks} tasks: the client repeated a create whose answer was lost or unusable"


@RETRIES.check(
    "answer-lost", why="The task is paid for, and its id of the client's own finds it.", source="kling 2.4, 4.3"
)
def a_lost_task_is_found_again(evidence: Evidence) -> Iterator[str]:
    """If the client repeats a create whose answer was lost and is told that the task exists already, it finds the task
    and returns its results; it does not crash.
    """
    refused = [exchange for exchange in evidence.creates[1:] if exchange.status == 400]
    if evidence.outcome == "fault":
        yield f"{evidence.report}, after the answer to its create was lost"
    elif refused and evidence.outcome != "succeed":
        said = evidence.error(refused[0]).get("message")
        yield f"the client repeated its create, was told {said!r}, and lost the task: {evidence.report}"


@RETRIES.check(
    "moderation-500",
    why="This 500 means that the input is refused, and each repetition counts against the account.",
    source="seed 004 SO-500; useapi K-6",
)
def a_moderation_500_is_not_repeated(evidence: Evidence) -> Iterator[str]:
    """If moderation refuses a create with HTTP 500, the client does not repeat it, and reports the message."""
    if len(evidence.creates) > 1:
        yield f"{len(evidence.creates)} creates were each refused by moderation"
    if evidence.outcome != "error":
        yield f"{evidence.report}, but moderation had refused the create"
    elif evidence.creates and str(said := evidence.error(evidence.creates[0]).get("message")) not in str(
        evidence.answer.get("message")
    ):
        yield f"{evidence.report}, but the service sent {said!r}"


@RETRIES.check(
    "down-for-good",
    why="Nested retries multiply: five times five requests instead of one.",
    source="clients in the wild",
)
def retries_have_an_end(evidence: Evidence) -> Iterator[str]:
    """The client gives up after a few tries."""
    if len(evidence.creates) > _MOST_CREATES:
        yield f"the client sent {len(evidence.creates)} creates{answers.after_creates(evidence)}"
    if evidence.outcome not in ("error", "timeout"):
        yield f"{evidence.report}{answers.after_creates(evidence)}"


@RETRIES.check(
    "down-for-good",
    "slow-down-seconds",
    why="Clients that do not pause keep a service down.",
    source="clients in the wild",
    severity="warning",
)
def retries_wait(evidence: Evidence) -> Iterator[str]:
    """The client pauses between two tries of a create, for at least 300 ms."""
    for first, second in pairwise(evidence.creates):
        if second.at - first.at < SHORTEST_RETRY_MILLIS:
            yield f"the client tried again after {second.at - first.at} ms"
            return


def _same_token(evidence: Evidence) -> Iterator[str]:
    """Tell of a token that was sent again although it had been refused, and a new one would have been another."""
    calls = [exchange for exchange in evidence.calls if exchange.claims]
    for place, refused in enumerate(calls):
        first = next(exchange for exchange in calls if exchange.claims == refused.claims)
        is_old = refused.at - first.at >= _TOKEN_LIFE
        if refused.status == 401 and is_old and any(each.claims == refused.claims for each in calls[place + 1 :]):
            yield f"the client sent the same token again after it was refused with 401: {_times(refused)}"
            return


def _times(exchange: Exchange) -> str:
    """Return the times of a token, by which it can be told from others."""
    claims = exchange.claims or {}
    times = (f"{name} is {claims[name]}" for name in ("iat", "nbf", "exp") if name in claims)
    return ", ".join(times) or "it has no times"
