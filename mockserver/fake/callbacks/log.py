"""The log of callbacks: the last ones with every attempt, bounded in number and in bytes."""

from __future__ import annotations

from collections.abc import Iterator
from os import urandom

from mockserver.fake.callbacks.delivery import Delivery, as_json, from_json
from mockserver.fake.stores.store import Documents, Kind, as_it_is
from mockserver.types import JSON, Millis


def _weight(_: str, delivery: Delivery) -> int:
    """Return about how many bytes a callback takes; an object without its texts was measured to take 600."""
    weight = 600 + len(delivery.body) + 4 * len(delivery.url)
    for attempt in delivery.attempts:
        weight += 120 + 4 * len(attempt.fault or "")
    return weight


DELIVERIES: Kind[Delivery] = Kind("deliveries", as_json, from_json, most=10_000, room=32 << 20, weigh=_weight)
"""Callbacks that are remembered after they were sent; a load test would otherwise fill the memory. The bytes count,
too: a URL can have thousands of letters, and each attempt a sentence.
"""

_FORGOTTEN: Kind[Millis] = Kind("deliveries-forgotten", as_it_is, as_it_is)
_UNTIL = "until"

_OLDEST: Kind[JSON] = Kind("deliveries-oldest", as_it_is, as_it_is)
"""The id of the oldest callback that was remembered, and when it was due."""

_VERSIONS: Kind[int] = Kind("deliveries-versions", as_it_is, as_it_is, most=64)
"""How often each of those who share a store has changed the log: each for itself, so that none waits for another."""


class CallbackLog:
    """The last callbacks by their ids."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._name = urandom(8).hex()

    def __len__(self) -> int:
        return self._documents.count(DELIVERIES)

    @property
    def version(self) -> int:
        """Another number whenever somebody has said that the log was ``changed``."""
        return sum(count for _, count in self._documents.oldest(_VERSIONS))

    def changed(self) -> None:
        """Say that the log is not what it was."""
        count = self._documents.get(_VERSIONS, self._name) or 0
        self._documents.put(_VERSIONS, self._name, count + 1)

    def oldest(self) -> Iterator[Delivery]:
        """Yield the callbacks, the oldest first."""
        return (delivery for _, delivery in self._documents.oldest(DELIVERIES))

    def newest(self) -> Iterator[Delivery]:
        """Yield the callbacks, the newest first."""
        return (delivery for _, delivery in self._documents.newest(DELIVERIES))

    def get(self, id: str) -> Delivery | None:
        """Find a callback."""
        return self._documents.get(DELIVERIES, id)

    def keep(self, delivery: Delivery) -> None:
        """Note a callback, or what became of it since; the oldest go when there is no more room."""
        self._documents.put(DELIVERIES, delivery.id, delivery, delivery.account)

    def clear(self, account: str | None) -> None:
        """Forget the callbacks of all accounts, or of one."""
        self._documents.forget(DELIVERIES, account)
        self._note_first()

    @property
    def forgotten_until(self) -> Millis:
        """When the newest of those that had to go was due."""
        found, first = self._documents.get(_FORGOTTEN, _UNTIL), self._documents.get(_OLDEST, _OLDEST.name)
        until = -1 if found is None else found
        left = self._first
        if first is not None and (left is None or left.id != first[0]):
            until = max(until, first[1], -1 if left is None else left.due)
        return until

    def forget_until(self, moment: Millis) -> None:
        """Say that callbacks that were due until a moment may have had to go."""
        if moment > (self._documents.get(_FORGOTTEN, _UNTIL) or -1):
            self._documents.put(_FORGOTTEN, _UNTIL, moment)

    def note_what_went(self) -> None:
        """Say that callbacks had to go, if the one that was the oldest did, also at the end of an earlier turn."""
        self.forget_until(self.forgotten_until)
        self._note_first()

    @property
    def _first(self) -> Delivery | None:
        found = self._documents.first(DELIVERIES)
        return None if found is None else found[1]

    def _note_first(self) -> None:
        first = self._first
        if first is None:
            self._documents.drop(_OLDEST, _OLDEST.name)
        elif self._documents.get(_OLDEST, _OLDEST.name) != (noted := [first.id, first.due]):
            self._documents.put(_OLDEST, _OLDEST.name, noted)
