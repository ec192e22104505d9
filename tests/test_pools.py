"""Pools: no client of ours keeps a connection as long as the server at its other end, which may close it as we send."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import aiohttp
import httpx
import pytest

from mockserver.adapters.http.connector import connector
from mockserver.adapters.proxy.upstream import Upstream
from mockserver.destinations import Destinations
from mockserver.kit.server import probe
from mockserver.kit.server.settings import Settings

SHORTEST_SECONDS = 2.0
"""gunicorn's, the shortest of known servers: https://docs.gunicorn.org/en/stable/settings.html#keepalive"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def of_callbacks() -> None:
    await connector(Destinations, 1).close()


async def of_the_proxy() -> None:
    async with Upstream("http://127.0.0.1:1", 1):
        pass


async def of_a_check() -> None:
    with probe.connect(Settings(url="http://127.0.0.1:1")):
        pass


@pytest.mark.parametrize("opened", [of_callbacks, of_the_proxy, of_a_check])
async def test_a_pool_lets_go_of_a_connection_before_its_server_does(
    opened: Callable[[], Coroutine[Any, Any, None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[float] = []

    def noted(usual: Callable[..., Any], name: str) -> Callable[..., Any]:
        def make(**how: Any) -> Any:
            kept.append(how[name])
            return usual(**how)

        return make

    monkeypatch.setattr(aiohttp, "TCPConnector", noted(aiohttp.TCPConnector, "keepalive_timeout"))
    monkeypatch.setattr(httpx, "Limits", noted(httpx.Limits, "keepalive_expiry"))
    await opened()
    assert [seconds for seconds in kept if seconds < SHORTEST_SECONDS] == kept != []
