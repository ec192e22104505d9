"""The supervisor of ``--workers N``: a parent process that binds the port, and N workers that it forks to share it.

uvicorn has ``Multiprocess``. It looks after its workers twice a second, takes SIGHUP for a restart, has no word for
"all are ready", lets workers outlive a parent that is killed, and starts an interpreter anew for each worker. Here each
worker is forked from a parent that has imported and compiled everything: it starts in milliseconds, and what is never
written to is in memory once. That is safe because the parent has no thread and no event loop.

The socket is bound once and inherited. With a socket each (``SO_REUSEPORT``), the kernel would deal connections by
chance whoever is busy, and the connections that a dead worker had not yet accepted would be lost with it.

A channel, one pair of sockets for each worker, carries all that there is to say. From a worker: ``+`` once it answers,
or ``-`` and why it cannot. Its end, however it comes, is the end of whoever held it: the parent replaces a worker that
has gone, and a worker whose parent has gone, or wants it to stop, answers what it has begun and ends.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NoReturn

from mockserver.errors import BadSetting, MockserverError, unexpected

DRAIN_SECONDS = 10.0
"""How long the requests of a worker have to end when it stops: slow ones take some, and a container is given 30."""

_KILL_SECONDS = DRAIN_SECONDS + 5.0
"""After so long a worker that was to stop is killed: callbacks are given up and leases returned after the requests."""

_FIRST_PAUSE_SECONDS, _LAST_PAUSE_SECONDS = 0.1, 10.0
"""Before a worker that failed early is started once more, doubled each time: a restart loop must not fill the log."""

_CALM_SECONDS = 1.0
"""A worker that lived for so long did not fail early: it is replaced at once."""

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))

Serve = Callable[[int, socket.socket, Callable[[], None]], None]
"""What a worker does with its number, counted from 1, and the socket. It calls the function once it answers."""


class WorkerFailed(MockserverError):
    """A worker that could not start."""


@dataclass(slots=True)
class _Process:
    """A process that was forked, what it has said, and how it ended."""

    pid: int
    channel: socket.socket
    began: float
    heard: bytes = b""
    end: str = ""

    def listen(self) -> None:
        """Take what it says; if that is nothing more, collect it."""
        said = b""
        with suppress(OSError):  # it has ended with something unread
            said = self.channel.recv(65_536)
        self.heard += said
        if not said:
            self.channel.close()
            status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            self.end = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"

    @property
    def reason(self) -> str:
        """Why it could not start, in its own words."""
        return self.heard[1:].decode() if self.heard[:1] == b"-" else ""


@dataclass(slots=True)
class _Worker:
    """The place of a worker; without a ``process``, one will be started when it is ``due``."""

    number: int
    process: _Process | None = None
    due: float = 0.0
    pause: float = 0.0  # in seconds, before the process was started


class Supervisor:
    """Keeps ``count`` workers running until a signal."""

    def __init__(
        self, count: int, listener: socket.socket, serve: Serve, ready: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        """``ready`` is called once all workers answer, and ``say`` with one line about a worker that has ended.

        Raises ``BadSetting`` on a system that cannot fork.
        """
        if not hasattr(os, "fork"):
            raise BadSetting("--workers", f"this system ({sys.platform}) has no fork. Leave the option out.")
        self._workers = [_Worker(number) for number in range(1, count + 1)]
        self._listener, self._serve, self._ready, self._say = listener, serve, ready, say
        self._selector = selectors.DefaultSelector()
        self._is_ready = False
        self._signals: list[int] = []

    def run(self) -> int:
        """Start the workers, replace who dies, and return the exit status. Raises ``WorkerFailed``."""
        gc.collect()
        gc.freeze()  # or the first search for garbage in a worker would write to, and so copy, all that is shared
        with self._woken_by_signals(), self._selector:
            try:
                while True:
                    self._start_what_is_due()
                    ended = self._ended(self._pause())
                    if self._signals:
                        return self._drain()
                    for worker, process in ended:
                        self._replace(worker, process)
                    self._tell_once()
            finally:
                self._kill()

    @contextmanager
    def _woken_by_signals(self) -> Iterator[None]:
        """Note signals, and let them end a wait. What nohup or a shell lets us ignore stays ignored."""
        readable, writable = socket.socketpair()
        with readable, writable:
            readable.setblocking(False)
            writable.setblocking(False)
            self._selector.register(readable, selectors.EVENT_READ)
            woken = signal.set_wakeup_fd(writable.fileno(), warn_on_full_buffer=False)
            handled = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
            before = [signal.signal(number, lambda found, _: self._signals.append(found)) for number in handled]
            try:
                yield
            finally:
                for number, handler in zip(handled, before, strict=True):
                    signal.signal(number, handler)
                signal.set_wakeup_fd(woken)

    def _start_what_is_due(self) -> None:
        for worker in self._workers:
            if worker.process is None and worker.due <= time.monotonic():
                self._start(worker)

    def _start(self, worker: _Worker) -> None:
        ours, theirs = socket.socketpair()
        # A signal between the fork and the worker's own handling of it would be noted for nobody.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            pid = os.fork()
            if pid == 0:
                ours.close()
                self._become(worker.number, theirs)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        theirs.close()
        worker.process = _Process(pid, ours, time.monotonic())
        self._selector.register(ours, selectors.EVENT_READ, worker)

    def _become(self, number: int, channel: socket.socket) -> NoReturn:
        """Be a worker, in the process that was forked, to its end."""
        status = 1
        try:
            self._let_go_of_the_parent()
            threading.Thread(target=_end_with, args=(channel,), name="parent", daemon=True).start()
            self._serve(number, self._listener, lambda: channel.sendall(b"+"))
            status = 0
        except MockserverError as error:
            with suppress(OSError):
                channel.sendall(b"-" + str(error).encode(errors="replace"))
        except BaseException as error:  # noqa: BLE001 - nothing may go on from here as if it were the parent
            if isinstance(error, Exception):
                unexpected(error, f"worker {number} failed")
        finally:
            os._exit(status)

    def _let_go_of_the_parent(self) -> None:
        """Close its ends of all channels, or workers would not see its death, and handle no signal as it does.

        Ctrl-C reaches a whole terminal. The parent alone decides what that means.
        """
        for process in self._running():
            process.channel.close()
        self._selector.close()
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _pause(self) -> float | None:
        """Return the seconds until a worker is due; ``None`` if all are there."""
        due = [worker.due for worker in self._workers if worker.process is None]
        return max(min(due) - time.monotonic(), 0.0) if due else None

    def _ended(self, pause: float | None) -> list[tuple[_Worker, _Process]]:
        """Wait for a word of a worker, or a signal; return the processes that have ended, and their places."""
        found = []
        for key, _ in self._selector.select(pause):
            worker: _Worker | None = key.data
            if worker is None or worker.process is None:
                os.read(key.fd, 4096)  # a signal
                continue
            worker.process.listen()
            if worker.process.end:
                self._selector.unregister(key.fileobj)
                found.append((worker, worker.process))
                worker.process = None
        return found

    def _replace(self, worker: _Worker, ended: _Process) -> None:
        """Say how a worker ended, and plan another one. Raises ``WorkerFailed`` before all have answered once."""
        what = f"worker {worker.number} (process {ended.pid}) {ended.end}"
        if not self._is_ready:
            raise WorkerFailed(
                ended.reason or f"{what} before it answered. If no reason is above, the system's log has it."
            )
        now = time.monotonic()
        failed_early = ended.heard != b"+" or now - ended.began < _CALM_SECONDS
        again = min(max(2 * worker.pause, _FIRST_PAUSE_SECONDS), _LAST_PAUSE_SECONDS)
        worker.pause = again if failed_early else 0.0
        worker.due = now + worker.pause
        then = f"in {worker.pause:g} s" if worker.pause else "now"
        self._say(f"{what}{ended.reason and ': '}{ended.reason}. Another one is started {then}.")

    def _tell_once(self) -> None:
        if not self._is_ready and all(process.heard for process in self._running()):
            self._is_ready = True
            self._ready()

    def _drain(self) -> int:
        """Let all workers stop, and return the exit status. A second Ctrl-C ends them at once."""
        self._listener.close()
        for process in self._running():
            with suppress(OSError):  # it has just ended
                process.channel.shutdown(socket.SHUT_WR)
        last = time.monotonic() + _KILL_SECONDS
        while running := self._running():
            if signal.SIGINT in self._signals[1:]:
                return 128 + signal.SIGINT
            if time.monotonic() > last:
                self._say(f"{len(running)} of the workers did not stop within {_KILL_SECONDS:g} s. They are killed.")
                return 1
            self._ended(max(last - time.monotonic(), 0.0))
        return 0

    def _running(self) -> list[_Process]:
        return [worker.process for worker in self._workers if worker.process is not None]

    def _kill(self) -> None:
        """Leave no worker behind."""
        for process in self._running():
            os.kill(process.pid, signal.SIGKILL)
            os.waitpid(process.pid, 0)


def _end_with(channel: socket.socket) -> None:
    """End this process as SIGTERM does when the parent says so, or is gone."""
    with suppress(OSError):
        channel.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_KILL_SECONDS)
    os._exit(1)
