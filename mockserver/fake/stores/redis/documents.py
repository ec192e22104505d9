"""Documents in Redis: a hash for each kind, and their order beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from mockserver.fake.stores import codec
from mockserver.fake.stores.memory.documents import Documents as Replayed
from mockserver.fake.stores.redis.answers import Papers
from mockserver.fake.stores.redis.names import Paper, account_mark, raw, written_paper
from mockserver.fake.stores.redis.overlay import ABSENT
from mockserver.fake.stores.redis.turn import Turn
from mockserver.fake.stores.redis.turns import Turns, in_turn
from mockserver.fake.stores.store import SHARED, Kind

V = TypeVar("V")

_CHUNK = 500
"""Documents that are fetched at once when all of a kind are wanted."""


class Documents:
    """Values by kind and key, the oldest first."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns

    @in_turn
    def get(self, kind: Kind[V], key: str) -> V | None:
        """Return a document, if it is there."""
        turn = self.turns.turn
        written: Any = turn.papers.get((kind.name, key), ABSENT)
        if written is not ABSENT:
            return None if written is None else written[0]
        if (kind.name, None) in turn.dropped:
            return None
        paper = self._paper(turn, kind, key)
        if paper is None or (kind.name, paper.account) in turn.dropped:
            return None
        return _value(kind, paper)

    @in_turn
    def put(self, kind: Kind[V], key: str, value: V, account: str | None = None) -> None:
        """Keep a document, in the place of the one with its key."""
        turn = self.turns.turn
        turn.set(turn.papers, (kind.name, key), (value, account))
        _change(turn, kind, ("put", key, value, account))
        data = partial(_written, turn.stamp, kind, key, value, account)
        most, room = "" if kind.most is None else kind.most, "" if kind.room is None else kind.room
        turn.write("D", kind.name, raw(key), data, most, room, int(kind.renews))

    @in_turn
    def drop(self, kind: Kind[V], key: str) -> None:
        """Forget a document, if it is there."""
        turn = self.turns.turn
        turn.set(turn.papers, (kind.name, key), None)
        _change(turn, kind, ("drop", key))
        turn.write("E", kind.name, raw(key))

    @in_turn
    def forget(self, kind: Kind[V], account: str | None = None) -> None:
        """Forget all documents of a kind, or those of one account."""
        turn = self.turns.turn
        for (name, key), written in list(turn.papers.items()):
            if name == kind.name and written is not None and account in (None, written[1]):
                turn.set(turn.papers, (name, key), None)
        turn.set(turn.dropped, (kind.name, account), True)
        _change(turn, kind, ("forget", account))
        turn.write("G", kind.name, account_mark(account))

    @in_turn
    def count(self, kind: Kind[V]) -> int:
        """Count the documents of a kind."""
        turn = self.turns.turn
        if turn.changes.get(kind.name):
            return self._replayed(turn, kind).count(kind)
        if kind.name == SHARED.name:
            return len(turn.shared)
        stamp, number = turn.read(("N", kind.name))
        turn.check("K", kind.name, stamp=stamp)
        return int(number)

    @in_turn
    def first(self, kind: Kind[V]) -> tuple[str, V] | None:
        """Return the oldest document of a kind and its key, without looking at the others. Nothing is checked."""
        turn = self.turns.turn
        changes = turn.changes.get(kind.name, {}).values()
        if kind.renews or kind.name == SHARED.name or any(change != "put" for change, *_ in changes):
            return next(self.oldest(kind), None)
        held: Papers = turn.read(("K", kind.name, "-inf", 1, 0))
        found = {key: _value(kind, paper) for key, paper in held.documents}
        return next(iter((found | {key: value for _, key, value, _ in changes}).items()), None)

    def oldest(self, kind: Kind[V]) -> Iterator[tuple[str, V]]:
        """Yield the documents of a kind with their keys, the oldest first."""
        return self._listed(kind, is_newest=False)

    def newest(self, kind: Kind[V]) -> Iterator[tuple[str, V]]:
        """Yield the documents of a kind with their keys, the newest first."""
        return self._listed(kind, is_newest=True)

    def _listed(self, kind: Kind[V], *, is_newest: bool) -> Iterator[tuple[str, V]]:
        last: bytes | None = None
        while True:
            found, last = self._part(kind, last, is_newest=is_newest)
            yield from found
            if last is None:
                return

    @in_turn
    def _part(
        self, kind: Kind[V], last: bytes | None, *, is_newest: bool
    ) -> tuple[Iterable[tuple[str, V]], bytes | None]:
        """Return the documents after the one with a number, and the number of the last, if any may follow."""
        turn = self.turns.turn
        if turn.changes.get(kind.name):
            replayed = self._replayed(turn, kind)
            return list(replayed.newest(kind) if is_newest else replayed.oldest(kind)), None
        if kind.name == SHARED.name:
            shared = [(key, _value(kind, paper)) for key, paper in turn.shared.items()]
            return shared[::-1] if is_newest else shared, None
        found = self._papers(turn, kind, last, is_newest=is_newest)
        return [(key, _value(kind, paper)) for key, paper in found.documents], found.last

    def _paper(self, turn: Turn, kind: Kind[V], key: str) -> Paper | None:
        if kind.name == SHARED.name:
            return turn.shared.get(key)
        name = raw(key)
        paper: Paper | None = turn.read(("D", kind.name, name))
        turn.check("D", kind.name, name, stamp=paper.stamp if paper else b"")
        return paper

    def _papers(self, turn: Turn, kind: Kind[V], last: bytes | None, *, is_newest: bool) -> Papers:
        first = "+inf" if is_newest else "-inf"
        found: Papers = turn.read(("K", kind.name, b"(" + last if last else first, _CHUNK, int(is_newest)))
        turn.check("K", kind.name, stamp=found.stamp)
        return found

    def _replayed(self, turn: Turn, kind: Kind[V]) -> Replayed:
        """Return all documents of a kind as this turn leaves them."""
        replayed = Replayed()
        for key, paper in self._held(turn, kind):
            replayed.put(kind, key, _value(kind, paper), paper.account)
        for change, *args in turn.changes[kind.name].values():
            getattr(replayed, change)(kind, *args)
        return replayed

    def _held(self, turn: Turn, kind: Kind[V]) -> Iterable[tuple[str, Paper]]:
        if kind.name == SHARED.name:
            return turn.shared.items()
        parts = [found := self._papers(turn, kind, None, is_newest=False)]
        while found.last is not None:
            parts.append(found := self._papers(turn, kind, found.last, is_newest=False))
        return chain.from_iterable(part.documents for part in parts)


def _written(stamp: bytes, kind: Kind[V], key: str, value: V, account: str | None) -> bytes:
    weight = kind.weigh(key, value) if kind.room is not None else 0
    return written_paper(stamp, account, weight, codec.written(kind.write(value)))


def _value(kind: Kind[V], paper: Paper) -> V:
    return kind.read(codec.read(paper.data))


def _change(turn: Turn, kind: Kind[V], change: tuple[Any, ...]) -> None:
    changes = turn.changes.setdefault(kind.name, {})
    turn.set(changes, len(changes), change)
    if kind.name == SHARED.name:
        turn.change_shared()
