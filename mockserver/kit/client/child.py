"""Children: programs that end with us, whatever ends us, together with all that they have started."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO

from mockserver.kit.client import keeper
from mockserver.kit.signals import undisturbed

_START_SECONDS = 60.0
"""How long a keeper may take to start its program; it takes some hundredths of a second on an idle machine."""

_END_SECONDS = 10.0
"""How long a keeper may take to end all: longer than it waits for what cannot be killed."""

_LAST_WORDS_SECONDS = 2.0
"""How long the last bytes of a program that has ended may take to arrive."""

_LOOK_SECONDS = 0.01
"""How often to look whether all of them have."""

_KEPT_BYTES = 1 << 16
"""What is kept of an output: more than the end of any traceback."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

HAS_KEEPER = os.name == "posix"
"""Without one, on Windows, a child ends when we end it, and what it has started stays."""


class Child:
    """A program that runs. What is left of it and of all that it has started is ended with it, or when we end.

    Its exit status is that of ``subprocess``: negative for one that a signal has ended.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
        is_apart: bool = True,
    ) -> None:
        """Start it, with some more environment variables. Raises ``OSError`` if it cannot be started.

        A program that is apart has ``pipes``, and Ctrl-C does not reach it; another one shares our terminal.
        """
        self._process: subprocess.Popen[bytes] | None = None
        self._control, theirs = socket.socketpair()
        environment = {**os.environ, **unproxied(os.environ), **(variables or {})}
        place = "apart" if is_apart else "beside"
        stream = subprocess.PIPE if is_apart else None
        words = [sys.executable, "-I", "-S", keeper.__file__, str(theirs.fileno()), place] if HAS_KEEPER else []
        try:
            with theirs, undisturbed(), _blocked():
                self._process = subprocess.Popen(
                    [*words, *command],
                    env=environment,
                    stdin=stream,
                    stdout=stream,
                    stderr=stream,
                    pass_fds=(theirs.fileno(),) if HAS_KEEPER else (),
                )
            if HAS_KEEPER:
                self._check_start(command[0])
        except BaseException:
            self.close()
            for pipe in self._pipes():
                pipe.close()
            raise

    @property
    def pipes(self) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
        """The stdin, stdout and stderr of a program that is apart."""
        stdin, stdout, stderr = self._pipes()
        return stdin, stdout, stderr

    def wait(self, seconds: float | None = None) -> int:
        """Wait for its end, and return its exit status. Raises ``subprocess.TimeoutExpired``."""
        assert self._process is not None, "it has not been started"  # noqa: S101 - a mistake in this code
        return self._process.wait(seconds)

    def send(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        with suppress(OSError):
            if HAS_KEEPER:
                self._control.send(bytes([number]))
            elif self._process is not None:
                self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, and all that it has started."""
        self.send(signal.SIGKILL if HAS_KEEPER else signal.SIGTERM)
        self.close()

    def close(self) -> None:
        """End it, and all that it has started; it has a second for its own ways of ending."""
        with suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)  # also where somebody has forked us, and holds the other end as well
        self._control.close()
        process = self._process
        if process is None:
            return
        if not HAS_KEEPER:
            process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
        process.kill()
        process.wait()
        for stdin in self._pipes()[:1]:
            with suppress(OSError):  # what was not written yet has nowhere to go
                stdin.close()

    def _pipes(self) -> list[IO[bytes]]:
        process = self._process
        return [] if process is None else [each for each in (process.stdin, process.stdout, process.stderr) if each]

    def _check_start(self, program: str) -> None:
        self._control.settimeout(_START_SECONDS)
        number = int(self._control.recv(16) or b"5")  # EIO: there is no keeper
        if number:
            raise OSError(number, os.strerror(number), program)


class Feed:
    """What is written into a pipe of a program. It may never read that, so nobody waits for it."""

    def __init__(self, stream: IO[bytes], failed: Callable[[], None]) -> None:
        """``failed`` is called, on another thread, if the program takes no more."""
        self._stream, self._failed = stream, failed

    def write(self, data: bytes) -> None:
        """Write, as soon as there is room."""
        threading.Thread(target=self._write, args=(data,), daemon=True).start()

    def close(self) -> None:
        """Let the program read the end, after what was written already."""
        threading.Thread(target=self._close, daemon=True).start()

    def _write(self, data: bytes) -> None:
        try:
            self._stream.write(data)
            self._stream.flush()
        except (OSError, ValueError):  # the program has ended, or its stdin was closed meanwhile
            self._failed()

    def _close(self) -> None:
        with suppress(OSError):
            self._stream.close()


class Lines:
    """The lines that a program writes into a pipe. A few may wait to be asked for; then the program has to wait."""

    def __init__(self, stream: IO[bytes], longest: int) -> None:
        """Lines of more than ``longest`` bytes come in pieces."""
        self._waiting = queue.Queue[bytes | None](maxsize=2)
        self._longest, self._is_over = longest, False
        self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._reader.start()

    def next(self, seconds: float) -> bytes | None:
        """Return the next line; ``None`` if there will be none. Raises ``queue.Empty`` after so many seconds."""
        return self._waiting.get(timeout=seconds)

    def end(self) -> None:
        """Let ``next`` return ``None``, after what the program has written already."""
        self._reader.join(_LAST_WORDS_SECONDS)
        self._waiting.put(None)

    def close(self) -> None:
        """Throw away what a program has written that has ended; whoever still waits for a line is told so."""
        self._is_over = True
        end = time.monotonic() + _LAST_WORDS_SECONDS
        while self._reader.is_alive() and time.monotonic() < end:
            with suppress(queue.Empty):
                self._waiting.get(timeout=_LOOK_SECONDS)
        with suppress(queue.Full):  # then there is one left
            self._waiting.put_nowait(None)

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while not self._is_over and (line := stream.readline(self._longest)):
                self._waiting.put(line)
        self._waiting.put(None)


class Tail:
    """The end of what a program writes into a pipe, which is read as fast as it comes."""

    def __init__(self, stream: IO[bytes], hear: Callable[[str], None] = lambda _: None) -> None:
        """``hear`` is called with each line as it comes."""
        self._kept, self._hear = bytearray(), hear
        self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._reader.start()

    def lines(self) -> list[str]:
        """Return its last lines; those of a program that has ended may take a moment to arrive."""
        self._reader.join(_LAST_WORDS_SECONDS)
        return bytes(self._kept).decode(errors="replace").splitlines()

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            begun = b""
            while chunk := os.read(stream.fileno(), _KEPT_BYTES):
                self._kept += chunk
                del self._kept[:-_KEPT_BYTES]
                *lines, begun = (begun + chunk).split(b"\n")
                begun = begun[-_KEPT_BYTES:]
                for line in lines:
                    self._hear(line.decode(errors="replace"))


@contextmanager
def _blocked() -> Iterator[None]:
    """Let no signal end a keeper before it can handle any: it inherits this."""
    if not HAS_KEEPER:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, keeper.PASSED_BY)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def unproxied(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that keep what goes to this machine away from proxies; what they say already stays."""
    known = [
        part.strip()
        for name in ("NO_PROXY", "no_proxy")
        for part in environment.get(name, "").split(",")
        if part.strip()
    ]
    # A star is understood only if it is alone.
    value = "*" if "*" in known else ",".join(dict.fromkeys([*known, *_LOOPBACK]))
    return {"NO_PROXY": value, "no_proxy": value}
