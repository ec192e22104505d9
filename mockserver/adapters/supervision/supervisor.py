"""The supervisor of ``--workers N``: a parent process that binds the port, and N workers that it forks to share it.

uvicorn has ``Multiprocess``. It looks after its workers twice a second, takes SIGHUP for a restart, has no word for
"all are ready", lets workers outlive a parent that is killed, and starts an interpreter anew for each worker. Here each
worker is forked from a parent that has imported and compiled everything: it starts in milliseconds, and what is never
written to is in memory once. That is safe because the parent has no thread and no event loop.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice

from mockserver.adapters.supervision.handover import hand_over
from mockserver.adapters.supervision.process import KILL_SECONDS, SIGNALS, Process, Work, forked
from mockserver.errors import BadSetting, MockserverError

_FIRST_PAUSE_SECONDS, _LAST_PAUSE_SECONDS = 0.1, 10.0
"""Before a worker that failed early is started once more, doubled each time: a restart loop must not fill the log."""

_CALM_SECONDS = 1.0
"""A worker that lived for so long did not fail early: it is replaced at once."""

_ACCEPTED_AT_ONCE = 64
"""Connections that are handed over before a look at anything else."""

_KEPT_SECONDS = 0.02
"""After so long a connection that nobody could take is offered again: one stops, and the next is just starting."""


class WorkerFailed(MockserverError):
    """A worker that could not start."""


@dataclass(slots=True)
class _Place:
    """The place of a worker; without a ``process``, one will be started when it is ``due``."""

    number: int
    process: Process | None = None
    due: float = 0.0
    pause: float = 0.0  # in seconds, before the process was started


class Supervisor:
    """Keeps ``count`` workers running until a signal."""

    def __init__(
        self, count: int, listener: socket.socket, work: Work, ready: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        """``ready`` is called once all workers answer, and ``say`` with one line about a worker that has ended.

        Raises ``BadSetting`` on a system that cannot fork.
        """
        if not hasattr(os, "fork"):
            raise BadSetting("--workers", f"this system ({sys.platform}) has no fork. Leave the option out.")
        self._places = [_Place(number) for number in range(1, count + 1)]
        self._turns = cycle(self._places)
        self._listener, self._work, self._ready, self._say = listener, work, ready, say
        self._selector = selectors.DefaultSelector()
        self._is_ready = self._is_accepting = False
        self._kept: socket.socket | None = None  # a connection that nobody could take so far
        self._signals: list[int] = []

    def run(self) -> int:
        """Start the workers, replace who dies, and return the exit status. Raises ``WorkerFailed``."""
        self._listener.setblocking(False)
        gc.collect()
        gc.freeze()  # or the first search for garbage in a worker would write to, and so copy, all that is shared
        with self._woken_by_signals(), self._selector:
            try:
                while True:
                    self._start_what_is_due()
                    ended = self._ended(self._pause())
                    if self._signals:
                        return self._drain()
                    for place, process in ended:
                        self._replace(place, process)
                    self._tell_once()
                    self._watch_the_port()
            finally:
                for process in self._running():
                    process.kill()

    @contextmanager
    def _woken_by_signals(self) -> Iterator[None]:
        """Note signals, and let them end a wait. What nohup or a shell lets us ignore stays ignored."""
        readable, writable = socket.socketpair()
        with readable, writable:
            writable.setblocking(False)
            self._selector.register(readable, selectors.EVENT_READ)
            woken = signal.set_wakeup_fd(writable.fileno(), warn_on_full_buffer=False)
            handled = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
            before = [signal.signal(number, lambda found, _: self._signals.append(found)) for number in handled]
            try:
                yield
            finally:
                for number, handler in zip(handled, before, strict=True):
                    signal.signal(number, handler)
                signal.set_wakeup_fd(woken)

    def _start_what_is_due(self) -> None:
        for place in self._places:
            if place.process is None and place.due <= time.monotonic():
                place.process = forked(place.number, self._work, self._let_go)
                self._selector.register(place.process.channel, selectors.EVENT_READ, place)

    def _let_go(self) -> None:
        """Close what is the parent's, in a worker: an end of a channel there would hide that the parent is gone."""
        self._listener.close()
        for process in self._running():
            process.let_go()
        self._selector.close()

    def _running(self) -> list[Process]:
        return [place.process for place in self._places if place.process is not None]

    def _pause(self) -> float | None:
        """Return the seconds until something has to be tried; ``None`` if it is not known yet what will have to."""
        now = time.monotonic()
        rests = [max(place.due - now, 0.0) for place in self._places if place.process is None]
        if self._kept is not None:
            rests.append(_KEPT_SECONDS)
        return min(rests, default=None)

    def _ended(self, seconds: float | None) -> list[tuple[_Place, Process]]:
        """Wait for a connection, a word of a worker, or a signal; return the processes that have ended."""
        found = []
        for key, _ in self._selector.select(seconds):
            place: _Place | None = key.data
            if key.fileobj is self._listener:
                self._accept()
            elif place is None or place.process is None:
                os.read(key.fd, 4096)  # a signal
            else:
                place.process.listen()
                if place.process.end:
                    self._selector.unregister(key.fileobj)
                    found.append((place, place.process))
                    place.process = None
        return found

    def _replace(self, place: _Place, ended: Process) -> None:
        """Say how a worker ended, and plan another one. Raises ``WorkerFailed`` before all have answered once."""
        what = f"worker {place.number} {ended.fate}"
        if not self._is_ready:
            hint = "If no reason is above, the system's log has it."
            raise WorkerFailed(ended.reason or f"{what} before it answered. {hint}")
        now = time.monotonic()
        failed_early = not ended.is_ready or now - ended.began < _CALM_SECONDS
        again = min(max(2 * place.pause, _FIRST_PAUSE_SECONDS), _LAST_PAUSE_SECONDS)
        place.pause = again if failed_early else 0.0
        place.due = now + place.pause
        then = f"in {place.pause:g} s" if place.pause else "now"
        self._say(f"{what}. Another one starts {then}.")

    def _tell_once(self) -> None:
        if not self._is_ready and all(place.process and place.process.is_ready for place in self._places):
            self._is_ready = True
            self._ready()

    def _watch_the_port(self) -> None:
        """Let connections wait in the kernel's queue while there is nobody to take them."""
        if self._kept is not None and self._is_handed_over(self._kept):
            self._kept = None
        is_wanted = self._kept is None and any(process.is_ready for process in self._running())
        if is_wanted and not self._is_accepting:
            self._selector.register(self._listener, selectors.EVENT_READ)
        elif self._is_accepting and not is_wanted:
            self._selector.unregister(self._listener)
        self._is_accepting = is_wanted

    def _accept(self) -> None:
        """Hand over the connections that wait."""
        with suppress(OSError):  # none waits any more, or whoever waited has left
            for _ in range(_ACCEPTED_AT_ONCE):
                connection, _address = self._listener.accept()
                if not self._is_handed_over(connection):
                    self._kept = connection
                    return

    def _is_handed_over(self, connection: socket.socket) -> bool:
        """Hand a connection to the worker whose turn it is; to the next one if that has stopped, or lags behind."""
        turns = islice(self._turns, len(self._places))
        doors = (turn.process.door for turn in turns if turn.process and turn.process.is_ready)
        if any(hand_over(connection, door) for door in doors):
            connection.close()
            return True
        return False

    def _drain(self) -> int:
        """Let all workers stop, and return the exit status. A second Ctrl-C ends them at once."""
        if self._is_accepting:
            self._accept()
            self._selector.unregister(self._listener)
        self._listener.close()
        for process in self._running():
            process.stop()
        last = time.monotonic() + KILL_SECONDS
        while running := self._running():
            if signal.SIGINT in self._signals[1:]:
                return 128 + signal.SIGINT
            if time.monotonic() > last:
                self._say(f"{len(running)} of the workers did not stop within {KILL_SECONDS:g} s and are killed.")
                return 1
            self._ended(max(last - time.monotonic(), 0.0))
        return 0
