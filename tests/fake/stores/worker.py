"""One of several processes at a store: ``python -m tests.fake.stores.worker TASK URL NUMBER``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from mockserver.fake.stores.opening import opened
from mockserver.fake.stores.store import Bounds, Kind, Store
from mockserver.types import JSON, Request, Response
from tests.fake.stores.makers import NOON, task

NOTES: Kind[JSON] = Kind("notes", lambda value: value, lambda value: value)


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def create(store: Store, number: int) -> None:
    """Create tasks with the same external ids as all others do, and say which of them are ours."""
    for index in range(1000):
        store.run([partial(_create, store, f"{number}-{index}", f"order-{index // 10}")])


def _create(store: Store, id: str, external_id: str) -> None:
    if store.tasks.get_external(("kling", "me"), external_id) is None:
        store.tasks.add(task(id, external_id=external_id), NOON)


def reserve(store: Store, number: int) -> None:
    """Reserve numbers, and say which."""
    found = [store.reserve("task", 1 + number, 100) for _ in range(300)]
    say(" ".join(str(first + index) for first in found for index in range(1 + number)))


def take(store: Store, _: int) -> None:
    """Take all that is due, a few at a time, and say what it was."""
    say("ready")
    sys.stdin.readline()
    found: list[str] = []
    while some := store.schedule.take(NOON, 3):
        found += some
    say(" ".join(found))
    sys.stdin.readline()


def write(store: Store, number: int) -> None:
    """Write something in each part in one turn, again and again, and say when it is kept."""
    for index in range(number, number + 100_000):
        store.run([partial(_write, store, index)])
        say(index)


def stop(store: Store, number: int) -> None:
    """Stop in the middle of a turn."""

    def job() -> None:
        _write(store, number)
        say("ready")
        sys.stdin.readline()

    store.run([job])


def _write(store: Store, index: int) -> None:
    store.tasks.add(task(str(index)), NOON)
    store.documents.put(NOTES, str(index), index)
    store.schedule.plan(str(index), index)
    store.journal.write(index, "kling", None, None, Request("GET", f"/{index}"), Response(200), ())


if __name__ == "__main__":
    TASKS: dict[str, Callable[[Store, int], None]] = {
        each.__name__: each for each in (create, reserve, take, write, stop)
    }
    what, url, number = sys.argv[1:]
    TASKS[what](opened(url, Bounds()), int(number))
