"""Callbacks over HTTP: one timer for all that wait, a lane for each receiver, and one pooled client that sends them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Self

from mockserver.adapters.control.guard import CALLBACK
from mockserver.adapters.http.connector import connector, target
from mockserver.adapters.http.workers import Workers
from mockserver.destinations import RefusedDestination
from mockserver.errors import BadSetting, unexpected
from mockserver.fake.callbacks.delivery import Attempt, Delivery
from mockserver.fake.core import Fake
from mockserver.types import Millis

if TYPE_CHECKING:
    import aiohttp

_PATIENCE_SECONDS = 10.0
"""How long a receiver may take to answer; the real figure is documented nowhere."""

_LONGEST_PAUSE_SECONDS = 3600.0
"""The timer looks again after so long: a clock set by hand may lie so far ahead that no timer reaches it."""

Receiver = tuple[str, str]
"""An account and the origin of its callback URL: two accounts never wait for each other."""

_EACH_AT_ONCE = 32
"""Callbacks that one receiver gets at once. One that did not answer gets one at a time until it does."""

_ALL_AT_ONCE = 512
"""Callbacks that are sent at once in all: half of the files that a process may usually have open."""


class CallbackSender:
    """Sends the callbacks that are due, each receiver's in a lane of its own, so that a slow one holds up no other.

    ``async with CallbackSender(fake):`` sends while it is open. The client is made with the first callback.
    """

    def __init__(self, fake: Fake, workers: Workers | None = None) -> None:
        self.workers = workers or Workers()
        self._fake = fake
        self._client: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._lanes: dict[Receiver, _Lane] = {}
        self._unfinished = _Unfinished()
        self._connections = asyncio.Semaphore(_ALL_AT_ONCE)
        fake.clock.watch(self._wake_up)
        fake.world.callbacks.watch(self._wake_up)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self.workers.keep("callbacks", self._run)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._loop = None
        await self.workers.stop()
        if self._client is not None:
            await self._client.close()

    async def settle(self, patience: float | None = None) -> int:
        """Send what is due now, wait until it has arrived or failed, and return how many callbacks have not.

        With ``patience`` the wait ends when no receiver has answered for so many seconds.
        """
        self._send_due()
        moment = self._fake.clock.now()
        while self._unfinished.are_there(moment):
            self._unfinished.news.clear()
            try:
                async with asyncio.timeout(patience):
                    await self._unfinished.news.wait()
            except TimeoutError:
                return len(self._unfinished)
            self._send_due()
        return 0

    def _wake_up(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._send_due()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._pause())

    def _pause(self) -> float | None:
        """Return the seconds until the next callback; ``None`` while none is planned or time stands still."""
        due = self._fake.next_delivery
        if due is None or self._fake.clock.is_frozen:
            return None
        return min(max(due - self._fake.clock.now(), 1) / 1000, _LONGEST_PAUSE_SECONDS)

    def _send_due(self) -> None:
        now = self._fake.clock.now()
        for delivery in self._fake.due():
            # A retry, and what somebody sends again, has been due since now; all else since its time.
            ticket = self._unfinished.add(now if delivery.attempts else delivery.due)
            receiver = delivery.account, _origin(delivery.url)
            lane = self._lanes.setdefault(receiver, _Lane())
            lane.waiting.append((ticket, delivery))
            self._fill(receiver, lane)

    def _fill(self, receiver: Receiver, lane: _Lane) -> None:
        """Send as much of what waits in a lane as its receiver may get at once."""
        while lane.waiting and lane.sending < (_EACH_AT_ONCE if lane.is_answering else 1):
            ticket, delivery = lane.waiting.popleft()
            lane.sending += 1
            task = self.workers.start(
                "callback", self._send(delivery, lane), f"gave up a callback of task {delivery.task_id}"
            )
            task.add_done_callback(partial(self._sent, ticket, receiver, lane))
        if not lane.sending:
            self._lanes.pop(receiver, None)

    def _sent(self, ticket: int, receiver: Receiver, lane: _Lane, _: asyncio.Task[None]) -> None:
        lane.sending -= 1
        self._unfinished.remove(ticket)
        if self._loop is not None:
            self._fill(receiver, lane)

    async def _send(self, delivery: Delivery, lane: _Lane) -> None:
        async with self._connections:
            at, began = self._fake.clock.now(), time.monotonic()
            status, fault, is_refused = None, None, False
            try:
                status, fault = await self._post(delivery)
            except RefusedDestination as error:
                fault, is_refused = str(error), True
            took = round((time.monotonic() - began) * 1000)
        lane.is_answering = status is not None
        self._fake.attempted(delivery, Attempt(at, took, status, fault, is_refused))

    async def _post(self, delivery: Delivery) -> tuple[int | None, str | None]:
        """Return the status of the receiver's answer, or what went wrong. Redirects are not followed.

        Raises ``RefusedDestination``.
        """
        import aiohttp

        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=connector(lambda: self._fake.world.destinations, _ALL_AT_ONCE),
                timeout=aiohttp.ClientTimeout(total=_PATIENCE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        try:
            headers = {
                "content-type": "application/json; charset=utf-8",
                CALLBACK: delivery.id,
                **self._fake.signature(delivery),
            }
            url = target(delivery.url, self._fake.world.destinations)
            async with self._client.post(url, data=delivery.body, headers=headers, allow_redirects=False) as response:
                return response.status, None
        except RefusedDestination:
            raise
        except TimeoutError:
            return None, f"no answer within {_PATIENCE_SECONDS:g} s"
        except IndexError:  # yarl raises it for empty brackets
            return None, f"InvalidURL: {delivery.url}"
        except (aiohttp.ClientError, OSError, ValueError, BadSetting) as error:
            return None, f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - a client's URL decides what is raised here; the attempt has failed
            unexpected(error, f"failed to send a callback of task {delivery.task_id}")
            return None, f"{type(error).__name__}: {error}"


@dataclass(slots=True)
class _Lane:
    """What one receiver gets: the callbacks that wait, and how many are on their way."""

    waiting: deque[tuple[int, Delivery]] = field(default_factory=deque)
    sending: int = 0
    is_answering: bool = True


class _Unfinished:
    """The callbacks that were due and have neither arrived nor failed, each with a ticket: a doubled one has two."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self._tickets = count()
        self._open: set[int] = set()
        self._oldest: list[tuple[Millis, int]] = []

    def __len__(self) -> int:
        return len(self._open)

    def add(self, since: Millis) -> int:
        ticket = next(self._tickets)
        self._open.add(ticket)
        heappush(self._oldest, (since, ticket))
        return ticket

    def remove(self, ticket: int) -> None:
        self._open.discard(ticket)
        self.news.set()

    def are_there(self, moment: Millis) -> bool:
        """Say whether any was due by a moment."""
        while self._oldest and self._oldest[0][1] not in self._open:
            heappop(self._oldest)
        return bool(self._oldest) and self._oldest[0][0] <= moment


def _origin(url: str) -> str:
    """Return the part of a URL that says whom it reaches, as far as lanes are concerned."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}".lower()
