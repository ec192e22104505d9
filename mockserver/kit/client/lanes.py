"""Lanes: testees and fakes that play side by side. A client waits most of its time, so two take half as long as one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from queue import PriorityQueue
from typing import TypeVar

from mockserver.kit.client.player import Connection

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
        supply, lock = iter(things), threading.Lock()

        def work() -> None:
            while not self.is_closed:
                with lock:
                    thing = next(supply, _NOTHING)
                if thing is _NOTHING:
                    return
                play(thing)  # type: ignore[arg-type] # it is no T only where nothing is left

        if len(self._connections) == 1:
            work()
            return
        with ThreadPoolExecutor(len(self._connections)) as pool:
            workers = [pool.submit(work) for _ in self._connections]
            try:
                for worker in as_completed(workers):
                    worker.result()
            except BaseException:
                self._close(workers)
                raise

    def _close(self, workers: Sequence[Future[None]]) -> None:
        """Close the testees until nobody asks them any more: one may just have been started again."""
        self.is_closed = True
        while wait(workers, timeout=_LOOK_SECONDS).not_done:
            for connection in self._connections:
                connection.testee.close()
