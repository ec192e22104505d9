"""Lanes: testees and fakes that play side by side. A client waits most of its time, so two take half as long as one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from queue import PriorityQueue
from threading import Lock
from typing import TypeVar

from mockserver.kit.client.player import Connection
from mockserver.kit.threads import side_by_side

T = TypeVar("T")

_NOTHING = object()

_LOOK_SECONDS = 0.02
"""How often to look whether all who play have noticed that it is over."""


class Lanes:
    """Some connections. Who plays takes the first that is free, so what is played alone is always on the same."""

    def __init__(self, connections: Sequence[Connection]) -> None:
        self._connections = connections
        self._free = PriorityQueue[int]()
        for number in range(len(connections)):
            self._free.put(number)
        self.is_closed = False
        self._lock, self._working = Lock(), 0

    @contextmanager
    def lane(self) -> Iterator[Connection]:
        """Have a connection for oneself; wait until one is free."""
        number = self._free.get()
        try:
            yield self._connections[number]
        finally:
            self._free.put(number)

    def each(self, play: Callable[[T], object], things: Iterable[T]) -> None:
        """Call ``play`` for each thing, in order, as many at once as there are lanes.

        What one raises ends all, and is raised: the testees are closed, whatever they are just asked.
        """
        supply = iter(things)

        def work() -> None:
            while not self.is_closed:
                with self._lock:
                    thing = next(supply, _NOTHING)
                if thing is _NOTHING:
                    return
                play(thing)  # type: ignore[arg-type] # it is no T only where nothing is left

        if len(self._connections) == 1:
            work()
            return
        try:
            for ended in side_by_side([partial(self._counted, work)] * len(self._connections)):
                ended.result()
        except BaseException:
            self._close()
            raise

    def _counted(self, work: Callable[[], None]) -> None:
        with self._lock:
            self._working += 1
        try:
            work()
        finally:
            with self._lock:
                self._working -= 1

    def _close(self) -> None:
        """Close the testees until nobody asks them any more: one may just have been started again."""
        self.is_closed = True
        while self._working:
            for connection in self._connections:
                connection.testee.close()
            time.sleep(_LOOK_SECONDS)
