"""Checks of how a client downloads results."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.exchanges import requests

RESULTS = Family[Evidence, str]("result")


@RESULTS.check(
    "plain",
    "results",
    "called-back",
    why="Results are stored by somebody else: a key that is sent there is given away.",
    source="clients in the wild; kling 2.2",
)
def results_are_fetched_without_credentials(evidence: Evidence) -> Iterator[str]:
    """The client downloads a result without its key, as anybody can who has the URL."""
    if not evidence.fetches:
        raise NothingToJudge("the client returns URLs and does not download any result itself")
    found = filter(None, map(requests.results_are_fetched_without_credentials, evidence.fetches))
    yield from islice(found, 1)
