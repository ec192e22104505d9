"""A trial: a client is played through the scenes of some checks, and what is found in it is told."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.contract.catalog import load
from mockserver.kit.client_run import CHECKS, cast, judged, play
from mockserver.kit.findings import Finding
from mockserver.kit.stage import Stage
from mockserver.kit.testee import Object, hello
from tests.mutants.clients.reference import Reference


def findings(
    stage: Stage,
    client: Reference,
    checks: Sequence[str] = tuple(CHECKS),
    operations: Sequence[str] = ("kling/omni-image",),
    *,
    is_enough: bool = False,
) -> list[Finding]:
    """Return what the checks find in a client; ``is_enough``: the first finding is."""
    testee = Object(client)
    played, skipped = cast(load(), hello(testee), checks, operations)
    assert skipped == []
    found: list[Finding] = []
    for each in played:
        found += judged(play(stage, testee, each), checks)
        if found and is_enough:
            break
    return found
