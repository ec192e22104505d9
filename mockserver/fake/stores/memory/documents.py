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
        found = self._kinds.get(kind.name)
        if found is None:
            found = self._kinds[kind.name] = _Documents()
        found.put(kind, key, value, account)

    def drop(self, kind: Kind[V], key: str) -> None:
        """Forget a document, if it is there."""
        self.version += kind is SHARED
        if (found := self._kinds.get(kind.name)) is not None and key in found.held:
            found.drop(key)

    def forget(self, kind: Kind[V], account: str | None = None) -> None:
        """Forget all documents of a kind, or those of one account, which takes as long as it has many."""
        self.version += kind is SHARED
        if account is None:
            self._kinds.pop(kind.name, None)
        elif found := self._kinds.get(kind.name):
            for key in list(found.owned.get(account, ())):
                found.drop(key)

    def count(self, kind: Kind[V]) -> int:
        """Count the documents of a kind."""
        found = self._kinds.get(kind.name)
        return 0 if found is None else len(found.held)

    def first(self, kind: Kind[V]) -> tuple[str, V] | None:
        """Return the oldest document of a kind and its key."""
        return next(self.oldest(kind), None)

    def oldest(self, kind: Kind[V]) -> Iterator[tuple[str, V]]:
        """Yield the documents of a kind with their keys, the oldest first."""
        return self._listed(kind, iter)

    def newest(self, kind: Kind[V]) -> Iterator[tuple[str, V]]:
        """Yield the documents of a kind with their keys, the newest first."""
        return self._listed(kind, reversed)

    def _listed(self, kind: Kind[V], order: Callable[[Any], Iterator[Any]]) -> Iterator[tuple[str, V]]:
        found = self._kinds.get(kind.name)
        if found is None or (first := next(order(found.held), None)) is None:
            return
        yield first, found.held[first][0]  # mostly all that is wanted; a copy of all the rest would be for nothing
        for key, (value, _, _) in list(order(found.held.items())):
            if key != first:
                yield key, value


class _Documents:
    """The documents of one kind: each with its account and its weight."""

    def __init__(self) -> None:
        self.held: OrderedDict[str, tuple[Any, str | None, int]] = OrderedDict()
        self.owned: dict[str, dict[str, None]] = {}
        self._weight = 0

    def put(self, kind: Kind[V], key: str, value: V, account: str | None) -> None:
        weight = 0 if kind.room is None else kind.weigh(key, value)
        before = self.held.get(key)
        if before is not None:
            self._weight -= before[2]
            if kind.renews:
                self.held.move_to_end(key)
        if before is None or before[1] != account:
            self._own(key, None if before is None else before[1], account)
        self.held[key] = value, account, weight
        self._weight += weight
        if kind.most is not None or kind.room is not None:
            while len(self.held) > (kind.most or len(self.held)) or self._weight > (kind.room or self._weight):
                self.drop(next(iter(self.held)))

    def drop(self, key: str) -> None:
        _, account, weight = self.held.pop(key)
        self._weight -= weight
        self._own(key, account, None)

    def _own(self, key: str, before: str | None, account: str | None) -> None:
        """Note whose a document is; ``before`` it was perhaps somebody else's."""
        if before is not None:
            own = self.owned[before]
            del own[key]
            if not own:
                del self.owned[before]
        if account is not None:
            self.owned.setdefault(account, {})[key] = None
