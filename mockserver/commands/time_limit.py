"""A limit on the time of a run, in case the kit hangs although each of its waits has an end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Timer, main_thread
from typing import TYPE_CHECKING

from mockserver.errors import MockserverError

if TYPE_CHECKING:
    from mockserver.kit.verdict import Verdict


class TookTooLong(MockserverError):
    """A run did not end in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the run did not end within {seconds:g} s and was stopped: please report this as a bug")
        self.seconds = seconds


def verdict_in_time(judge: Callable[[], Verdict], target: str, seconds: float | None) -> Verdict:
    """Return what ``judge`` returns; if it takes longer than so many seconds, a verdict that says so.

    ``None`` is no limit.
    """
    from mockserver.kit.verdict import Verdict

    try:
        with time_limit(seconds):
            return judge()
    except TookTooLong as error:
        return Verdict(target, (), obstacle=str(error))


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Interrupt the main thread after so many seconds, as Ctrl-C would, so that everything that was started is ended.

    Raises ``TookTooLong``. ``None`` is no limit.
    """
    if seconds is None:
        yield
        return
    is_over = Event()

    def stop() -> None:
        is_over.set()
        # A real signal: interrupt_main() would not wake a thread that waits for a lock or a socket.
        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)

    timer = Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if is_over.is_set():
            raise TookTooLong(seconds) from None
        raise
    finally:
        timer.cancel()
