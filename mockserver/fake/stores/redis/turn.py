"""A turn: jobs are called with what was fetched for them, and what they write is kept if that is still so.

A job that reads what has not been fetched is stopped. When all that the jobs of a turn want is known it is fetched at
once, and those that were stopped are called again. Their writes are laid over what was fetched until all have ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, TypeVar

from mockserver.errors import StoreUnavailable
from mockserver.fake.journal import Entry, weight
from mockserver.fake.stores import codec
from mockserver.fake.stores.redis.answers import Flying, parsed
from mockserver.fake.stores.redis.names import Paper, account_mark, read_paper, text
from mockserver.fake.stores.redis.overlay import ABSENT, Overlay
from mockserver.fake.stores.redis.server import Server
from mockserver.fake.stores.store import Bounds
from mockserver.types import Millis

T = TypeVar("T")

Read = tuple[Any, ...]
"""A letter of ``read.lua``, and its arguments."""

_PATIENCE_SECONDS = 10.0
"""So long a turn is tried again while others change what it has read: each time one of them was faster."""

_PATIENT_TRIES = 3
"""So often a turn is tried before others are to let it go first: one with many jobs takes longer than theirs."""

_KEPT, _WAIT = 1, 2
"""The answers to a commit, if nothing has to be read anew."""

_PAUSE_SECONDS = 0.001
"""While somebody else goes first, a commit is asked for again after so long."""

_FIRST_ARG = 12
"""Where what was read begins among the arguments of a commit, as Lua counts."""

UNKNOWN = b"?"
"""No version of what is shared."""

_NAME_LETTERS, _NUMBER_BYTES = 12, 6
"""A stamp names a commit: the first letters of its worker's name, as bytes, and its number."""

_PUTS_BITS = 16
"""A commit may change what is shared more than once, and each time it has another version."""


_NO_GUESSES: Mapping[str, Any] = {}
_FIRST_GUESSES: Mapping[str, Any] = {"E": None}
"""An external id is mostly new. A job that has added a task, because it is, need not wait for that to be read: it is
checked when the turn is kept.
"""

_GUESSES: Mapping[str, Any] = {**_FIRST_GUESSES, "T": None, "D": None, "L": 0, "F": Flying(b"", [], [0], {})}
"""What a job is likely to read. It is called with that only to find out what else it wants to read."""


class Missing(BaseException):  # nobody's ``except Exception`` is meant to catch it
    """A job has read what was not fetched yet."""


@dataclass
class Worker:
    """Who takes turns on a server: its name, the number of its next commit, and what it knows of what is shared."""

    name: str
    server: Server
    bounds: Bounds
    clock: Callable[[], Millis]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    shared_version: bytes = UNKNOWN
    shared: dict[str, Paper] = field(default_factory=dict)


class Turn(Overlay):
    """What was fetched for the jobs of a turn, and what they have written, laid over it.

    ``fetched`` has the answers by what was asked, and ``pages`` says which parts of a list are among them.
    """

    def __init__(self, worker: Worker) -> None:
        self.now = worker.clock()
        self.fetched: dict[Read, Any] = {}
        self.pages: dict[bytes, list[Read]] = {}
        self._worker = worker
        self._wanted: dict[Read, None] = {}
        self._asked: dict[Read, None] = {}
        self._guesses, self._has_guessed = _FIRST_GUESSES, False
        self._is_current = False
        self._begin()

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Call the jobs until what they did is kept."""
        until = time.monotonic() + _PATIENCE_SECONDS
        for tries in count(1):
            results = self._called(jobs)
            if self._keep(goes_first=tries >= _PATIENT_TRIES):
                break
            if time.monotonic() > until:
                raise StoreUnavailable("others change the same things all the time, and were always faster.")
            self.now = self._worker.clock()
            self._begin()
        return results

    def read(self, read: Read) -> Any:
        """Return what was fetched. Raises ``Missing``."""
        found = self.fetched.get(read, ABSENT)
        if found is ABSENT:
            self._wanted[read] = None
            if read[0] in self._guesses:
                self._has_guessed = True
                return self._guesses[read[0]]
            raise Missing
        return found

    def read_all(self, reads: Sequence[Read]) -> list[Any]:
        """Return what was fetched. Raises ``Missing``, and then all of it is fetched at once."""
        missing = [read for read in reads if read not in self.fetched]
        if missing:
            self._wanted |= dict.fromkeys(missing)
            raise Missing
        return [self.fetched[read] for read in reads]

    def check(self, *check: Any, stamp: bytes) -> None:
        """Keep the turn only if something still is as it was read."""
        if check not in self._checks:
            self.set(self._checks, check, stamp)

    def write(self, *write: Any) -> None:
        """Write something when all jobs have ended; what can be called is what returns it, and is called only then."""
        self.writes.extend(write)
        self.set(self.marks, "decides", True)

    def note(self, entry: Entry) -> None:
        """Write an exchange, for which nothing has to be checked."""
        written, weighed = partial(codec.written_entry, entry), partial(weight, entry)
        self.writes.extend(("J", account_mark(entry.account), written, weighed))

    @property
    def stamp(self) -> bytes:
        """What each value begins with that this turn writes."""
        return self._stamp

    @property
    def version(self) -> int:
        """The version of what is shared."""
        self.is_shared_read = True
        changed: int | None = self.marks.get("version")
        return int(self._worker.shared_version or 0) if changed is None else changed

    def change_shared(self) -> None:
        """Give what is shared another version; nobody else has had or will have it."""
        puts = self.marks.get("puts", 0) + 1
        version = (int.from_bytes(self._stamp, "big") << _PUTS_BITS) + puts
        self.set(self.marks, "puts", puts)
        self.set(self.marks, "version", version)
        self.write("V", version)

    @property
    def shared(self) -> dict[str, Paper]:
        """The documents that are shared, the oldest first, without what this turn has written."""
        self.is_shared_read = True
        return self._worker.shared

    def _begin(self) -> None:
        self.clear()
        self._number = next(self._worker.numbers)
        self._stamp = bytes.fromhex(self._worker.name[:_NAME_LETTERS]) + self._number.to_bytes(_NUMBER_BYTES, "big")
        self._checks: dict[Any, bytes] = {}
        self.is_shared_read = False

    def _called(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        results: list[T] = []
        if self._worker.shared_version is UNKNOWN:
            self._fetch()
        while len(results) < len(jobs):
            mark, tasks = self.mark(), len(self.fresh)
            self._has_guessed = False
            try:
                result = jobs[len(results)]()
                if self._has_guessed and len(self.fresh) == tasks:
                    raise Missing
                results.append(result)
            except Missing:
                self.back(mark)
                for job in jobs[len(results) :]:
                    self._scout(job)
                if self._fetch():
                    results = []
                    self._begin()
            except Exception:
                self.back(mark)
                if self._is_right():
                    raise
                results = []  # it went by what is not, or not any more
                self._begin()
        return results

    def _is_right(self) -> bool:
        """Whether what the jobs went by is so."""
        if self._is_current:
            return True
        has_guessed = bool(self._wanted)
        return not (self.is_shared_read or has_guessed) or (not self._fetch() and not has_guessed)

    def _scout(self, call: Callable[[], object]) -> None:
        """Find out what a call wants to read, as far as that does not depend on what it has read."""
        mark = self.mark()
        self._guesses = _GUESSES
        with suppress(Missing, Exception):
            call()
        self._guesses = _NO_GUESSES
        self.back(mark)

    def _fetch(self) -> bool:
        """Fetch all that is wanted, and return whether what is shared has changed."""
        wanted, self._wanted = self._wanted, {}
        args = [arg for read in wanted for arg in read]
        answers = self._worker.server.run("read", self._worker.shared_version, *args)
        self._asked |= wanted
        return self._learn(wanted, answers)

    def _learn(self, reads: Iterable[Read], answers: list[Any]) -> bool:
        """Take in what the server has answered, and return whether what is shared has changed."""
        version, shared, *found = answers
        self._is_current, self._guesses = True, _NO_GUESSES
        for read, answer in zip(reads, found, strict=True):
            self.fetched[read] = parsed(self.fetched, read, answer)
            if read[0] == "P":
                self.pages.setdefault(read[2], []).append(read)
        if shared is None:
            return False
        self._worker.shared_version = version
        self._worker.shared = {text(key): read_paper(data) for key, data in shared[::2]}
        return True

    def _keep(self, *, goes_first: bool) -> bool:
        """Keep what was written, and return whether all was still as it had been read; if not, it is read anew."""
        decides = self.marks.get("decides", False)
        if not self.writes:
            return self._is_current or not self.is_shared_read or not self._fetch()
        worker, bounds = self._worker, self._worker.bounds
        checks = [arg for check, stamp in self._checks.items() for arg in (*check, stamp)] if decides else []
        if self.is_shared_read and (decides or not self._is_current):
            checks += ("V", worker.shared_version)
        writes = [arg() if callable(arg) else arg for arg in self.writes]
        self._asked |= self._wanted
        reads = [arg for read in self._asked for arg in read] if checks else []
        most = bounds.tasks, bounds.size, bounds.exchanges, bounds.exchange_bytes
        first_write = _FIRST_ARG + len(checks)
        head = worker.name, self._number, self._stamp, *most, int(goes_first), worker.shared_version
        args = *head, first_write, first_write + len(writes), *checks, *writes, *reads
        while (answer := worker.server.run("commit", *args)) == _WAIT:
            time.sleep(_PAUSE_SECONDS)
        if answer != _KEPT:
            self.fetched, self.pages, self._wanted = {}, {}, {}
            self._learn(self._asked, answer)
            return False
        if "version" in self.marks:
            worker.shared_version = UNKNOWN
        return True
