"""A limit on the time of a run, in case the kit hangs although each of its waits has an end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mockserver.errors import Interrupted, MockserverError

if TYPE_CHECKING:
    from mockserver.kit.verdict import Verdict


class TookTooLong(MockserverError):
    """A run did not end in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the run did not end within {seconds:g} s and was stopped: please report this as a bug")
        self.seconds = seconds


def verdict_in_time(judge: Callable[[], Verdict], target: str, seconds: float | None) -> Verdict:
    """Return what ``judge`` returns; if it takes longer than so many seconds, a verdict that says so.

    ``None`` is no limit. A run that was interrupted before there was anything to judge has such a verdict, too.
    """
    from mockserver.kit.verdict import Verdict

    try:
        with time_limit(seconds):
            return judge()
    except (TookTooLong, Interrupted) as error:
        return Verdict(target, (), obstacle=str(error))


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Raise ``TookTooLong`` in the main thread after so many seconds, wherever it waits. ``None`` is no limit.

    Windows has no alarm; there a run that hangs goes on until Ctrl-C.
    """
    if seconds is None or not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(*_: object) -> None:
        raise TookTooLong(seconds)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
