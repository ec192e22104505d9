"""The guard of names: no library that a patch does not answer finds the real, paid hosts meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import wraps
from typing import Any

from mockserver.adapters.testing.hosts import HostRefused


class NameGuard:
    """Refuses to look up a host that is answered: whoever asks for its address is not a client of httpx.

    requests, urllib and aiohttp ask ``socket.getaddrinfo``; uvloop asks the system, and is not seen here.
    """

    def __init__(self, is_answered: Callable[[str], bool]) -> None:
        self._is_answered = is_answered
        self._original: Callable[..., Any] | None = None

    def start(self) -> None:
        """Begin to look at names."""
        if self._original is None:
            self._original = socket.getaddrinfo
            socket.getaddrinfo = self._guarded(socket.getaddrinfo)

    def stop(self) -> None:
        """Stop, unless somebody else was put on top of us; then we stay below, and refuse nothing."""
        if self._original is not None and getattr(socket.getaddrinfo, "guard", None) is self:
            socket.getaddrinfo, self._original = self._original, None

    def _guarded(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            name = host.decode("idna", "replace") if isinstance(host, bytes) else host
            if isinstance(name, str) and self._is_answered(name):
                hint = ": it answers clients of httpx and httpx2. Use mockserver.live() for any other library."
                raise HostRefused(name, hint)
            return original(host, *args, **kwargs)

        getaddrinfo.guard = self  # type: ignore[attr-defined]
        return getaddrinfo
