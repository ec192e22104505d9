"""What a client makes of callbacks."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.kit.checks import Family
from mockserver.kit.client.evidence import Act
from mockserver.kit.client.scenarios import FORGED

CALLBACKS = Family[Act, str]("callbacks")

_ALL = ("called-back", "called-back-twice", "called-back-late", "called-back-out-of-order")


@CALLBACKS.check(*_ALL, why="Callbacks come at least once, late, and in any order.", source="kling 3, 9.1")
def callbacks_lead_to_the_end(act: Act) -> Iterator[str]:
    """Doubled, late or out of order: the task's end is found, and told once."""
    if act.outcome != "succeed":
        yield f"outcome {act.told}"


@CALLBACKS.check(
    "called-back",
    why="A client that is called back has no need to ask.",
    source="clients in the wild",
    severity="warning",
)
def callbacks_spare_polls(act: Act) -> Iterator[str]:
    """Where it is called back, it polls no more than once to make sure."""
    polls = len(act.transcript.of("get"))
    if polls > 3:
        yield f"{polls} polls"


@CALLBACKS.check("called-by-a-stranger", why="Anybody who knows the address can call it.", source="kling 3")
def a_stranger_is_not_believed(act: Act) -> Iterator[str]:
    """A callback that the service did not send, unsigned and with a result of its own, does not end the job."""
    if FORGED in act.answer.get("urls", []):
        yield f"{FORGED}, which only a stranger's callback spoke of"
    elif act.outcome != "succeed":
        yield f"outcome {act.told}"
