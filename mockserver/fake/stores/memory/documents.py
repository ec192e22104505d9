"""Documents in memory: a dictionary for each kind."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from mockserver.fake.stores.store import SHARED, Kind

V = TypeVar("V")


class Documents:
    """Values by kind and key, the oldest first."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Documents] = {}
        self.version = 0

    def get(self, kind: Kind[V], key: str) -> V | None:
        """Return a document, if it is there."""
        found = self._kinds.get(kind.name)
        held = None if found is None else found.held.get(key)
        return None if held is None else held[0]

    def put(self, kind: Kind[V], key: str, value: V, account: str | None = None) -> None:
        """Keep a document, in the place of the one with its key."""
        self.version += kind is SHARED
        self._kinds.setdefault(kind.name, _Documents()).put(kind, key, value, account)

    def drop(self, kind: Kind[V], key: str) -> None:
        """Forget a document, if it is there."""
        self.version += kind is SHARED
        if (found := self._kinds.get(kind.name)) is not None and key in found.held:
            found.drop(key)

    def forget(self, kind: Kind[V], account: str | None = None) -> None:
        """Forget all documents of a kind, or those of one account."""
        self.version += kind is SHARED
        if account is None:
            self._kinds.pop(kind.name, None)
        elif found := self._kinds.get(kind.name):
            for key in [key for key, (_, owner, _) in found.held.items() if owner == account]:
                found.drop(key)

    def count(self, kind: Kind[V]) -> int:
        """Count the documents of a kind."""
        found = self._kinds.get(kind.name)
        return 0 if found is None else len(found.held)

    def oldest(self, kind: Kind[V]) -> Iterator[tuple[str, V]]:
        """Yield the documents of a kind with their keys, the oldest first."""
        return self._listed(kind, iter)

    def newest(self, kind: Kind[V]) -> Iterator[tuple[str, V]]:
        """Yield the documents of a kind with their keys, the newest first."""
        return self._listed(kind, reversed)

    def _listed(self, kind: Kind[V], order: Callable[[Any], Iterator[Any]]) -> Iterator[tuple[str, V]]:
        found = self._kinds.get(kind.name)
        return iter([] if found is None else [(key, value) for key, (value, _, _) in order(found.held.items())])


class _Documents:
    """The documents of one kind: each with its account and its weight."""

    def __init__(self) -> None:
        self.held: OrderedDict[str, tuple[Any, str | None, int]] = OrderedDict()
        self._weight = 0

    def put(self, kind: Kind[V], key: str, value: V, account: str | None) -> None:
        weight = kind.weigh(key, value) if kind.room is not None else 0
        if key in self.held:
            self._weight -= self.held[key][2]
            if kind.renews:
                self.held.move_to_end(key)
        self.held[key] = value, account, weight
        self._weight += weight
        while (kind.most is not None and len(self.held) > kind.most) or (kind.room or self._weight) < self._weight:
            self.drop(next(iter(self.held)))

    def drop(self, key: str) -> None:
        self._weight -= self.held.pop(key)[2]
