"""Holding: answers that are held wait here, each with the connection of its client, until they may go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mockserver.adapters.http.callbacks import Call
from mockserver.adapters.http.wire import gone
from mockserver.adapters.http.workers import Workers
from mockserver.errors import StoreUnavailable
from mockserver.fake.core import Fake

if TYPE_CHECKING:
    from starlette.types import Receive

T = TypeVar("T")

_LOOK_SECONDS, _SHARED_LOOK_SECONDS = 0.02, 0.05
"""How often it looks whether something was released, perhaps by another process; each look at a shared store is a turn,
which others wait for.
"""


class Holding:
    """The answers of one server that are held."""

    def __init__(self, fake: Fake, call: Call, workers: Workers) -> None:
        """``call`` takes turns at the store."""
        self._fake, self._call, self._workers = fake, call, workers
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._is_open, self._is_looking = True, False
        self._wake = asyncio.Event()

    async def may_go(self, number: int, receive: Receive) -> bool:
        """Wait until an answer is released or the server stops; ``False`` if its client has left before."""
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._begin()
        leaving = self._workers.start("departure", gone(receive))
        try:
            if self._is_open:
                await asyncio.wait([waiting, leaving], return_when=asyncio.FIRST_COMPLETED)
            return waiting.done() or not self._is_open
        finally:
            leaving.cancel()
            del self._waiting[number]
            with suppress(StoreUnavailable):  # others will see that nobody waits for it any more
                await self._in_turn(partial(self._fake.world.held.forget, number))

    def end(self) -> None:
        """Let all go, now and from now on, because the server stops."""
        self._is_open = False
        for waiting in self._waiting.values():
            _let_go(waiting)

    def _begin(self) -> None:
        self._wake.set()
        if not self._is_looking:
            self._is_looking = True
            self._workers.keep("held answers", self._look)

    async def _look(self) -> None:
        pause = _SHARED_LOOK_SECONDS if self._fake.waits else _LOOK_SECONDS
        while True:
            await self._wake.wait()
            asked = [*self._waiting]
            with suppress(StoreUnavailable):  # what is held stays so until the store says that it is not
                left = await self._in_turn(partial(self._fake.world.held.left, asked))
                for number in {*asked} - left:
                    _let_go(self._waiting.get(number))
            if not self._waiting:
                self._wake.clear()
            await asyncio.sleep(pause)

    async def _in_turn(self, work: Callable[[], T]) -> T:
        return await self._call(partial(self._fake.turn, work))


def _let_go(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
