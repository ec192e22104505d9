"""Load: clients that create tasks with external ids and callbacks, and ask again when they do not know what became."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any

import aiohttp

from tests.conftest import IMAGE, PATIENCE, TOKEN

HEADERS = {"authorization": f"Bearer {TOKEN}"}

_PAUSE_SECONDS = 0.02
"""Before a client asks again what was refused or cut off."""


def session(**how: Any) -> aiohttp.ClientSession:
    """Return a client with credentials and as many connections as it needs."""
    how = {"headers": HEADERS, "timeout": aiohttp.ClientTimeout(PATIENCE), **how}
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=PATIENCE), **how)


@dataclass
class Load:
    """Clients of some replicas, and what they were told.

    * ``rest``: the seconds that each client waits after an answer
    * ``created``: by external id, the ids that a 200 has told
    * ``found``: by external id, the ids of tasks whose 200 did not come, found by asking again
    * ``unavailable``: how many answers were 503/5001; ``reasons``: why; ``cut``: how many requests had no answer
    * ``others``: answers that nobody should get
    * ``longest``: the most seconds between two answers with 200, of whichever clients
    """

    urls: Sequence[str]
    hook: str | None = None
    name: str = "order"
    rest: float = 0.0
    created: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    unavailable: int = 0
    reasons: set[str] = field(default_factory=set)
    cut: int = 0
    others: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    _numbers: Any = field(default_factory=count)
    _is_over: bool = False
    _has_given_up: bool = False
    _last: float = field(default_factory=time.monotonic)

    @property
    def told(self) -> dict[str, str]:
        """All tasks that clients know of, by external id."""
        return {**self.created, **self.found}

    @asynccontextmanager
    async def on(self, clients: int) -> AsyncIterator[None]:
        """Create with so many clients while the context is open; each ends what it has begun."""
        async with session() as client:
            self._is_over, self._last = False, time.monotonic()
            running = [asyncio.create_task(self._run(client, first)) for first in range(clients)]
            try:
                yield
            finally:
                self._is_over = True
                await asyncio.gather(*running)

    async def more(self, created: int = 0, unavailable: int = 0) -> None:
        """Wait until so many more creates were answered in one of these ways."""
        created, unavailable = created + len(self.created), unavailable + self.unavailable
        await until(5 * PATIENCE, lambda: len(self.created) >= created and self.unavailable >= unavailable)

    def give_up(self) -> None:
        """Let all clients leave: whoever would answer them is gone, and what has begun stays without an answer."""
        self._has_given_up = True

    async def _run(self, client: aiohttp.ClientSession, first: int) -> None:
        urls = cycle([*self.urls[first % len(self.urls) :], *self.urls[: first % len(self.urls)]])
        while not self._is_over:
            await self._create(client, f"{self.name}-{next(self._numbers)}", urls)
            await asyncio.sleep(self.rest)

    async def _create(self, client: aiohttp.ClientSession, external_id: str, urls: Any) -> None:
        payload = {"prompt": "A cat", "external_task_id": external_id}
        if self.hook is not None:
            payload["callback_url"] = self.hook
        is_again, end = False, time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < end, f"{external_id} could not be created"
            try:
                async with client.post(next(urls) + IMAGE, json=payload) as answer:
                    status, body = answer.status, await answer.json()
                    reason = answer.headers.get("mockserver-error", "")
            except (aiohttp.ClientError, OSError):
                self.cut += 1
                if self._has_given_up:
                    return
                is_again = True
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if status == 503 and body["code"] == 5001:
                self.unavailable += 1
                self.reasons.add(reason.rpartition("used: ")[2])
                is_again = True  # Redis may have kept it and died before it said so
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if status == 200:
                self._note()
                self.created[external_id] = body["data"]["task_id"]
            elif is_again and "already exists" in body["message"]:
                self.found[external_id] = await self._known(client, external_id, urls)
            else:
                self.others[f"{status}: {body}"] += 1
            return

    async def _known(self, client: aiohttp.ClientSession, external_id: str, urls: Any) -> str:
        """Return the id of a task that is there, as somebody is sure to tell at last."""
        while True:
            try:
                async with client.get(f"{next(urls)}{IMAGE}/{external_id}") as answer:
                    if answer.status == 200:
                        return str((await answer.json())["data"]["task_id"])
                    assert answer.status == 503, await answer.text()
            except (aiohttp.ClientError, OSError):
                self.cut += 1
            await asyncio.sleep(_PAUSE_SECONDS)

    def _note(self) -> None:
        now = time.monotonic()
        self.longest, self._last = max(self.longest, now - self._last), now


async def check(url: str, told: dict[str, str], may_be_more: int = 0) -> int:
    """Look for tasks by id and by external id, and see that none is there twice; return how many there are in all.

    ``may_be_more`` is the number of tasks that may be there although no client knows of them.
    """
    async with session() as client:
        listed = await all_tasks(client, url)
        pairs = iter(told.items())
        await asyncio.gather(*(_look(client, url, pairs) for _ in range(16)))
    ids, external_ids = ({task[name] for task in listed} for name in ("id", "external_id"))
    assert len(ids) == len(external_ids) == len(listed)
    assert told.keys() <= external_ids
    assert len(listed) - len(told) <= may_be_more
    return len(listed)


async def all_tasks(client: aiohttp.ClientSession, url: str) -> list[dict[str, Any]]:
    """Return what the control API lists."""
    found: list[dict[str, Any]] = []
    offset: int | None = 0
    while offset is not None:
        async with client.get(f"{url}/_mock/tasks", params={"limit": 10_000, "offset": offset}) as answer:
            page = await answer.json()
        found += page["items"]
        offset = page["next"]
    return found


async def _look(client: aiohttp.ClientSession, url: str, pairs: Iterator[tuple[str, str]]) -> None:
    for external_id, id in pairs:
        for asked in (id, external_id):
            async with client.get(f"{url}{IMAGE}/{asked}") as answer:
                body = await answer.json()
            assert answer.status == 200, (external_id, id, body)
            seen = (body["data"]["task_id"], body["data"]["task_info"]["external_task_id"])
            assert seen == (id, external_id), (seen, id, external_id)


async def until(seconds: float, what: Callable[[], Any]) -> None:
    """Call something again and again until it is true."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "what was to come has not come"
        await asyncio.sleep(0.05)
