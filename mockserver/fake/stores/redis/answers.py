"""What ``read.lua`` answers, read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from typing import Any, NamedTuple

from mockserver.fake.journal import Entry
from mockserver.fake.stores import codec
from mockserver.fake.stores.redis.names import Held, Paper, read_paper, read_task, text
from mockserver.fake.stores.store import Flight
from mockserver.types import Millis

Fetched = dict[tuple[Any, ...], Any]


class Page(NamedTuple):
    """Some tasks of a list, by their keys, and how long that is; with the stamp of whose it is."""

    stamp: bytes
    length: int
    keys: list[bytes]


class Flying(NamedTuple):
    """Tasks in flight by their end: the ends, the slots that are taken until each of them, and the place of each id."""

    stamp: bytes
    ends: list[float]
    slots: list[int]
    places: dict[str, int]

    def at(self, now: Millis) -> Flight:
        """Return how much is in flight at a moment."""
        over = bisect_right(self.ends, now)
        return Flight(len(self.ends) - over, self.slots[-1] - self.slots[over])

    def of(self, id: str, now: Millis) -> Flight:
        """Return how much of that is one task."""
        place = self.places.get(id)
        if place is None or self.ends[place] <= now:
            return Flight(0, 0)
        return Flight(1, self.slots[place + 1] - self.slots[place])


class Papers(NamedTuple):
    """Some documents of a kind with their keys, and the number of the last."""

    stamp: bytes
    documents: list[tuple[str, Paper]]
    last: bytes | None


class Entries(NamedTuple):
    """Some exchanges, and the number of the last that was looked at."""

    last: bytes | None
    entries: list[Entry]


class Counts(NamedTuple):
    """How much there is."""

    tasks: int
    scheduled: int
    meta: dict[bytes, bytes]

    def of(self, field: bytes) -> int:
        """Return one of the counters."""
        return int(self.meta.get(field, 0))


def parsed(fetched: Fetched, read: tuple[Any, ...], answer: Any) -> Any:
    """Return what an answer means; tasks in it count as fetched, too."""
    return _PARSERS[read[0]](fetched, answer)


def _task(fetched: Fetched, answer: Any) -> Held | None:
    if answer is None:
        return None
    key, value, looks = answer
    fetched["T", key] = held = read_task(value)
    fetched["L", key] = int(looks or 0)
    return held


def _named(fetched: Fetched, answer: Any) -> str | None:
    id, task = answer
    _task(fetched, task)
    return None if id is None else text(id)


def _tasks(fetched: Fetched, answers: list[Any]) -> list[bytes]:
    present = [answer for answer in answers if answer is not None]
    for answer in present:
        _task(fetched, answer)
    return [answer[0] for answer in present]


def _page(fetched: Fetched, answer: Any) -> Page:
    stamp, length, tasks = answer
    return Page(stamp or b"", length, _tasks(fetched, tasks))


def _ids(_: Fetched, answer: Any) -> tuple[bytes, list[str]]:
    return answer[0] or b"", [text(id) for id in answer[1]]


def _newest(fetched: Fetched, answer: list[Any]) -> tuple[list[bytes], bytes | None]:
    return _tasks(fetched, answer[::2]), answer[-1] if answer else None


def _latest(fetched: Fetched, answer: Any) -> tuple[bytes, list[bytes], bytes | None]:
    return answer[0] or b"", *_newest(fetched, answer[1])


def _flying(_: Fetched, answer: Any) -> Flying:
    stamp, found = answer
    members = [text(member).split(" ", 1) for member in found[::2]]
    slots = list(accumulate((int(slots) for slots, _ in members), initial=0))
    return Flying(stamp or b"", list(map(float, found[1::2])), slots, {id: i for i, (_, id) in enumerate(members)})


def _papers(_: Fetched, answer: Any) -> Papers:
    stamp, found = answer
    documents = [(text(key), read_paper(data)) for key, data in found[::2]]
    return Papers(stamp or b"", documents, found[-1] if found else None)


def _entries(_: Fetched, answer: Any) -> Entries:
    last, found = answer
    return Entries(last, [codec.read_entry(number, data) for number, data in found])


def _counts(_: Fetched, answer: Any) -> Counts:
    tasks, scheduled, meta = answer
    return Counts(tasks, scheduled, dict(zip(meta[::2], meta[1::2], strict=True)))


_PARSERS: dict[str, Callable[[Fetched, Any], Any]] = {
    "T": _task,
    "E": _named,
    "P": _page,
    "I": _ids,
    "A": _newest,
    "G": _latest,
    "F": _flying,
    "L": lambda _, answer: int(answer or 0),
    "D": lambda _, answer: None if answer is None else read_paper(answer),
    "K": _papers,
    "N": lambda _, answer: (answer[0] or b"", answer[1]),
    "J": _entries,
    "C": _entries,
    "B": lambda _, answer: int(answer or 0),
    "S": lambda _, answer: [None if due is None else int(float(due)) for due in answer],
    "X": lambda _, answer: [(text(k), int(float(due))) for k, due in zip(answer[::2], answer[1::2], strict=True)],
    "U": lambda _, answer: int(answer),
    "M": _counts,
}
