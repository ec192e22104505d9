"""The journal in Redis: a stream, a mark for how far of it each account has cleared, and what was cleared and kept."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract.differences import Difference
from mockserver.contract.validation import Violation
from mockserver.fake.journal import Entry, cut
from mockserver.fake.stores.redis.answers import Counts, Entries
from mockserver.fake.stores.redis.names import account_mark
from mockserver.fake.stores.redis.turn import Turn
from mockserver.fake.stores.redis.turns import Turns, in_turn
from mockserver.types import Millis, Request, Response

_CHUNK = 500
"""Exchanges that are fetched at once when all are wanted: about a megabyte."""


class Journal:
    """The last exchanges, bounded in number and in bytes."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns

    @in_turn
    def __len__(self) -> int:
        turn = self.turns.turn
        return self._live(turn) + len(_notes(turn))

    def __iter__(self) -> Iterator[Entry]:
        """Yield the exchanges, the newest first."""
        last: bytes | None = None
        while True:
            entries, last = self._older(last)
            yield from entries
            if last is None:
                return

    @in_turn
    def write(
        self,
        at: Millis,
        service: str,
        operation: str | None,
        account: str | None,
        request: Request,
        response: Response,
        violations: tuple[Violation, ...],
        differences: tuple[Difference, ...] = (),
    ) -> Entry:
        """Record an exchange; the oldest go when there is no more room. Its number is 0 until the turn has ended."""
        turn = self.turns.turn
        entry = Entry(0, at, service, operation, account, *cut(request, response, violations), differences)
        turn.set(turn.notes, len(turn.notes), (entry, len(turn.clears)))
        turn.note(entry)
        return entry

    @in_turn
    def clear(self, account: str | None = None) -> None:
        """Forget the exchanges, or those of one account; the numbers go on."""
        turn = self.turns.turn
        turn.set(turn.clears, len(turn.clears), (account, "keeps" in turn.marks))
        turn.write("C", account_mark(account))

    @in_turn
    def keep_cleared(self) -> None:
        """From now on, keep what is cleared instead of forgetting it."""
        turn = self.turns.turn
        turn.set(turn.marks, "keeps", value=True)
        turn.write("K")

    @property
    @in_turn
    def version(self) -> int:
        """Another number whenever something has changed."""
        turn, counts = self.turns.turn, self._counts()
        return counts.of(b"number") + counts.of(b"cleared") + len(turn.notes) + len(turn.clears)

    @property
    @in_turn
    def forgotten(self) -> int:
        """How many exchanges were recorded and cannot be had any more: cleared, or gone for want of room."""
        turn, counts = self.turns.turn, self._counts()
        kept = len(self.cleared) if turn.clears else counts.of(b"kept")
        return counts.of(b"number") + len(turn.notes) - kept - len(self)

    @property
    @in_turn
    def cleared(self) -> list[Entry]:
        """What was cleared and kept, the oldest first."""
        turn = self.turns.turn
        found = self._all(turn, "C", "-")
        if turn.clears:
            keeps = bool(self._counts().of(b"keeps"))
            held = [(entry, 0) for entry in self._all(turn, "J", "+")[::-1]]
            cleared = [(_clear_of(turn, *each), each[0]) for each in [*held, *turn.notes.values()]]
            for index, (_, is_kept) in turn.clears.items():
                found += [entry for clear, entry in cleared if clear == index and (keeps or is_kept)]
        return found

    @in_turn
    def _counts(self) -> Counts:
        found: Counts = self.turns.turn.read(("M",))
        return found

    @in_turn
    def _older(self, last: bytes | None) -> tuple[list[Entry], bytes | None]:
        """Return some exchanges, and the number of the last; the first are those of this turn."""
        turn = self.turns.turn
        fresh = [] if last is not None else _notes(turn)[::-1]
        found: Entries = turn.read(("J", b"(" + last if last is not None else "+", _CHUNK))
        return fresh + [entry for entry in found.entries if _clear_of(turn, entry, 0) is None], found.last

    def _all(self, turn: Turn, letter: str, first: str) -> list[Entry]:
        """Return the exchanges before this turn: those that are there, or those that were cleared and kept."""
        found: Entries = turn.read((letter, first, _CHUNK))
        entries = list(found.entries)
        while found.last is not None:
            found = turn.read((letter, b"(" + found.last, _CHUNK))
            entries += found.entries
        return entries

    def _live(self, turn: Turn) -> int:
        """Count what was there before this turn, and still is."""
        accounts = {account for account, _ in turn.clears.values()}
        if None in accounts:
            return 0
        cleared: int = sum(turn.read_all([("B", account_mark(account)) for account in accounts]))
        return self._counts().of(b"live") - cleared


def _notes(turn: Turn) -> list[Entry]:
    """Return what was recorded in this turn, and not cleared again."""
    return [entry for entry, since in turn.notes.values() if _clear_of(turn, entry, since) is None]


def _clear_of(turn: Turn, entry: Entry, since: int) -> int | None:
    """Return the number of what has cleared an exchange in this turn, not before the one numbered ``since``."""
    numbers = range(since, len(turn.clears))
    return next((number for number in numbers if turn.clears[number][0] in (None, entry.account)), None)
