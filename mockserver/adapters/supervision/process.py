"""The process of a worker: how it is forked, what it tells its parent, and how it ends.

Two pairs of sockets lead to it. Through the door it gets connections (``handover``). Over the channel it says ``+``
once it answers, or ``-`` and why it cannot. Nothing else is said there, but its end, however it comes, is the end of
whoever held it: the parent sees it when a worker is killed, and a worker when its parent is. Then, and when the parent
closes the channel because it stops, a worker answers what has begun and ends.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from mockserver.adapters.supervision.handover import DRAIN_SECONDS
from mockserver.errors import MockserverError, unexpected

KILL_SECONDS = DRAIN_SECONDS + 5.0
"""After so long a worker that was to stop is killed: callbacks are given up and leases returned after the requests."""

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What stops a server. Ctrl-C reaches a whole terminal, so workers leave it to the parent what that means."""

Work = Callable[[int, socket.socket, Callable[[], None]], None]
"""What a worker does, with its number, counted from 1, and its door. It calls the function once it answers."""


@dataclass(slots=True)
class Process:
    """A process that was forked, what it has said, and how it ended."""

    pid: int
    channel: socket.socket
    door: socket.socket
    began: float
    heard: bytes = b""
    end: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether it answers."""
        return self.heard == b"+"

    @property
    def reason(self) -> str:
        """Why it could not start, in its own words; nothing if it has not said so."""
        return self.heard[1:].decode() if self.heard[:1] == b"-" else ""

    @property
    def fate(self) -> str:
        """What has become of it."""
        what = f"could not start ({self.reason.rstrip('.')})" if self.reason else self.end
        return f"(process {self.pid}) {what}"

    def listen(self) -> None:
        """Take what it says. If that is nothing any more, collect it."""
        said = b""
        with suppress(OSError):  # it has ended with something unread
            said = self.channel.recv(65_536)
        self.heard += said
        if not said:
            self.let_go()
            status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            self.end = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"

    def stop(self) -> None:
        """Let it answer what has begun, and end."""
        with suppress(OSError):  # it has just ended
            self.channel.shutdown(socket.SHUT_WR)

    def kill(self) -> None:
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def let_go(self) -> None:
        """Close the ways to it."""
        self.channel.close()
        self.door.close()


def forked(number: int, work: Work, let_go: Callable[[], None]) -> Process:
    """Fork a worker, in which ``let_go`` closes what is its parent's."""
    (ours, theirs), (door, their_door) = socket.socketpair(), socket.socketpair()
    # A signal between the fork and the worker's own handling of it would be noted for nobody.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        pid = os.fork()
        if pid == 0:
            ours.close()
            door.close()
            _become(number, work, let_go, theirs, their_door)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    theirs.close()
    their_door.close()
    door.setblocking(False)  # one that hangs may not hold up the others
    return Process(pid, ours, door, time.monotonic())


def _become(
    number: int, work: Work, let_go: Callable[[], None], channel: socket.socket, door: socket.socket
) -> NoReturn:
    """Be a worker to its end."""
    status = 1
    try:
        let_go()
        _handle_signals()
        threading.Thread(target=_end_with, args=(channel,), name="parent", daemon=True).start()
        work(number, door, lambda: channel.sendall(b"+"))
        status = 0
    except MockserverError as error:
        with suppress(OSError):  # the parent is gone
            channel.sendall(b"-" + str(error).encode(errors="replace"))
    except BaseException as error:  # noqa: BLE001 - nothing may go on from here as if it were the parent
        if isinstance(error, Exception):
            unexpected(error, f"worker {number} failed")
    finally:
        os._exit(status)


def _handle_signals() -> None:
    """Forget how the parent handles them."""
    signal.set_wakeup_fd(-1)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _end_with(channel: socket.socket) -> None:
    """End this process as SIGTERM does once the channel ends, and in any case."""
    with suppress(OSError):
        channel.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(KILL_SECONDS)
    os._exit(1)
