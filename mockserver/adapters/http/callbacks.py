"""Callbacks over HTTP: one timer for all that wait, a lane for each receiver, and one pooled client that sends them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, Self, TypeVar

from mockserver.adapters.http.poster import Poster
from mockserver.adapters.http.workers import Workers
from mockserver.destinations import RefusedDestination
from mockserver.errors import StoreUnavailable
from mockserver.fake.callbacks.delivery import Attempt, Delivery, Receiver
from mockserver.fake.core import Fake

T = TypeVar("T")

_LONGEST_PAUSE_SECONDS = 3600.0
"""The timer looks again after so long: a clock set by hand may lie so far ahead that no timer reaches it."""

_LOOK_SECONDS = 0.2
"""How often a shared store is asked whether others have planned something, or moved the clock."""

_BEAT_SECONDS = 1.0
"""How often a shared store is told that whoever has taken something is alive."""

_EACH_AT_ONCE = 32
"""Callbacks that one receiver gets at once. One that did not answer gets one at a time until it does."""

_ALL_AT_ONCE = 512
"""Callbacks that are sent at once in all: half of the files that a process may usually have open."""

_TAKEN_AT_ONCE = 512
"""Callbacks that are taken out of the store at once."""

_WRITTEN_AT_ONCE = 128
"""Callbacks that are written in one turn of the store: in memory it takes some five milliseconds of the loop."""

_ENOUGH = 2 * _EACH_AT_ONCE
"""Written callbacks that wait for one receiver; of the rest only the keys are kept, some hundred bytes each."""

_MOST_TAKEN = 100_000
"""Callbacks that are taken and have not been sent yet: with more, the keys alone would take tens of megabytes."""

_SHARING_SECONDS = 0.02
"""The pause before more is taken out of a shared store while there is enough to do: others can send some of it."""

_ASKED_SECONDS = 0.05
"""How often whoever waits for callbacks asks the store, while something that came due later is still on its way."""


class Call(Protocol):
    """Calls what takes a turn at the store, so that it does not stop the loop, and returns what that returns."""

    def __call__(self, work: Callable[[], T], /) -> Coroutine[Any, Any, T]: ...


async def at_once(work: Callable[[], T]) -> T:
    """Call what does not wait."""
    return work()


class CallbackSender:
    """Sends the callbacks that are due, each receiver's in a lane of its own, so that a slow one holds up no other.

    ``async with CallbackSender(fake):`` sends while it is open. The client is made with the first callback.
    """

    def __init__(self, fake: Fake, workers: Workers | None = None, call: Call = at_once) -> None:
        """``call`` takes turns at the store; one that waits must not be called on the loop."""
        self.workers = workers or Workers()
        self._fake, self._call = fake, call
        self._poster = Poster(fake, _ALL_AT_ONCE)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake, self._news = asyncio.Event(), asyncio.Event()
        self._lanes: dict[Receiver, _Lane] = {}
        self._full: set[Receiver] = set()
        self._keys: list[str] = []
        self._made: list[tuple[Delivery, Attempt]] = []
        self._is_reporting = False
        self._taken = 0  # things that were taken and are not reported yet
        self._connections = asyncio.Semaphore(_ALL_AT_ONCE)
        fake.clock.watch(self._wake_up)
        fake.world.callbacks.watch(self._wake_up)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self.workers.keep("callbacks", self._run)
        if self._fake.waits:
            self.workers.keep("beat", self._beat)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._loop = None
        await self.workers.stop()
        if self._made:  # what was answered and not reported would be sent once more
            with suppress(StoreUnavailable):
                await self._call(partial(self._fake.attempts, self._made))
        await self._poster.close()

    async def settle(self, patience: float | None = None) -> int:
        """Wait until what is due now has arrived or failed, whoever sends it, and return how many callbacks have not.

        With ``patience`` the wait ends when nothing has moved for so many seconds.
        """
        loop, moment = asyncio.get_running_loop(), self._fake.clock.now()
        seen: int | None = None
        since = loop.time()
        while left := await self._call(partial(self._fake.unfinished, moment)):
            self._news.clear()
            if seen != (seen := await self._call(lambda: self._fake.world.callbacks.version)):
                since = loop.time()
            elif patience is not None and loop.time() - since >= patience:
                return left
            self._wake.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(_ASKED_SECONDS):
                    await self._news.wait()
        return 0

    def _wake_up(self) -> None:
        if self._loop is not None and not self._wake.is_set():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._take()
                pause = await self._pause()
            except StoreUnavailable:  # the store cannot be reached, and whoever asks for the health of it is told so
                pause = _BEAT_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _beat(self) -> None:
        while True:
            with suppress(StoreUnavailable):
                await self._call(self._fake.beat)
            await asyncio.sleep(_BEAT_SECONDS)

    async def _pause(self) -> float | None:
        """Return the seconds until there is something to take; ``None`` until something wakes the sender up."""
        if self._taken >= _MOST_TAKEN:
            return None
        due = await self._call(lambda: self._fake.next_delivery)
        longest = _LOOK_SECONDS if self._fake.waits else _LONGEST_PAUSE_SECONDS
        if due is None or self._fake.clock.is_frozen:
            return longest if self._fake.waits else None
        return min(max(due - self._fake.clock.now(), 1) / 1000, longest)

    async def _take(self) -> None:
        """Take what is due, and put it into its lanes."""
        is_more = True
        while self._keys or self._taken < _MOST_TAKEN:
            if not self._keys:
                self._keys = self._with_room()
            if not self._keys and is_more:
                self._keys = await self._call(partial(self._fake.take, _TAKEN_AT_ONCE))
                is_more = len(self._keys) == _TAKEN_AT_ONCE
            if not (keys := self._keys[:_WRITTEN_AT_ONCE]):
                break
            await self._claim(keys)
            del self._keys[: len(keys)]  # only now: if that has failed, it is done again
            is_pause = is_more and self._fake.waits and any(lane.waiting for lane in self._lanes.values())
            await asyncio.sleep(_SHARING_SECONDS if is_pause and not self._keys else 0)
        if not self._taken:
            self._news.set()

    def _with_room(self) -> list[str]:
        """Return what was held until there is room in its lane."""
        keys: list[str] = []
        for receiver in list(self._full):
            lane = self._lanes[receiver]
            if len(lane.waiting) < _EACH_AT_ONCE:
                keys += [lane.held.popleft() for _ in range(min(len(lane.held), _ENOUGH))]
                self._full.discard(receiver)
        self._taken -= len(keys)
        return keys

    async def _claim(self, keys: list[str]) -> None:
        found = await self._call(partial(self._fake.claimed, keys, frozenset(self._full)))
        self._taken += len(found.deliveries) + len(found.held)
        touched = {receiver for _, receiver in found.held}
        for key, receiver in found.held:
            self._lanes.setdefault(receiver, _Lane()).held.append(key)
        for delivery in found.deliveries:
            touched.add(receiver := delivery.receiver)
            self._lanes.setdefault(receiver, _Lane()).waiting.append(delivery)
        for receiver in touched:
            lane = self._lanes[receiver]
            if lane.is_full:
                self._full.add(receiver)
            self._fill(receiver, lane)

    def _fill(self, receiver: Receiver, lane: _Lane) -> None:
        """Send as much of what waits in a lane as its receiver may get at once."""
        for _ in range(min(len(lane.waiting), lane.most - lane.sending)):
            lane.sending += 1
            self.workers.start("callback", self._work(receiver, lane), f"gave up callbacks to {receiver[1]}")

    async def _work(self, receiver: Receiver, lane: _Lane) -> None:
        """Send what waits in a lane, one after the other, as long as its receiver may get so many at once."""
        try:
            while lane.waiting and lane.sending <= lane.most:
                self._note(await self._send(lane.waiting.popleft(), lane))
                if lane.sending < lane.most:
                    self._fill(receiver, lane)
        finally:
            lane.sending -= 1
            if self._loop is not None:
                self._fill(receiver, lane)
            if not lane.sending and not lane.waiting and not lane.held:
                self._lanes.pop(receiver, None)
                self._full.discard(receiver)

    async def _send(self, delivery: Delivery, lane: _Lane) -> tuple[Delivery, Attempt]:
        async with self._connections:
            at, began = self._fake.clock.now(), time.monotonic()
            status, fault, is_refused = None, None, False
            try:
                status, fault = await self._poster.post(delivery)
            except RefusedDestination as error:
                fault, is_refused = str(error), True
            took = round((time.monotonic() - began) * 1000)
        lane.is_answering = status is not None
        return delivery, Attempt(at, took, status, fault, is_refused)

    def _note(self, made: tuple[Delivery, Attempt]) -> None:
        """Report an attempt, together with those that are made meanwhile."""
        self._made.append(made)
        if not self._is_reporting:
            self._is_reporting = True
            self.workers.start("reports of callbacks", self._report(), "gave up the reports of callbacks")

    async def _report(self) -> None:
        try:
            while made := self._made[:_TAKEN_AT_ONCE]:
                try:
                    await self._call(partial(self._fake.attempts, made))
                except StoreUnavailable:  # the store cannot be reached, and what was sent must not be forgotten
                    await asyncio.sleep(_BEAT_SECONDS)
                    continue
                del self._made[: len(made)]
                self._taken -= len(made)
                if not self._taken:
                    self._news.set()
                self._wake.set()
        finally:
            self._is_reporting = False


@dataclass(slots=True, eq=False, repr=False)
class _Lane:
    """What one receiver gets: the callbacks that wait, the keys of those behind them, and how many are on their way."""

    waiting: deque[Delivery] = field(default_factory=deque)
    held: deque[str] = field(default_factory=deque)
    sending: int = 0
    is_answering: bool = True

    @property
    def most(self) -> int:
        """How many callbacks its receiver gets at once."""
        return _EACH_AT_ONCE if self.is_answering else 1

    @property
    def is_full(self) -> bool:
        """Whether what comes next has to wait unwritten."""
        return bool(self.held) or len(self.waiting) >= _ENOUGH
