"""The console of a server: it prints a line for each request, and never holds up an answer for that.

Who answers a request only notes it. A thread of its own writes the lines, some times a second: neither a terminal that
is slow nor a pipe that nobody reads can be felt by a client.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Literal

from mockserver.types import Request, Response

Form = Literal["text", "json"]
"""A line for a person, or for a program."""

_MOST_WAITING = 10_000
"""Lines that wait to be written; of more, the oldest are left out and counted."""

_PAUSE_SECONDS = 0.05
"""Lines of so long a time are written together: one write for each would cost more than an answer."""

_PATIENCE_SECONDS = 0.5
"""How long the end of a server waits for its last lines."""


class Console:
    """Prints what is noted, each line by ``write``, which may take its time."""

    def __init__(self, write: Callable[[str], None], form: Form = "text") -> None:
        self._write, self._form = write, form
        self._waiting: deque[Callable[[], str]] = deque()
        self._left_out = 0
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_closing = False

    def answered(self, request: Request, response: Response) -> None:
        """Note a request that was answered."""
        self.say(partial(_line, self._form, time.time(), request, response))

    def say(self, told: Callable[[], str]) -> None:
        """Note what is to be printed; ``told`` is called when it is."""
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft()
            self._left_out += 1
        self._waiting.append(told)
        if not self._wake.is_set():
            self._wake.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._print, name="console", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Print what waits, unless nobody reads it."""
        self._is_closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE_SECONDS)

    def _print(self) -> None:
        is_last = False
        while not is_last:
            if not self._is_closing:
                self._wake.wait()
            is_last = self._is_closing
            if not is_last:
                time.sleep(_PAUSE_SECONDS)
            self._wake.clear()
            self._print_what_waits()

    def _print_what_waits(self) -> None:
        lines = []
        while self._waiting:
            lines.append(self._waiting.popleft()())
        if self._left_out:
            lines.append(f"… {self._left_out} lines were left out: they could not be written fast enough")
            self._left_out = 0
        if lines:
            self._write("\n".join(lines))


def _line(form: Form, at: float, request: Request, response: Response) -> str:
    from mockserver.adapters.console.lines import Line  # a start need not wait for what a thread prints with

    line = Line.of(at, request, response)
    return line.text() if form == "text" else line.as_json()
