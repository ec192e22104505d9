"""Callbacks over HTTP: one timer for all that wait, and one pooled client that sends them."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Self

from mockserver.errors import BadSetting, unexpected
from mockserver.fake.callback_queue import Attempt, Delivery
from mockserver.fake.core import Fake

if TYPE_CHECKING:
    import aiohttp

_PATIENCE_SECONDS = 10.0
"""How long a receiver may take to answer; the real figure is documented nowhere."""

_AT_ONCE = 100
"""Callbacks that are sent at once: the client has that many connections. Waiting for one does not use up patience."""


class CallbackSender:
    """Sends the callbacks that are due, those of one task in order.

    ``async with CallbackSender(fake):`` sends while it is open. The client is made with the first callback.
    """

    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self._client: aiohttp.ClientSession | None = None
        self._loop_task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._last: dict[str, asyncio.Task[None]] = {}
        self._connections = asyncio.Semaphore(_AT_ONCE)
        fake.clock.watch(self._wake_up)
        fake.world.callbacks.watch(self._wake_up)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._loop_task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._loop = None
        tasks = [task for task in (self._loop_task, *self._sending) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    async def settle(self) -> None:
        """Send everything that is due now, and wait until it has arrived or failed."""
        self._send_due()
        while self._sending:
            await asyncio.gather(*self._sending, return_exceptions=True)  # _sent reports them
            self._send_due()

    def _wake_up(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                self._send_due()
            except Exception as error:  # noqa: BLE001 - without this loop nobody gets a callback any more
                unexpected(error, "gave up a round of callbacks")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._pause())

    def _pause(self) -> float | None:
        """Return the seconds until the next callback; ``None`` while none is planned or time stands still."""
        due = self._fake.next_delivery
        if due is None or self._fake.clock.is_frozen:
            return None
        return max(due - self._fake.clock.now(), 1) / 1000

    def _send_due(self) -> None:
        for delivery in self._fake.due():
            task = asyncio.create_task(self._send(delivery, self._last.get(delivery.task_id)))
            self._last[delivery.task_id] = task
            self._sending.add(task)
            task.add_done_callback(partial(self._sent, delivery.task_id))

    def _sent(self, task_id: str, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if self._last.get(task_id) is task:
            del self._last[task_id]
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            unexpected(error, f"gave up a callback of task {task_id}")

    async def _send(self, delivery: Delivery, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        async with self._connections:
            at, began = self._fake.clock.now(), time.monotonic()
            status, fault = await self._post(delivery)
            took = round((time.monotonic() - began) * 1000)
        self._fake.attempted(delivery, Attempt(at, took, status, fault))

    async def _post(self, delivery: Delivery) -> tuple[int | None, str | None]:
        """Return the status of the receiver's answer, or what went wrong. Redirects are not followed."""
        import aiohttp

        if self._client is None:
            self._client = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=_PATIENCE_SECONDS), cookie_jar=aiohttp.DummyCookieJar()
            )
        try:
            headers = {"content-type": "application/json; charset=utf-8", **self._fake.signature(delivery)}
            async with self._client.post(
                delivery.url, data=delivery.body, headers=headers, allow_redirects=False
            ) as response:
                return response.status, None
        except TimeoutError:
            return None, f"no answer within {_PATIENCE_SECONDS:g} s"
        except IndexError:  # yarl raises it for empty brackets
            return None, f"InvalidURL: {delivery.url}"
        except (aiohttp.ClientError, OSError, ValueError, BadSetting) as error:
            return None, f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - a client's URL decides what is raised here; the attempt has failed
            unexpected(error, f"failed to send a callback of task {delivery.task_id}")
            return None, f"{type(error).__name__}: {error}"
