"""The one clock of a fake: all timestamps, transitions, retries, quotas and expiries go by it."""

from __future__ import annotations

import time
from collections.abc import Callable

from mockserver.durations import millis
from mockserver.types import Millis


def system_millis() -> Millis:
    """Return the time of this machine."""
    return time.time_ns() // 1_000_000


class Clock:
    """A clock that follows the machine's until it is frozen, set or advanced."""

    def __init__(self, source: Callable[[], Millis] = system_millis) -> None:
        self._source = source
        self._offset: Millis = 0
        self._frozen_at: Millis | None = None
        self._watchers: list[Callable[[], None]] = []
        self.version = 0

    def now(self) -> Millis:
        """Return the fake's time."""
        return self._source() + self._offset if self._frozen_at is None else self._frozen_at

    @property
    def is_frozen(self) -> bool:
        """Whether time stands still until the clock is advanced, set or resumed."""
        return self._frozen_at is not None

    def freeze(self) -> None:
        """Stop time where it is."""
        self._frozen_at = self.now()
        self._changed()

    def set(self, now: Millis) -> None:
        """Jump to a time, forwards or back; a frozen clock stays frozen."""
        if self._frozen_at is None:
            self._offset = now - self._source()
        else:
            self._frozen_at = now
        self._changed()

    def advance(self, span: Millis | str) -> None:
        """Jump ahead by a span: milliseconds, or ``"90s"``. Raises ``BadSetting``."""
        self.set(self.now() + (millis(span, "advance") if isinstance(span, str) else span))

    def resume(self) -> None:
        """Let time run on from where it stands."""
        now, self._frozen_at = self.now(), None
        self._offset = now - self._source()
        self._changed()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` after each change by hand, so that a waiting timer can be set anew."""
        self._watchers.append(watcher)

    def _changed(self) -> None:
        self.version += 1
        for watcher in self._watchers:
            watcher()
