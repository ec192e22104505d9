"""What a client tries again, and what not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mockserver.kit.checks import Family
from mockserver.kit.client.evidence import Act
from mockserver.types import Millis

RETRIES = Family[Act, str]("retry")

_MOST_CREATES = 12
_MOST_TOKENS = 5
_SHORTEST: Millis = 300
_SLACK: Millis = 150


@RETRIES.check(
    "refused",
    "invalid",
    "any-mistake",
    why="What is wrong with a request is still wrong the second time.",
    source="kling 4.1; clients in the wild",
)
def own_mistakes_are_not_repeated(act: Act) -> Iterator[str]:
    """A request that was refused for what it says (400) is not sent again."""
    refused = [exchange for exchange in act.creates if exchange.status == 400]
    if len(refused) > 1:
        yield f"{len(refused)} creates, each refused with 400"


@RETRIES.check(
    "slow-down-seconds", "slow-down-date", "slow-down-poll", why="Everybody meets 429.", source="kling 4.1, 6"
)
def slowing_down_is_survived(act: Act) -> Iterator[str]:
    """After a 429 it waits and tries again, or tells the refusal; it does not crash."""
    if act.outcome not in ("succeed", "error"):
        yield f"outcome {act.told}"


@RETRIES.check(
    "slow-down-seconds",
    "slow-down-date",
    why="Who comes back too early is refused again, and longer.",
    source="clients in the wild",
)
def retry_after_is_honoured(act: Act) -> Iterator[str]:
    """It waits as long as Retry-After says, in seconds or as a date."""
    for first, second in pairwise(act.creates):
        if first.status == 429 and (waited := second.at - first.at) < 1000 - _SLACK:
            header = first.response.headers.get("retry-after") if first.response else ""
            yield f"again after {waited} ms, where Retry-After said {header}"


@RETRIES.check(
    "poll-5xx",
    "poll-reset",
    "poll-html",
    "slow-down-poll",
    why="One bad moment must not lose a task that is paid for.",
    source="kling 4.1; clients in the wild",
)
def one_bad_poll_does_not_end_the_job(act: Act) -> Iterator[str]:
    """A 5xx, a page of HTML or a reset while it polls is survived."""
    if act.outcome != "succeed":
        yield f"outcome {act.told}"


@RETRIES.check("token-expired", why="Long films outlive a token.", source="kling 4.1, 5; clients in the wild")
def an_expired_token_is_renewed_once(act: Act) -> Iterator[str]:
    """After 401 with code 1004 it signs a new token and goes on."""
    if act.outcome != "succeed":
        yield f"outcome {act.told}"


@RETRIES.check(
    "token-expired-for-good",
    why="A service that takes no token will not take the tenth either; and too many are a reason to be locked out.",
    source="kling 4.1, 5; clients in the wild",
)
def a_token_is_not_renewed_for_ever(act: Act) -> Iterator[str]:
    """Where a new token is refused, too, it gives up and tells the refusal."""
    refused = [exchange for exchange in act.polls if exchange.status == 401]
    if len(refused) > _MOST_TOKENS:
        yield f"{len(refused)} requests, each refused with 401"
    if act.outcome != "error":
        yield f"outcome {act.told}"


@RETRIES.check("answer-lost", why="Each task is paid for.", source="useapi X-07; kling 1.2")
def a_lost_answer_makes_no_second_task(act: Act) -> Iterator[str]:
    """A create whose answer was lost is not sent again, unless an external_task_id keeps it one task."""
    if act.tasks > 1:
        yield f"{act.tasks} tasks"


@RETRIES.check(
    "moderation-500",
    why="The service refuses what was asked for with a 500; asked again, it counts against the account again.",
    source="seed 004 SO-500; useapi K-6",
)
def a_moderation_500_is_not_repeated(act: Act) -> Iterator[str]:
    """At useapi a create that moderation refuses is not sent again, and its text is told."""
    if len(act.creates) > 1:
        yield f"{len(act.creates)} creates, each refused by moderation"
    if act.outcome != "error":
        yield f"outcome {act.told}"
    elif act.creates and not _is_told(act):
        yield f"message {act.answer.get('message')!r}, which is not what the service said"


@RETRIES.check(
    "down-for-good",
    why="A retry around a retry multiplies: five times five requests for one.",
    source="clients in the wild",
    severity="error",
)
def retries_have_an_end(act: Act) -> Iterator[str]:
    """It gives up after a few tries."""
    if len(act.creates) > _MOST_CREATES:
        yield f"{len(act.creates)} creates"
    if act.outcome not in ("error", "timeout"):
        yield f"outcome {act.told}"


@RETRIES.check(
    "down-for-good",
    "slow-down-seconds",
    why="A service that is down is kept down by those who do not wait.",
    source="clients in the wild",
    severity="warning",
)
def retries_wait(act: Act) -> Iterator[str]:
    """It waits between two tries of a create, 300 ms at the least."""
    for first, second in pairwise(act.creates):
        if second.at - first.at < _SHORTEST:
            yield f"again after {second.at - first.at} ms"
            return


def _is_told(act: Act) -> bool:
    body = act.creates[0].received
    return isinstance(body, dict) and str(body.get("error")) in str(act.answer.get("message"))
