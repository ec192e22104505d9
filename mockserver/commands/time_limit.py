"""A limit on the time of a command, in case the kit hangs although each of its waits has an end."""

from __future__ import annotations

import _thread
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Timer

from mockserver.errors import MockserverError


class TookTooLong(MockserverError):
    """A run did not end in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the run did not end within {seconds:g} s and was stopped: please report this as a bug")
        self.seconds = seconds


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
        _thread.interrupt_main()

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
