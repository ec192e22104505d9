"""What queries have shown of tasks, as it was written: a client asks many times, and mostly nothing has changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from mockserver.contract.readings import Readings
from mockserver.fake.lifecycle import State, Task

_MOST_BYTES = 16 << 20
"""Room for the records of some ten thousand tasks."""

_ENTRY_BYTES = 400
"""What a record takes besides its letters: it was measured."""

_Seen = tuple[Task, State, Readings]


class Shown:
    """The last record of each task, as JSON; those written the longest ago are forgotten when there is no more room."""

    def __init__(self, size: int = _MOST_BYTES) -> None:
        self._records: OrderedDict[tuple[str, str], tuple[_Seen, bytes]] = OrderedDict()
        self._room = size

    def record(
        self, task: Task, state: State, readings: Readings, write: Callable[[], bytes], *, shows_others: bool = False
    ) -> bytes:
        """Return what ``write`` writes of a task in a state; it is asked again when one of the three differs.

        It is asked each time if it reads anything else that changes, such as other tasks.
        """
        if shows_others:
            return write()
        key, seen = (task.operation, task.id), (task, state, readings)
        found = self._records.get(key)
        if found is not None and found[0] == seen:
            return found[1]
        if found is not None:
            self._forget(key)
        written = write()
        self._records[key] = seen, written
        self._room -= _ENTRY_BYTES + len(written)
        while self._room < 0:
            self._forget(next(iter(self._records)))
        return written

    def _forget(self, key: tuple[str, str]) -> None:
        self._room += _ENTRY_BYTES + len(self._records.pop(key)[1])
