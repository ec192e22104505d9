"""Bodies: read whole, and of those that never end the oldest are cut off before they fill the memory."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message

from mockserver.adapters.http import bodies as module
from mockserver.adapters.http.bodies import Bodies
from mockserver.adapters.http.connection.transport import TRANSPORT

LIMIT = 1000


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Client:
    """Sends a body in pieces, and notices when it is cut off."""

    def __init__(self, bodies: Bodies, *, has_transport: bool = True) -> None:
        self.comes = asyncio.Queue[Message]()
        self.is_cut = False
        extensions = {TRANSPORT: {"transport": self}} if has_transport else {}
        self.reading = asyncio.ensure_future(bodies.read({"extensions": extensions}, self.comes.get, LIMIT))

    def abort(self) -> None:
        self.is_cut = True
        self.comes.put_nowait({"type": "http.disconnect"})

    async def send(self, piece: bytes, *, is_last: bool = False) -> None:
        self.comes.put_nowait({"type": "http.request", "body": piece, "more_body": not is_last})
        for _ in range(5):
            await asyncio.sleep(0)


async def test_a_body_comes_whole_however_it_is_cut() -> None:
    bodies = Bodies()
    for pieces in ([b"abc"], [b"", b"a", b"", b"bc"], [b"a", b"b", b"c"]):
        client = Client(bodies)
        for piece in pieces[:-1]:
            await client.send(piece)
        await client.send(pieces[-1], is_last=True)
        assert await client.reading == b"abc"
    assert (bodies._total, bodies._held, bodies._transports) == (0, {}, {})


async def test_a_body_over_the_limit_is_not_read_to_its_end() -> None:
    client = Client(Bodies())
    for _ in range(3):
        await client.send(b"x" * 600)
    body = await client.reading
    assert body is not None
    assert LIMIT < len(body) < 2 * LIMIT


async def test_when_bodies_that_do_not_end_hold_too_much_the_oldest_are_cut_off() -> None:
    bodies = Bodies()
    clients = [Client(bodies) for _ in range(3 * module._AT_ONCE)]
    for client in clients:
        await client.send(b"x")
        await client.send(b"x" * (LIMIT - 1))
    cut = [client.is_cut for client in clients]
    assert cut == sorted(cut, reverse=True)
    assert sum(not is_cut for is_cut in cut) == module._AT_ONCE
    assert bodies._total <= module._AT_ONCE * LIMIT
    assert [await client.reading for client in clients[: sum(cut)]] == [None] * sum(cut)
    await clients[-1].send(b"", is_last=True)
    assert await clients[-1].reading == b"x" * LIMIT
    for client in clients:
        client.reading.cancel()


async def test_a_body_of_a_client_without_a_connection_is_read_all_the_same() -> None:
    bodies = Bodies()
    clients = [Client(bodies, has_transport=False) for _ in range(module._AT_ONCE + 2)]
    for client in clients:
        await client.send(b"")
        await client.send(b"x" * LIMIT)
    for client in clients:
        await client.send(b"", is_last=True)
        assert await client.reading == b"x" * LIMIT
