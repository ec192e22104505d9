"""A crowd: 2000 clients that stay connected, create and poll."""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.conftest import IMAGE
from tests.slow.destruction.figures import note
from tests.slow.destruction.load import session
from tests.support.process import started

pytestmark = pytest.mark.torture

CLIENTS = 2000
POLLS = 4
FILES = 2 * CLIENTS + 500
"""As many as both sides of the connections need, and what else is open."""


@contextmanager
def many_files() -> Iterator[None]:
    """Let this process and its children open many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        pytest.skip(f"this machine lets a process open {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Crowd:
    """All clients: first each connects, then all create and poll at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.answers: Counter[int] = Counter()
        self.waits: list[float] = []
        self._connected = 0

    async def run(self) -> None:
        everybody = asyncio.Barrier(CLIENTS)
        async with session() as client:
            await asyncio.gather(*(self._client(client, everybody) for _ in range(CLIENTS)))
            assert client.connector is not None

    async def _client(self, client: aiohttp.ClientSession, everybody: asyncio.Barrier) -> None:
        await everybody.wait()
        id = (await self._ask(client, "POST", IMAGE))["data"]["task_id"]
        for _ in range(POLLS):
            await everybody.wait()  # so that all 2000 connections are in use at once
            assert (await self._ask(client, "GET", f"{IMAGE}/{id}"))["data"]["task_id"] == id

    async def _ask(self, client: aiohttp.ClientSession, method: str, path: str) -> dict[str, dict[str, str]]:
        began = time.monotonic()
        payload = {"prompt": "A cat"} if method == "POST" else None
        while True:
            try:
                async with client.request(method, self._url + path, json=payload) as answer:
                    found: dict[str, dict[str, str]] = await answer.json()
                break
            except aiohttp.ServerDisconnectedError:  # while it waited for the slowest, on a busy machine
                if method != "GET":
                    raise
        self.answers[answer.status] += 1
        self.waits.append(time.monotonic() - began)
        return found


@pytest.mark.parametrize("kept", ["memory", "sqlite, 2 workers"])
def test_2000_clients_are_all_answered(kept: str, tmp_path: Path) -> None:
    where = ["--store", f"sqlite:{tmp_path / 'state.db'}", "--workers", "2"] if kept != "memory" else []
    with many_files(), started("--pace", "instant", *where) as server:
        crowd, began = Crowd(server.url), time.monotonic()
        asyncio.run(crowd.run())
        took, waits = time.monotonic() - began, sorted(crowd.waits)
        assert crowd.answers == {200: CLIENTS * (1 + POLLS)}
        assert server.stderr == ""
    note(
        f"1 crowd, {kept}",
        f"{CLIENTS} clients at once, {len(waits)} answers in {took:.1f} s, none refused; the middle one after "
        f"{waits[len(waits) // 2]:.2f} s, the last after {waits[-1]:.2f} s",
    )
