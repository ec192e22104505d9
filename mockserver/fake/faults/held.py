"""What is held: answers and callbacks that wait until somebody releases them, through whichever process.

A callback waits in the store. An answer waits in the process that has the connection of its client; that process says
again and again that it still has it, so that nobody waits for what the dead had.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import Literal

from mockserver.fake.callbacks.delivery import Delivery, as_json, from_json
from mockserver.fake.stores.store import Kind, Store
from mockserver.types import JSON, Millis, value

MOST = 1000
"""How many are held at once: of more, the oldest is released. Each answer is a connection, and a process may usually
have 1024 files open."""

_RENEWED_MILLIS, _ALIVE_MILLIS = 1000, 5000
"""How often a process says that it has the client of an answer, and after how long a silence it has died."""


@value
class Held:
    """One answer or callback that is held.

    * ``task``: the id of the task that it is about, if it is about one
    * ``since``: on the fake's clock
    * ``seen``: when its client was last known to wait, on the machine's clock
    * ``delivery``: what is sent when a callback is released
    """

    number: int
    kind: Literal["answer", "callback"]
    operation: str
    task: str | None
    account: str
    since: Millis
    seen: Millis = 0
    delivery: Delivery | None = None


def _write(held: Held) -> JSON:
    delivery = None if held.delivery is None else as_json(held.delivery)
    return [held.number, held.kind, held.operation, held.task, held.account, held.since, held.seen, delivery]


def _read(written: JSON) -> Held:
    number, kind, operation, task, account, since, seen, sent = written
    delivery = None if sent is None else from_json(sent)
    return Held(number, kind, operation, task, account, since, seen, delivery)


_HELD: Kind[Held] = Kind("held", _write, _read)


class Holding:
    """All that is held, the oldest first. What is called here is called within a turn of the store."""

    def __init__(self, store: Store, send: Callable[[Delivery], None]) -> None:
        """``send`` sends a callback that was released."""
        self._store, self._documents, self._send = store, store.documents, send

    def __iter__(self) -> Iterator[Held]:
        return iter([held for _, held in self._documents.oldest(_HELD) if self._is_there(held)])

    def answer(self, operation: str, task: str | None, account: str, now: Millis) -> int:
        """Hold an answer, and return its number; it may go when it is no longer ``left``."""
        return self._keep(Held(self._number(), "answer", operation, task, account, now, self._store.now()))

    def callbacks(self, operation: str, sent: Iterable[Delivery], now: Millis) -> None:
        """Hold those that are to be held of the callbacks about a task that an operation has created."""
        for each in sent:
            if each.is_held:
                number, task = self._number(), each.task_id
                self._keep(Held(number, "callback", operation, task, each.account, now, delivery=each))

    def left(self, numbers: Collection[int]) -> set[int]:
        """Return those of some answers that are still held; whoever asks still has their clients."""
        left, now = set(), self._store.now()
        for held in [each for _, each in self._documents.oldest(_HELD) if each.number in numbers]:
            left.add(held.number)
            if self._store.is_shared and now - held.seen >= _RENEWED_MILLIS:
                self._put(replace(held, seen=now))
        return left

    def release(self, number: int | None = None, account: str | None = None) -> int:
        """Release what has a number, or all, or what an account has; return how many were released."""
        found = [held for held in self if number in (None, held.number) and account in (None, held.account)]
        for held in found:
            self._release(held)
        return len(found)

    def forget(self, number: int) -> None:
        """Forget an answer, which was sent or whose client has left."""
        self._documents.drop(_HELD, str(number))

    def clear(self, account: str | None = None) -> None:
        """Release all answers, or those of an account, and forget the callbacks."""
        self._documents.forget(_HELD, account)

    def _is_there(self, held: Held) -> bool:
        is_kept_here = held.delivery is not None or not self._store.is_shared
        return is_kept_here or self._store.now() - held.seen < _ALIVE_MILLIS

    def _number(self) -> int:
        return self._store.reserve("held", 1, 1)

    def _keep(self, held: Held) -> int:
        if self._documents.count(_HELD) >= MOST:
            self._release(next(iter(self._documents.oldest(_HELD)))[1])
        self._put(held)
        return held.number

    def _put(self, held: Held) -> None:
        self._documents.put(_HELD, str(held.number), held, held.account)

    def _release(self, held: Held) -> None:
        self.forget(held.number)
        if held.delivery is not None:
            self._send(held.delivery)
