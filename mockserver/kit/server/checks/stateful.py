"""Stateful: in whatever order a client works, the server answers as its model of it says."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family, NothingToJudge
from mockserver.kit.server.evidence import Evidence
from mockserver.kit.server.findings import finding
from mockserver.kit.server.model import Model
from mockserver.kit.verdict import Finding

STATEFUL = Family[Evidence, Finding]("stateful", "any order")


@STATEFUL.check(
    why="What works in the order of a tutorial fails in that of a busy client.", source="kling 2.1 to 2.4; useapi 2"
)
def any_order(evidence: Evidence) -> Iterator[Finding]:
    """In any order of creating, asking, listing and waiting each task is there, goes forward, and keeps its ids."""
    model, done = Model(evidence.terms), []
    for trial in evidence.of("step"):
        done.append(trial.case)
        problem = model.step(trial)
        if problem is not None:
            yield finding(trial, f"{problem}, after {', '.join(done[-5:])}", subject=f"{trial.subject} {trial.case}")
    if not model.tasks:
        raise NothingToJudge("no task could be created")
