"""What is to be done when, in Redis: a sorted set of what is planned, and one of what is taken, with leases."""

from __future__ import annotations

import uuid

from mockserver.errors import StoreUnavailable
from mockserver.fake.stores.redis.answers import Counts
from mockserver.fake.stores.redis.names import raw, text
from mockserver.fake.stores.redis.turn import Turn
from mockserver.fake.stores.redis.turns import Turns, in_turn
from mockserver.types import Millis

_MOST_LOST = 100
"""Calls without an answer that are kept in mind; the server remembers them for a minute."""


class Schedule:
    """Keys in the order in which they are due."""

    def __init__(self, turns: Turns, worker: str) -> None:
        self.turns = turns
        self._worker = worker
        self._lost: list[str] = []

    @in_turn
    def __len__(self) -> int:
        """Count what is planned or taken."""
        turn = self.turns.turn
        written = sum(due is not None for due in turn.plans.values())
        if turn.marks.get("unplanned"):
            return written
        counts: Counts = turn.read(("M",))
        return written + counts.scheduled - _held(turn)

    @in_turn
    def plan(self, key: str, due: Millis) -> None:
        """Plan something, in the place of when it was planned before, and whoever had taken it."""
        turn = self.turns.turn
        turn.set(turn.plans, key, due)
        turn.write("S", raw(key), due)

    @in_turn
    def drop(self, key: str) -> None:
        """Forget what was planned, if anything."""
        turn = self.turns.turn
        turn.set(turn.plans, key, None)
        turn.write("U", raw(key))

    @in_turn
    def clear(self) -> None:
        """Forget all that is planned or taken."""
        turn = self.turns.turn
        for key in list(turn.plans):
            turn.unset(turn.plans, key)
        turn.set(turn.marks, "unplanned", True)
        turn.write("W")

    def take(self, now: Millis, most: int) -> list[str]:
        """Take at most so many things that are due, the earliest first. Not within a turn."""
        name = uuid.uuid4().hex
        try:
            taken = self.turns.server.run_in_order("take", self._worker, now, most, name, *self._lost)
        except StoreUnavailable:
            # It may be done all the same, and while we live nobody else gets what it took: the next call gives it back.
            self._lost = [*self._lost, name][-_MOST_LOST:]
            raise
        self._lost = []
        return [text(key) for key in taken]

    @in_turn
    def next(self) -> Millis | None:
        """Return when the next thing is due that nobody has taken."""
        turn = self.turns.turn
        due = [due for due in turn.plans.values() if due is not None]
        if not turn.marks.get("unplanned"):
            due += [at for key, at in turn.read(("X", len(turn.plans) + 1)) if key not in turn.plans]
        return min(due, default=None)

    @in_turn
    def unfinished(self, moment: Millis) -> int:
        """Count what was due by a moment, taken or not."""
        turn = self.turns.turn
        written = sum(due is not None and due <= moment for due in turn.plans.values())
        if turn.marks.get("unplanned"):
            return written
        held: int = turn.read(("U", moment))
        return written + held - _held(turn, moment)


def _held(turn: Turn, moment: Millis | None = None) -> int:
    """Count what this turn has planned anew or dropped, and was due by a moment, if that is given."""
    found = turn.read_all([("S", raw(key)) for key in turn.plans])
    return sum(due is not None and (moment is None or due <= moment) for dues in found for due in dues)
