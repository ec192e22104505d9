"""A deadline: when what a connection waits for is late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """A time that is set and cleared several times for each request; ``at`` is the loop's, ``None`` if there is none.

    One timer looks at it, and may ring early: to set and cancel one each time would cost more than the rest.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, late: Callable[[], None]) -> None:
        """``late`` is called when the time has come."""
        self._loop, self._late = loop, late
        self._timer: asyncio.TimerHandle | None = None
        self.at: float | None = None

    def set(self, seconds: float) -> None:
        """Let it come so many seconds from now."""
        self.at = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self.at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_later(seconds, self._ring)

    def end(self) -> None:
        """Let it never come."""
        if self._timer is not None:
            self._timer.cancel()
        del self._late  # or a connection and its deadline would hold each other

    def _ring(self) -> None:
        self._timer = None
        if self.at is None:
            return
        rest = self.at - self._loop.time()
        if rest > 0:
            self._timer = self._loop.call_later(rest, self._ring)
        else:
            self._late()
