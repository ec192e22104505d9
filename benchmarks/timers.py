"""Timers: how many a loop keeps for the callbacks that wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextvars import Context
from typing import Any

from benchmarks.harness.stream import IMAGES, images
from mockserver.adapters.http.callbacks import CallbackSender
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from mockserver.types import Request


class _Loop(asyncio.SelectorEventLoop):
    """A loop that remembers the timers it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._timers: list[asyncio.TimerHandle] = []

    def call_at(  # type: ignore[override] # what is called does not matter here
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        timer = super().call_at(when, callback, *args, context=context)
        self._timers.append(timer)
        return timer

    @property
    def waiting(self) -> int:
        """How many of them still wait."""
        return sum(not timer.cancelled() and timer.when() > self.time() for timer in self._timers)


def timers(tasks: int) -> int:
    """Count the timers of a loop in which so many tasks wait for their callback."""
    fake = Fake(Settings(pace="real", readings={"callback-on": "end-only"}))
    body = json.dumps({**images()[0], "callback_url": "http://127.0.0.1:9/"}).encode()
    headers = {"authorization": "Bearer benchmark", "content-type": "application/json"}

    async def waiting() -> int:
        async with CallbackSender(fake):
            for _ in range(tasks):
                fake.respond(Request("POST", IMAGES, headers=headers, body=body))
            for _ in range(20):  # passes of the loop, in which the courier sees what waits
                await asyncio.sleep(0)
            loop = asyncio.get_running_loop()
            assert isinstance(loop, _Loop)
            return loop.waiting

    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(waiting())
