"""What a store promises.

Everything that may race happens in a *turn*: ``store.run([job, …])`` calls each job, and what a job has read and
written is atomic, whoever else works on the same store. A job does no input or output of its own, and may be called
again when somebody else was faster, so it changes nothing but the store. Outside of a turn a call is a turn of its own.

A store has four parts, each for one form of state: tasks, exchanges, documents, and what is to be done when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from mockserver.contract.validation import Violation
from mockserver.fake.journal import Entry
from mockserver.fake.lifecycle import Task
from mockserver.types import JSON, Millis, Request, Response, value

if TYPE_CHECKING:
    from mockserver.contract.differences import Difference

T = TypeVar("T")
V = TypeVar("V")

Owner = tuple[str, str]
"""A service and an account, which sees only its own tasks."""


class Flight(NamedTuple):
    """How much an account has in flight on one model."""

    tasks: int
    slots: int


@value
class Bounds:
    """How many tasks a store keeps, and about how many bytes they may take; beyond that the oldest that are over go.

    So it is with exchanges and ``exchange_bytes``, of which always the oldest go.
    """

    tasks: int = 20_000
    size: int = 32 << 20
    exchanges: int = 20_000
    exchange_bytes: int = 64 << 20


@value
class Kind(Generic[V]):
    """A kind of document: its name, how it is written as JSON and read again, and how much of it is kept.

    * ``most``: how many; ``room``: how many bytes, by ``weigh``. Beyond that the oldest go.
    * ``renews``: a document that is put again counts as new
    """

    name: str
    write: Callable[[V], JSON]
    read: Callable[[JSON], V]
    most: int | None = None
    room: int | None = None
    weigh: Callable[[str, V], int] = lambda key, _: 100 + len(key)
    renews: bool = False


def as_it_is(value: JSON) -> JSON:
    """Write or read what is JSON already."""
    return value


SHARED: Kind[JSON] = Kind("shared", as_it_is, as_it_is)
"""What all who work on a store have to know before each turn, such as the clock and the faults.

Whenever one of these documents changes, so does ``Store.version``.
"""


class Tasks(Protocol):
    """The tasks, found by either of their ids, listed by account in the order of creation, counted while in flight."""

    @property
    def version(self) -> int:
        """Another number whenever a task was added, changed or removed."""

    @property
    def evicted(self) -> int:
        """How many had to go because there was no more room."""

    def __len__(self) -> int: ...

    def newest(self) -> Iterator[Task]:
        """Yield all tasks, the newest first; those that come while it runs may be missing."""

    def add(self, task: Task, now: Millis, looks: int = 0) -> None:
        """Store a new task, or one that was queried ``looks`` times before; what is over ``now`` may go for it."""

    def replace(self, task: Task) -> None:
        """Put a changed task in the place of the one with its id."""

    def remove(self, task: Task) -> None:
        """Forget a task."""

    def get(self, service: str, id: str, account: str | None = None) -> Task | None:
        """Find a task by its own id; of an account, if one is named."""

    def get_external(self, owner: Owner, external_id: str) -> Task | None:
        """Find a task by the id that its client gave it: of several with one id, the latest."""

    def count(self, owner: Owner, operation: str) -> int:
        """Count an account's tasks of one operation."""

    def page(self, owner: Owner, operation: str, start: int, size: int, *, newest_first: bool) -> list[Task]:
        """Return ``size`` tasks of an account and operation from ``start`` on."""

    def latest(self, owner: Owner) -> Iterator[Task]:
        """Yield an account's tasks over all operations, the newest first; those that come meanwhile may be missing."""

    def in_flight(self, owner: Owner, model: str, now: Millis) -> Flight:
        """Count an account's tasks on one model that are not over."""

    def look(self, task: Task) -> int:
        """Count one more query of a task, and return how many there were."""

    def looks(self, task: Task) -> int:
        """Return how many queries of a task were counted."""

    def forget(self, account: str | None = None) -> Iterator[None]:
        """Forget all tasks, or those of one account: at once they are in no list and take no slot.

        What is left to do is done as the result is iterated, outside of a turn and to its end.
        """


class Journal(Protocol):
    """The last exchanges, bounded in number and in bytes.

    What is cleared is forgotten, unless somebody who judges a client has asked for it: then it goes when there is no
    more room.
    """

    @property
    def version(self) -> int:
        """Another number whenever something has changed."""

    @property
    def forgotten(self) -> int:
        """How many exchanges were recorded and cannot be had any more: cleared, or gone for want of room."""

    @property
    def cleared(self) -> list[Entry]:
        """What was cleared and kept, the oldest first."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Entry]:
        """Yield the exchanges, the newest first."""

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
        """Record an exchange, and return it; the oldest go when there is no more room.

        In a shared store its number is known only after the turn.
        """

    def clear(self, account: str | None = None) -> None:
        """Forget the exchanges, or those of one account; the numbers go on."""

    def keep_cleared(self) -> None:
        """From now on, keep what is cleared instead of forgetting it."""


class Documents(Protocol):
    """Values by kind and key, the oldest first; some belong to an account."""

    def get(self, kind: Kind[V], key: str) -> V | None:
        """Return a document, if it is there."""

    def put(self, kind: Kind[V], key: str, value: V, account: str | None = None) -> None:
        """Keep a document, in the place of the one with its key."""

    def drop(self, kind: Kind[V], key: str) -> None:
        """Forget a document, if it is there."""

    def forget(self, kind: Kind[V], account: str | None = None) -> None:
        """Forget all documents of a kind, or those of one account."""

    def count(self, kind: Kind[V]) -> int:
        """Count the documents of a kind."""

    def first(self, kind: Kind[V]) -> tuple[str, V] | None:
        """Return the oldest document of a kind and its key, without looking at the others.

        It may have to go at the end of the turn, for want of room; and nothing is checked then: others may drop it.
        """

    def oldest(self, kind: Kind[V]) -> Iterator[tuple[str, V]]:
        """Yield the documents of a kind with their keys, the oldest first."""

    def newest(self, kind: Kind[V]) -> Iterator[tuple[str, V]]:
        """Yield the documents of a kind with their keys, the newest first."""


class Schedule(Protocol):
    """What is to be done when, each thing by a key; what is taken to be done is leased to whoever took it.

    A lease ends when the thing is planned again or dropped, or when who holds it has died: then others may take it.
    """

    def __len__(self) -> int:
        """Count what is planned or taken."""

    def plan(self, key: str, due: Millis) -> None:
        """Plan something, in the place of when it was planned before, and whoever had taken it."""

    def drop(self, key: str) -> None:
        """Forget what was planned, if anything."""

    def clear(self) -> None:
        """Forget all that is planned or taken."""

    def take(self, now: Millis, most: int) -> list[str]:
        """Take at most so many things that are due, the earliest first. Not within a turn."""

    def next(self) -> Millis | None:
        """Return when the next thing is due that nobody has taken."""

    def unfinished(self, moment: Millis) -> int:
        """Count what was due by a moment, taken or not."""


class Store(Protocol):
    """The state of a fake, or of several that share it."""

    @property
    def tasks(self) -> Tasks: ...

    @property
    def journal(self) -> Journal: ...

    @property
    def documents(self) -> Documents: ...

    @property
    def schedule(self) -> Schedule: ...

    @property
    def kind(self) -> str:
        """``memory``, or the scheme of the URLs that name one."""

    @property
    def is_shared(self) -> bool:
        """Whether others may work on it, and a turn may wait for them, for a disk or for a network."""

    @property
    def version(self) -> int:
        """Another number whenever a document of the kind ``SHARED`` has changed, also by others; current in a turn."""

    @property
    def lapses(self) -> int:
        """Another number whenever what was reserved may not be any more: a turn was not kept, or a server restarted."""

    def now(self) -> Millis:
        """Return the time of the machine that all who share the store go by. It never goes back."""

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Call each job as one atomic step, and return what they returned once all that they wrote is kept.

        If one raises, nothing of the turn is kept by a shared store. Raises ``StoreUnavailable`` when the state cannot
        be read or kept.
        """

    def reserve(self, name: str, size: int, start: int) -> int:
        """Reserve ``size`` numbers that nobody else gets, and return the first; the very first is ``start``."""

    def reserve_up_to(self, name: str, number: int) -> None:
        """Let nobody get a number up to this one any more."""

    def beat(self) -> None:
        """Say that whoever uses this store is alive, and give free what the dead had taken; about every second."""

    def close(self) -> None:
        """Give back what was taken, and let go of the store."""
