"""Ids of tasks, requests, callbacks and uploads. The same seed gives the same ids, and a store never gets one twice."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from mockserver.errors import StoreUnavailable
from mockserver.fake.stores.store import Store

_KLING_FIRST, _KLING_LAST = 10**17, 8 * 10**17
_KLING_STEP = 1_000_000
_SMALL_FIRST, _SMALL_LAST = 10**8, 6 * 10**8
_SMALL_STEP = 100
_THING_FIRST, _THING_LAST = 9 * 10**14, 95 * 10**13
_THING_STEP = 1000
_CHECKED_BY = 997
"""The largest prime of three digits: what is left of a thing's number ends the id of the task that makes it."""
_FREE, _VERSION_4 = ~(0xF000 << 64 | 0xC000 << 48), 0x4000 << 64 | 0x8000 << 48
"""The bits of a UUID that are free, and those that mark it as random (RFC 9562, 5.4)."""

_DIGITS = 18
"""Of the id of a task at Kling. No thing's number has more than 15, so that JavaScript can count it, as it can the
real ones."""

_BLOCK = 1000
"""Ids that are reserved at once: a store may be on another machine. What is left of a block at the end is lost."""

_DECIMAL, _INTEGER, _THING, _UUID = "decimal", "integer", "thing", "uuid"


def maker_of(thing: int) -> str:
    """Return the id of the task that makes a thing."""
    return f"{thing}{thing % _CHECKED_BY:03}"


def made_by(task: str) -> int | None:
    """Return the number of the thing that a task makes; ``None`` for another task."""
    thing = int(task[:-3]) if len(task) == _DIGITS and task.isascii() and task.isdecimal() else 0
    return thing if thing >= _THING_FIRST and maker_of(thing) == task else None


class Ids:
    """A source of ids that never gives one twice."""

    def __init__(self, store: Store, seed: int | None = None) -> None:
        self._store, self._seed = store, seed
        chance = Random(seed)
        self._decimals = _Steps(self, _DECIMAL, chance.randrange(_KLING_FIRST, _KLING_LAST), _KLING_STEP)
        self._integers = _Steps(self, _INTEGER, chance.randrange(_SMALL_FIRST, _SMALL_LAST), _SMALL_STEP)
        self._things = _Steps(self, _THING, chance.randrange(_THING_FIRST, _THING_LAST), _THING_STEP)
        self._uuids = Random()
        self._uuids_left = self._lapses = 0

    def pass_by(self, id: int) -> None:
        """Give only ids above one that is taken already."""
        if (thing := made_by(str(id))) is not None:
            self._things.pass_by(thing)
        elif id >= _KLING_FIRST:
            self._decimals.pass_by(id)
        elif id >= _SMALL_FIRST:
            self._integers.pass_by(id)

    def reached(self) -> dict[str, int]:
        """Return how far the numbers have come of which ids are made."""
        numbers = (self._decimals, self._integers, self._things)
        steps = {each.name: self._store.reserve(each.name, 0, each.start) for each in numbers}
        return {**steps, _UUID: self._store.reserve(_UUID, 0, 0)}

    def go_on_from(self, reached: Mapping[str, int]) -> None:
        """Give only ids that come after what another source has reached."""
        for name, number in reached.items():
            self._store.reserve_up_to(name, number - 1)
        self._uuids_left = 0

    def decimal(self) -> str:
        """Return an id of eighteen digits, as text: the form of Kling's task ids."""
        return str(self._decimals.next())

    def maker(self) -> str:
        """Return the id of a task that makes a thing, such as an element: the form of Kling's, and another range."""
        return maker_of(self._things.next())

    def integer(self) -> int:
        """Return an id of nine digits: the form of useapi's."""
        return self._integers.next()

    def uuid(self) -> str:
        """Return a UUID (version 4): the form of request ids."""
        if not self._uuids_left or self._lapses != self._store.lapses:
            try:
                self._uuids = self.chance(_UUID, self._store.reserve(_UUID, _BLOCK, 0))
            except StoreUnavailable:
                self._uuids = Random()  # the refusal that says so has an id, too
            self._uuids_left, self._lapses = _BLOCK, self._store.lapses
        self._uuids_left -= 1
        digits = (self._uuids.getrandbits(128) & _FREE | _VERSION_4).to_bytes(16).hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def chance(self, name: str, number: int) -> Random:
        """Return what decides about a block of ids: with a seed the same for the same block."""
        return Random(None if self._seed is None else f"{self._seed} {name} {number}")

    @property
    def lapses(self) -> int:
        """Another number whenever what was reserved may not be reserved any more."""
        return self._store.lapses

    def reserve(self, name: str, size: int, start: int) -> int:
        """Reserve numbers in the store."""
        return self._store.reserve(name, size, start)

    def reserve_up_to(self, name: str, number: int) -> None:
        """Pass by numbers in the store."""
        self._store.reserve_up_to(name, number)


class _Steps:
    """Numbers that grow by chance: of each ``step`` numbers one is given."""

    def __init__(self, ids: Ids, name: str, start: int, step: int) -> None:
        self._ids, self.name, self.start, self._step = ids, name, start, step
        self._next = self._end = self._lapses = 0
        self._chance = Random()

    def next(self) -> int:
        if self._next >= self._end or self._lapses != self._ids.lapses:
            size = _BLOCK * self._step
            self._next = self._ids.reserve(self.name, size, self.start)
            self._end, self._lapses = self._next + size, self._ids.lapses
            self._chance = self._ids.chance(self.name, self._next)
        number = self._next + self._chance.randrange(self._step)
        self._next += self._step
        return number

    def pass_by(self, number: int) -> None:
        self._ids.reserve_up_to(self.name, number)
        if self._next <= number:
            self._end = 0
