"""Stateful: in whatever order a client works, the server answers as a model of it does."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Evidence, Purpose, Step
from mockserver.kit.server.findings import finding
from mockserver.kit.server.model import Model
from mockserver.kit.verdict import Finding

STATEFUL = Family[Evidence, Finding]("stateful", "random walk")

_STEPS_SHOWN = 5
"""How many steps a finding names; nearly every fault shows within two or three."""


@STATEFUL.check(
    why="What works in the order of a tutorial fails in the order of a busy client.",
    source="kling 2.1 to 2.4; useapi 2",
)
def any_order(evidence: Evidence) -> Iterator[Finding]:
    """In any order of creating, asking, listing and waiting, each task is there, goes forward and keeps its ids."""
    model, done = Model(evidence.expectations), list[str]()
    for attempt, step in evidence.about(Step, Purpose.STEP):
        done.append(step.kind)
        problem = model.follow(attempt, step)
        if problem is not None:
            received = f"{problem}, after {', '.join(done[-_STEPS_SHOWN:])}"
            yield finding(attempt, received, subject=f"{attempt.subject} {step.kind}")
    if not model.tasks:
        raise NothingToJudge("no task could be created")
