"""Turns: requests to a store that waits are decided together, in one thread, while others are read.

A turn may wait for a lock, a disk or a network, and must not keep the event loop. What comes in while one runs is
decided in the next: the more there is to do, the less a request pays for the commit that it shares.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Generic, Protocol, Self, TypeVar

from mockserver.adapters.http.stack import roomy
from mockserver.types import Request, Response

T = TypeVar("T")
Prepared = TypeVar("Prepared")

_MOST = 256
"""As many requests share a turn at most. It takes some 20 ms then, which other workers wait, and a commit far less."""


class Deciding(Protocol[Prepared]):
    """What turns need of a fake.

    * ``prepare`` reads a request, without waiting for anything
    * ``answers`` decides some in one turn, and waits until that is durable; if it raises, none of them is answered
    * ``failed`` answers one that an exception has kept from its answer; it may wait, too
    """

    def prepare(self, request: Request) -> Prepared: ...
    def answers(self, prepared: Sequence[Prepared]) -> list[Response]: ...
    def failed(self, request: Request, error: Exception) -> Response: ...


class _Asked(Generic[Prepared]):
    """A request that waits for its turn. If it could not be prepared or decided, the turn answers the ``error``."""

    __slots__ = ("answer", "error", "prepared", "request", "response")

    def __init__(self, request: Request, answer: asyncio.Future[Response]) -> None:
        self.request, self.answer = request, answer
        self.prepared: Prepared
        self.response: Response
        self.error: Exception | None = None


_Work = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class Turns(Generic[Prepared]):
    """The turns of one server, one after another. ``async with`` it: it ends when all that was asked is answered.

    Who waits for an answer may be cancelled: the request is decided all the same, like that of a client that hangs up.
    """

    def __init__(self, fake: Deciding[Prepared]) -> None:
        self._fake = fake
        self._waiting: list[_Asked[Prepared] | _Work] = []
        self._running: asyncio.Future[Any] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mockserver-turns")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Wait until nothing waits any more."""
        while self._running is not None:
            await asyncio.wait([self._running])
        self._thread.shutdown(wait=False)

    def ask(self, request: Request) -> asyncio.Future[Response]:
        """Prepare a request and return its answer to be, which comes when its turn is durable."""
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        asked = _Asked[Prepared](request, answer)
        self._prepare(asked)
        self._enqueue(asked)
        return answer

    async def answer(self, request: Request) -> Response:
        """Answer a request that takes long to prepare, which is done in a thread."""
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        asked = _Asked[Prepared](request, answer)
        from anyio import to_thread

        await to_thread.run_sync(self._prepare, asked)
        self._enqueue(asked)
        return await answer

    async def call(self, work: Callable[[], T]) -> T:
        """Return what a function returns that may wait for the store. It runs after all that was asked before."""
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._enqueue((work, result))
        return await result

    def _prepare(self, asked: _Asked[Prepared]) -> None:
        try:
            asked.prepared = self._fake.prepare(asked.request)
        except Exception as error:  # noqa: BLE001 - what is told of it may wait for the store, so its turn tells it
            asked.error = error

    def _enqueue(self, what: _Asked[Prepared] | _Work) -> None:
        self._waiting.append(what)
        if self._running is None:
            self._begin()

    def _begin(self) -> None:
        """Begin a turn: with a function that comes first, or with the requests up to the next one."""
        loop = asyncio.get_running_loop()
        first = self._waiting[0]
        if isinstance(first, tuple):
            del self._waiting[0]
            self._running = loop.run_in_executor(self._thread, roomy, partial(_outcome, first[0]))
            self._running.add_done_callback(partial(self._end, [first[1]]))
            return
        batch: list[_Asked[Prepared]] = []
        for each in self._waiting[:_MOST]:
            if isinstance(each, tuple):
                break
            batch.append(each)
        del self._waiting[: len(batch)]
        self._running = loop.run_in_executor(self._thread, roomy, partial(self._decided, batch))
        self._running.add_done_callback(partial(self._end, [each.answer for each in batch]))

    def _end(self, results: Sequence[asyncio.Future[Any]], turn: asyncio.Future[list[_Outcome]]) -> None:
        self._running = None
        if self._waiting:
            self._begin()
        for result, (value, error) in zip(results, turn.result(), strict=True):
            if result.done():
                continue  # whoever waited was cancelled
            if error is None:
                result.set_result(value)
            else:
                result.set_exception(error)

    def _decided(self, batch: Sequence[_Asked[Prepared]]) -> list[_Outcome]:
        """Decide requests, in the thread. If a turn fails, each of them is told so."""
        asked = [each for each in batch if each.error is None]
        try:
            answers = self._fake.answers([each.prepared for each in asked]) if asked else ()
            for each, response in zip(asked, answers, strict=True):
                each.response = response
        except Exception as error:  # noqa: BLE001 - the last resort: each of them gets an answer
            for each in asked:
                each.error = error
        return [
            (each.response, None) if each.error is None else self._failed(each.request, each.error) for each in batch
        ]

    def _failed(self, request: Request, error: Exception) -> _Outcome:
        (outcome,) = _outcome(partial(self._fake.failed, request, error))
        return outcome


_Outcome = tuple[Any, Exception | None]
"""What a function returned, or what it raised."""


def _outcome(work: Callable[[], Any]) -> list[_Outcome]:
    try:
        return [(work(), None)]
    except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
        return [(None, error)]
