"""The entry: what a connection speaks from its first byte on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mockserver.adapters.http.connection.desk import Desk
from mockserver.types import value


@value
class Entry:
    """What a server speaks: ``protocol`` returns, for a desk, what uvicorn calls for the protocol of a connection."""

    protocol: Callable[[Desk], Callable[..., asyncio.Protocol]]
    scheme: str = "http"
