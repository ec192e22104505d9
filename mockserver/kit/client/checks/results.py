"""How a client fetches what was made."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.client.evidence import Act

RESULTS = Family[Act, str]("result")


@RESULTS.check(
    "plain",
    "several-results",
    "series",
    "watermark",
    "called-back",
    why="Results lie with somebody else, whose logs are not yours: a key that is sent there is given away.",
    source="clients in the wild; kling 2.2",
)
def results_are_fetched_without_credentials(act: Act) -> Iterator[str]:
    """A result is fetched as anybody can who has its URL: without the key."""
    if not act.fetches:
        raise NothingToJudge("the client hands out URLs, and fetches no result itself")
    for exchange in act.fetches:
        if exchange.scheme is not None:
            yield f"{exchange.request.method} {exchange.request.path} with Authorization: {exchange.scheme} …"
            return
