"""The one clock of a fake: all timestamps, transitions, retries, quotas and expiries go by it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from functools import partial

from mockserver.durations import millis
from mockserver.errors import BadSetting
from mockserver.types import Millis

LATEST_MILLIS: Millis = 253_402_300_799_999
"""The end of the year 9999: no date of HTTP or ISO 8601 can be written of a later time."""

_elapsed_ns = partial(time.clock_gettime_ns, time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.monotonic_ns
"""A clock of the machine that nobody sets; on Linux the one that goes on while the machine sleeps."""


def system_millis() -> Millis:
    """Return the time of this machine."""
    return time.time_ns() // 1_000_000


def steady() -> Callable[[], Millis]:
    """Return a clock that shows the machine's time now, and goes on evenly from there.

    When somebody sets the machine's clock, it does not follow: a step back would stop all tasks for as long.
    """
    start, began = system_millis(), _elapsed_ns()
    return lambda: start + (_elapsed_ns() - began) // 1_000_000


class Clock:
    """A clock that goes on evenly from the machine's time until it is frozen, set or advanced.

    It never runs back by itself, and stops at the end of the year 9999.
    """

    def __init__(self, source: Callable[[], Millis] | None = None) -> None:
        """``source`` is a clock to follow; where it steps back, time stands still for a moment and then goes on."""
        self._source = source or steady()
        self._lock = threading.Lock()
        self._offset: Millis = 0
        self._last = self._source()
        self._frozen_at: Millis | None = None
        self._watchers: list[Callable[[], None]] = []
        self.version = 0

    def now(self) -> Millis:
        """Return the fake's time."""
        frozen_at = self._frozen_at
        if frozen_at is not None:
            return frozen_at
        with self._lock:
            return min(self._running(), LATEST_MILLIS)

    @property
    def is_frozen(self) -> bool:
        """Whether time stands still until the clock is advanced, set or resumed."""
        return self._frozen_at is not None

    def freeze(self) -> None:
        """Stop time where it is."""
        self.restore(self.now(), is_frozen=True)

    def set(self, now: Millis) -> None:
        """Jump to a time, forwards or back; a frozen clock stays frozen.

        Raises ``BadSetting`` for a time before 1970 or after the year 9999.
        """
        self.restore(checked_time(now, "now"), is_frozen=self.is_frozen)

    def advance(self, span: Millis | str) -> None:
        """Jump ahead by a span: milliseconds, or ``"90s"``. Raises ``BadSetting``, as ``set`` does."""
        self.restore(checked_time(self.now() + _span(span), "advance"), is_frozen=self.is_frozen)

    def resume(self) -> None:
        """Let time run on from where it stands."""
        self.restore(self.now(), is_frozen=False)

    def restore(self, now: Millis, *, is_frozen: bool) -> None:
        """Set the time, and whether it stands still, in one step."""
        with self._lock:
            running = self._running()
            self._offset += now - running
            self._frozen_at = now if is_frozen else None
        self.version += 1
        for watcher in self._watchers:
            watcher()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` after each change by hand, so that a waiting timer can be set anew."""
        self._watchers.append(watcher)

    def _running(self) -> Millis:
        moment = self._source()
        self._offset += max(self._last - moment, 0)
        self._last = moment
        return moment + self._offset


def checked_time(now: object, what: str) -> Millis:
    """Return a time that the fake can have. Raises ``BadSetting``, which names ``what`` it was given for."""
    if isinstance(now, int) and not isinstance(now, bool) and 0 <= now <= LATEST_MILLIS:
        return now
    text = "the time is not between 1970 and the end of the year 9999. Write milliseconds from 0 to"
    raise BadSetting(what, f"{text} {LATEST_MILLIS}.")


def _span(span: object) -> Millis:
    if isinstance(span, str):
        return millis(span, "advance")
    if isinstance(span, int) and not isinstance(span, bool) and span >= 0:
        return span
    raise BadSetting("advance", "this is not a span of time. Write one such as '90s', or milliseconds from 0.")
