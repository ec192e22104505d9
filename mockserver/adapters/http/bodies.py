"""Bodies of requests: read whole, and bounded, each by itself and all that are being read together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mockserver.adapters.http.connection.transport import TRANSPORT

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

_AT_ONCE = 16
"""As many bodies of the largest size are read at once: 1 GiB by default. Fewer at a time come from one machine's tests,
and more would fill the memory of a small one."""


class Bodies:
    """Reads bodies. When all that are being read hold too much, the oldest, a slow one, is cut off."""

    def __init__(self) -> None:
        self._held: dict[int, int] = {}
        self._transports: dict[int, asyncio.Transport] = {}
        self._total = self._last = 0

    async def read(self, scope: Scope, receive: Receive, limit: int) -> bytes | None:
        """Read a body, or enough of it to see that it is over ``limit``; ``None`` if the client left or is cut off."""
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if not message.get("more_body"):
            return bytes(message.get("body", b""))
        chunks = [message.get("body", b"")]
        number = self._begin(scope, len(chunks[0]))
        try:
            while message.get("more_body") and self._held[number] <= limit:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                chunks.append(message.get("body", b""))
                self._held[number] += len(chunks[-1])
                self._total += len(chunks[-1])
                if self._total > _AT_ONCE * limit:
                    self._cut_oldest()
            return b"".join(chunks)
        finally:
            self._total -= self._held.pop(number)
            self._transports.pop(number, None)

    def _begin(self, scope: Scope, size: int) -> int:
        self._last += 1
        self._held[self._last] = size
        self._total += size
        extension = scope.get("extensions", {}).get(TRANSPORT)
        if extension is not None:
            self._transports[self._last] = extension["transport"]
        return self._last

    def _cut_oldest(self) -> None:
        if self._transports:
            self._transports.pop(min(self._transports)).abort()
