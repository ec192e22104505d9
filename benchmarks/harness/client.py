"""Clients: many connections that are kept busy, or one that asks and waits."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from time import perf_counter
from typing import Any, Self, TypeVar

import uvloop

from benchmarks.harness.wire import Message, message

T = TypeVar("T")

_ANSWER_SECONDS = 30.0
"""How long one answer may take, and the last ones of a load: so much longer than any takes that it must be a hang."""


@dataclass(slots=True)
class Load:
    """What was asked and answered: the seconds it took in all, those of each request, and how often which status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def expect(self, status: int) -> None:
        """Raise ``RuntimeError`` when there was any other answer: a rate of errors is no figure."""
        if set(self.statuses) != {status}:
            raise RuntimeError(f"expected {status} only, and the server answered {dict(self.statuses)}")


def load(
    port: int, requests: Sequence[bytes], *, seconds: float, connections: int = 16, most: int | None = None
) -> Load:
    """Keep ``connections`` busy with the requests in turn, for so many seconds or ``most`` requests."""
    return run(loaded(port, requests, seconds=seconds, connections=connections, most=most))


def run(what: Coroutine[Any, Any, T]) -> T:
    """Run something in the fastest loop there is."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(what)


async def loaded(
    port: int, requests: Sequence[bytes], *, seconds: float, connections: int = 16, most: int | None = None
) -> Load:
    """Do the same within a loop that has other things to do."""
    loop = asyncio.get_running_loop()
    began = perf_counter()
    found = Load()
    supply = _supply(requests, began + seconds, most)
    async with asyncio.timeout(seconds + _ANSWER_SECONDS):
        opening = [
            loop.create_connection(lambda: _Caller(supply, found), "127.0.0.1", port) for _ in range(connections)
        ]
        callers = [caller for _, caller in await asyncio.gather(*opening)]
        await asyncio.gather(*(caller.over for caller in callers))
    found.seconds = perf_counter() - began
    return found


def _supply(requests: Sequence[bytes], end: float, most: int | None) -> Iterator[bytes]:
    for number, request in enumerate(cycle(requests)):
        if perf_counter() >= end or number == most:
            return
        yield request


class _Caller(asyncio.Protocol):
    """One connection: sends the next request as soon as the last is answered."""

    def __init__(self, supply: Iterator[bytes], found: Load) -> None:
        self._supply, self._found = supply, found
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self._sent: float | None = None

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override] # TCP can be written
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        answer = message(self._buffer)
        if answer is None or self._sent is None:
            return
        self._buffer = b""
        self._found.latencies.append(perf_counter() - self._sent)
        self._found.statuses[answer.status] += 1
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._sent is None:
            self.over.set_result(None)
        else:
            self.over.set_exception(exc or ConnectionResetError("the server closed a connection that was in use"))

    def _next(self) -> None:
        request = next(self._supply, None)
        if request is None:
            self._sent = None
            self._transport.close()
            return
        self._sent = perf_counter()
        self._transport.write(request)


class Line:
    """One connection that asks and waits. ``with Line(port) as line:``"""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, request: bytes) -> Message:
        """Send a request and return its answer. Raises ``OSError`` when there is none."""
        self._socket.sendall(request)
        buffer = bytearray()
        while (answer := message(buffer)) is None:
            chunk = self._socket.recv(1 << 20)
            if not chunk:
                raise ConnectionResetError("the server closed the connection before its answer was complete")
            buffer += chunk
        return answer

    def seconds(self, request: bytes, times: int) -> list[float]:
        """Ask the same thing several times, and return the seconds of each."""
        found = []
        for _ in range(times):
            began = perf_counter()
            self.ask(request)
            found.append(perf_counter() - began)
        return found
