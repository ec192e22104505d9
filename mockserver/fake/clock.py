"""The one clock of a fake: all timestamps, transitions, retries, quotas and expiries go by it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

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


def never_back(source: Callable[[], Millis]) -> Callable[[], Millis]:
    """Return a clock that follows another one; where that steps back, it stands still for a moment and then goes on."""
    lock = threading.Lock()
    last, lost = source(), 0

    def now() -> Millis:
        nonlocal last, lost
        with lock:
            moment = source()
            lost += max(last - moment, 0)
            last = moment
            return moment + lost

    return now


class ClockState(NamedTuple):
    """How far a clock is ahead of the machine's, and where it stands still, if it does."""

    ahead: Millis = 0
    frozen_at: Millis | None = None


Move = Callable[[Millis, bool], tuple[Millis, bool]]
"""From the time, and whether it stands still, to another time, and whether that stands still."""


class Clock:
    """A clock that goes on evenly from the machine's time until it is frozen, set or advanced.

    It never runs back by itself, and stops at the end of the year 9999.
    """

    def __init__(self, source: Callable[[], Millis] | None = None) -> None:
        """``source`` is a clock to follow; where it steps back, time stands still for a moment and then goes on."""
        self._machine = steady() if source is None else never_back(source)
        self._lock = threading.RLock()
        self._state = ClockState()
        self._share: Callable[[Move], None] | None = None
        self._watchers: list[Callable[[], None]] = []
        self.version = 0

    def now(self) -> Millis:
        """Return the fake's time."""
        ahead, frozen_at = self._state
        if frozen_at is not None:
            return frozen_at
        return min(self._machine() + ahead, LATEST_MILLIS)

    @property
    def state(self) -> ClockState:
        """How far it is ahead, and where it stands still."""
        return self._state

    @property
    def is_frozen(self) -> bool:
        """Whether time stands still until the clock is advanced, set or resumed."""
        return self._state.frozen_at is not None

    def freeze(self) -> None:
        """Stop time where it is."""
        self.move(lambda now, _: (now, True))

    def set(self, now: Millis) -> None:
        """Jump to a time, forwards or back; a frozen clock stays frozen.

        Raises ``BadSetting`` for a time before 1970 or after the year 9999.
        """
        checked_time(now, "now")
        self.move(lambda _, is_frozen: (now, is_frozen))

    def advance(self, span: Millis | str) -> None:
        """Jump ahead by a span: milliseconds, or ``"90s"``. Raises ``BadSetting``, as ``set`` does."""
        millis = _span(span)
        self.move(lambda now, is_frozen: (checked_time(now + millis, "advance"), is_frozen))

    def resume(self) -> None:
        """Let time run on from where it stands."""
        self.move(lambda now, _: (now, False))

    def move(self, to: Move) -> None:
        """Set the time, and whether it stands still, in one step."""
        if self._share is not None:
            self._share(to)
            return
        with self._lock:
            state = self.moved(to)
        self.learn(state)

    def moved(self, to: Move) -> ClockState:
        """Return the state to which the clock would be moved."""
        now, is_frozen = to(self.now(), self.is_frozen)
        return ClockState(now - self._machine(), now if is_frozen else None)

    def learn(self, state: ClockState) -> None:
        """Take a state that it was moved to, perhaps by another process."""
        self._state = state
        self.version += 1
        for watcher in self._watchers:
            watcher()

    def share(self, source: Callable[[], Millis], share: Callable[[Move], None]) -> None:
        """Follow a clock that never goes back and that all have who share a store; ``share`` moves it for all."""
        self._machine, self._share = source, share

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` after each change by hand, so that a waiting timer can be set anew."""
        self._watchers.append(watcher)


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
