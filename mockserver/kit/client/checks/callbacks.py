"""Checks of what a client does with callbacks."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.scenarios import ANOTHER_URL, FORGED_URL

CALLBACKS = Family[Evidence, str]("callbacks")

_MOST_POLLS = 3
"""One to confirm each of the three states that a callback may report."""


@CALLBACKS.check("callback", why="Callbacks arrive at least once, late, and in any order.", source="kling 3, 9.1")
def callbacks_lead_to_the_end(evidence: Evidence) -> Iterator[str]:
    """The client learns how the task ended, even if callbacks come twice, late or out of order."""
    if evidence.outcome != "succeed":
        yield f"{evidence.report}, although it was called back about the end"


@CALLBACKS.check(
    "called-back",
    why="A client that is called back does not need to poll.",
    source="clients in the wild",
    severity="warning",
)
def callbacks_spare_polls(evidence: Evidence) -> Iterator[str]:
    """A client that is called back only polls to confirm what a callback says."""
    polls = len(evidence.transcript.of("get"))
    if polls > _MOST_POLLS:
        yield f"the client polled {polls} times"


@CALLBACKS.check("called-by-a-stranger", why="Anybody who knows the URL can call it.", source="kling 3")
def a_stranger_is_not_believed(evidence: Evidence) -> Iterator[str]:
    """The client ignores an unsigned callback from a third party, and the result that it promises."""
    if FORGED_URL in evidence.answer.get("urls", []):
        yield f"the client returned {FORGED_URL}, which only the forged callback promised"
    elif evidence.outcome != "succeed":
        yield f"{evidence.report}, after a forged callback"


@CALLBACKS.check(
    "called-back-about-another",
    why="Each client of an account may name the same URL, so the callbacks of all their tasks arrive there.",
    source="kling 3; since S8",
)
def another_task_is_not_taken_for_its_own(evidence: Evidence) -> Iterator[str]:
    """The client goes on waiting for its own task when it is called back about another one of its account."""
    if ANOTHER_URL in evidence.answer.get("urls", []):
        yield f"the client returned {ANOTHER_URL}, the result of another task"
    elif evidence.outcome != "succeed":
        yield f"{evidence.report}, after a callback about another task"
