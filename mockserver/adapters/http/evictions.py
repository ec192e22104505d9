"""Evictions: a server says once, on stderr, that tasks had to go for want of room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from mockserver.errors import StoreUnavailable, noticed
from mockserver.fake.core import Fake
from mockserver.fake.stores.evictions import is_first

T = TypeVar("T")

_LOOK_SECONDS = 1.0
"""How often it looks whether any had to go: it is soon enough for a person."""


async def tell_of_evictions(fake: Fake) -> None:
    """Wait until tasks had to go, and say so, unless another who shares the store does."""

    async def ask(question: Callable[[], T]) -> T:
        if not fake.waits:
            return question()
        from anyio import to_thread

        return await to_thread.run_sync(question)

    while True:
        with suppress(StoreUnavailable):
            if await ask(lambda: fake.world.tasks.evicted):
                if await ask(lambda: fake.turn(lambda: is_first(fake.world.documents))):
                    _say(fake.settings.max_tasks)
                return
        await asyncio.sleep(_LOOK_SECONDS)


def _say(most: int) -> None:
    text = (
        f"the oldest tasks are being forgotten: {most} fit, or fewer where they are large."
        " Start with a greater --max-tasks, or reset from time to time; /_mock/health counts them."
    )
    noticed(text)
