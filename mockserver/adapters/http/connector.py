"""The connector of callbacks: it connects only to addresses that the destinations of a fake allow.

What is checked is the address that is connected to, so no name server can say one thing now and another thing then.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from mockserver.destinations import Destinations, RefusedDestination, literal

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL


IDLE_SECONDS = 1.5
"""How long a connection is kept for the next request. Servers close theirs after two seconds (gunicorn), five (Node,
uvicorn) or more; one that is closed just as we send leaves a POST without an answer."""


def connector(destinations: Callable[[], Destinations], connections: int) -> aiohttp.TCPConnector:
    """Return a connector with at most so many connections. It raises ``RefusedDestination``.

    ``destinations`` returns those that count now.
    """
    import aiohttp
    from aiohttp.abc import AbstractResolver, ResolveResult
    from aiohttp.resolver import DefaultResolver

    class Resolver(AbstractResolver):
        """Looks names up, and keeps the addresses that are allowed."""

        def __init__(self) -> None:
            self._resolver = DefaultResolver()

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            found = await self._resolver.resolve(host, port, family)
            kept = destinations().reachable(host, port, [each["host"] for each in found])
            return [each for each in found if each["host"] in kept]

        async def close(self) -> None:
            await self._resolver.close()

    # Without a cache of addresses, new settings count from the next connection on.
    return aiohttp.TCPConnector(
        limit=connections, keepalive_timeout=IDLE_SECONDS, resolver=Resolver(), use_dns_cache=False
    )


def target(url: str, destinations: Destinations) -> URL:
    """Return a URL as it is given to the client. Raises ``RefusedDestination``, and ``ValueError`` for no URL.

    The client does not look up what is an address already, in whichever spelling; so that is checked here.
    """
    from yarl import URL

    found = URL(url)
    host, port = found.host, found.port
    if not destinations or not host or port is None:
        return found
    address = literal(host)
    if address is not None:
        destinations.reachable(host, port, [address])
        return found.with_host(address) if ":" not in host else found
    if host.replace(".", "").isdigit():
        raise RefusedDestination(f"{host}:{port} is neither an address nor a name.")
    return found
