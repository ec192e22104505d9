"""The interruption of a command by a signal: the first becomes an exception, so that all that was begun is ended."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from mockserver.errors import Interrupted

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


@dataclass
class Interruption:
    """The signal that has come, by its ``number``; ``None`` if there was none."""

    number: int | None = None
    _is_heard: bool = True

    def note(self, number: int, _: object) -> None:
        """Raise ``Interrupted``. Later signals must not interrupt the ending, which is short: they change nothing."""
        self.number = self.number or number
        if self._is_heard:
            self._is_heard = False
            raise Interrupted(number)

    @contextmanager
    def patience(self) -> Iterator[None]:
        """Wait for something, unless there is another signal meanwhile."""
        self._is_heard = True
        try:
            with suppress(Interrupted):
                yield
        finally:
            self._is_heard = False


@contextmanager
def interruption() -> Iterator[Interruption]:
    """Let Ctrl-C, SIGTERM and SIGHUP raise ``Interrupted``, once, wherever the main thread is.

    What is ignored, by ``nohup`` or a shell that runs us in the background, stays ignored.
    """
    found = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield found  # only the main thread may handle signals
        return
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    handled = [number for number in numbers if before[number] not in (signal.SIG_IGN, None)]
    for number in handled:
        signal.signal(number, found.note)
    try:
        yield found
    finally:
        for number in handled:
            signal.signal(number, before[number])
