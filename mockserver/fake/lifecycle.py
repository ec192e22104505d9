"""The life of a task: a plan made when it is created, and a state that is computed from it.

A timeline lists the states with the milliseconds after creation at which each begins. Asking for the state writes
nothing. Forcing a state, or a pace that counts queries, replaces the task by one with another timeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Literal, NamedTuple, get_args

from mockserver.settings import parsed_pace
from mockserver.types import Millis, Reason, value

Status = Literal["submitted", "processing", "succeed", "failed"]
STATUSES: tuple[Status, ...] = get_args(Status)
FINAL: frozenset[Status] = frozenset({"succeed", "failed"})

Timeline = tuple[tuple[Millis, Status], ...]


class State(NamedTuple):
    """What a task is at a moment, and since when."""

    status: Status
    updated_at: Millis


class Source(NamedTuple):
    """The film that a task works on: its id and URL, its length in seconds, its sides in pixels, its frame rate."""

    id: str
    url: str
    seconds: int
    width: int
    height: int
    rate: int


@value
class Task:
    """One task, never changed.

    * ``operation``: the id of the operation that created it
    * ``base_url``: the origin of its result URLs
    * ``document``: its payload as JSON, with long texts cut
    * ``reason``: why it fails, if its timeline ends so
    * ``looks``: under a pace that counts queries, how many each step takes; otherwise 0
    * ``source``: the film that it works on, where that decides about the result
    * ``deleted_at``: since when what it made is gone, if that is no file and its account has deleted it
    * ``cause``: what made it another task than the service would have made
    """

    id: str
    operation: str
    account: str
    base_url: str
    created_at: Millis
    timeline: Timeline
    document: bytes
    slots: int
    model: str = ""
    external_id: str | None = None
    callback_url: str | None = None
    reason: str | None = None
    ratio: str | None = None
    looks: int = 0
    source: Source | None = None
    deleted_at: Millis | None = None
    cause: Reason | None = None

    def state(self, now: Millis) -> State:
        """Return the state at a moment."""
        age = now - self.created_at
        since, status = self.timeline[0]
        for start, following in self.timeline[1:]:
            if start > age:
                break
            since, status = start, following
        return State(status, self.created_at + since)

    def is_final(self, now: Millis) -> bool:
        """Whether nothing more happens to it."""
        age = now - self.created_at
        for start, status in reversed(self.timeline):  # mostly it is over, and the last state says so
            if start <= age:
                return status in FINAL
        return self.timeline[0][1] in FINAL

    def forced(self, status: Status, now: Millis, reason: str | None = None) -> Task:
        """Return the task as it is when it enters a state now and stays there; what was planned is forgotten.

        One that is in that state already has been so since it entered it.
        """
        age = max(now - self.created_at, 0)
        timeline = tuple(step for step in self.timeline if step[0] <= age)
        if timeline[-1][1] != status:
            timeline = (*(step for step in timeline if step != (age, status)), (age, status))
        failure = reason or self.reason or "Forced to fail" if status == "failed" else self.reason
        return replace(self, timeline=timeline, reason=failure)


@value
class Pace:
    """How fast tasks run: ``real``, ``fast``, ``instant``, or ``polls:N``, one step for each N queries."""

    name: str
    looks: int = 0

    @classmethod
    def parse(cls, text: str) -> Pace:
        """Read the option. Raises ``BadSetting``."""
        return cls(*parsed_pace(text))

    def timeline(self, seconds: Mapping[str, float], end: Status = "succeed") -> Timeline:
        """Plan a task; ``seconds`` is how long its operation takes, by pace. It waits for a quarter of that.

        One that really takes no time is over at once, at any pace.
        """
        if seconds.get("real") == 0:
            return _timeline(0, end)
        if self.looks:
            return ((0, "submitted"),)
        total = 0 if self.name == "instant" else round(seconds[self.name] * 1000)
        return _timeline(total, end)


@cache
def _timeline(total: Millis, end: Status) -> Timeline:
    """Return the one timeline that all tasks of a length and an end share."""
    return ((0, "submitted"), (total // 4, "processing"), (total, end))


def following(task: Task) -> Status:
    """Return the next state of a task whose pace counts queries."""
    last = task.timeline[-1][1]
    if last == "submitted":
        return "processing"
    return "failed" if task.reason else "succeed"
