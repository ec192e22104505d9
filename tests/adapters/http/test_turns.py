"""Turns: what comes in while one runs is decided in the next, and each answer goes to whoever asked."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.adapters.http import turns as module
from mockserver.adapters.http.turns import Turns
from mockserver.adapters.testing.live import live
from mockserver.errors import StoreUnavailable
from mockserver.fake.core import Fake
from mockserver.fake.intake.intake import Prepared
from mockserver.settings import Settings
from mockserver.types import Request, Response
from tests.conftest import IMAGE, PATIENCE, TOKEN
from tests.support.process import answers

FULL = StoreUnavailable("sqlite:/tasks: the disk is full. Make room")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Decider:
    """A fake whose turns wait until they are let go, each noted with its requests."""

    turns: list[list[str]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    gate: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(10**6))
    error: Exception | None = None
    missing: int = 0  # answers that a turn fails to give

    def prepare(self, request: Request) -> str:
        if "wrong" in request.path:
            raise LookupError(request.path)
        return request.path

    def answers(self, prepared: Sequence[str]) -> list[Response]:
        self.turns.append(list(prepared))
        self.threads.add(threading.current_thread().name)
        self.begun.release()
        assert self.gate.acquire(timeout=PATIENCE)
        if self.error is not None:
            raise self.error
        return [Response(200, path.encode()) for path in prepared][self.missing :]

    def failed(self, request: Request, error: Exception) -> Response:
        self.threads.add(threading.current_thread().name)
        if "silent" in request.path:
            raise error
        return Response(503, f"{request.path}: {error}".encode())

    def hold(self) -> None:
        """Let no turn go on until ``gate`` is released."""
        self.gate = threading.Semaphore(0)

    async def has_begun(self) -> None:
        assert await asyncio.to_thread(self.begun.acquire, timeout=PATIENCE)


@pytest.fixture
def fake() -> Decider:
    return Decider()


@pytest.fixture
async def turns(fake: Decider) -> AsyncIterator[Turns[str]]:
    async with asyncio.timeout(PATIENCE), Turns(fake) as found:
        yield found


def asked(path: str) -> Request:
    return Request("GET", path)


async def test_what_comes_in_while_a_turn_runs_is_decided_in_the_next(fake: Decider, turns: Turns[str]) -> None:
    fake.hold()
    found = [turns.ask(asked("0"))]
    await fake.has_begun()
    found += [turns.ask(asked(str(n))) for n in range(1, 6)]
    fake.gate.release(2)
    assert [answer.body for answer in await asyncio.gather(*found)] == [b"0", b"1", b"2", b"3", b"4", b"5"]
    assert fake.turns == [["0"], ["1", "2", "3", "4", "5"]]
    assert len(fake.threads) == 1


async def test_no_answer_comes_before_its_turn_has_ended(fake: Decider, turns: Turns[str]) -> None:
    fake.hold()
    answer = turns.ask(asked("0"))
    await fake.has_begun()
    assert not answer.done()
    fake.gate.release()
    assert (await answer).body == b"0"


async def test_a_turn_has_no_more_requests_than_others_can_wait_for(fake: Decider, turns: Turns[str]) -> None:
    await asyncio.gather(*(turns.ask(asked(str(n))) for n in range(2 * module._MOST + 2)))
    assert [len(turn) for turn in fake.turns] == [1, module._MOST, module._MOST, 1]


async def test_whoever_is_cancelled_disturbs_nobody(fake: Decider, turns: Turns[str]) -> None:
    fake.hold()
    found = [turns.ask(asked(str(n))) for n in range(3)]
    await fake.has_begun()
    found += [turns.ask(asked(str(n))) for n in range(3, 6)]
    for n in (0, 2, 4):
        found[n].cancel()
    fake.gate.release(3)
    assert [(await found[n]).body for n in (1, 3, 5)] == [b"1", b"3", b"5"]
    assert list(chain(*fake.turns)) == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.parametrize("error", [FULL, ValueError("of a kind nobody foresaw")])
async def test_a_turn_that_fails_answers_each_and_the_next_goes_on(
    error: Exception, fake: Decider, turns: Turns[str]
) -> None:
    fake.error = error
    found = await asyncio.gather(*(turns.ask(asked(str(n))) for n in range(4)))
    assert [(answer.status, answer.body) for answer in found] == [(503, f"{n}: {error}".encode()) for n in range(4)]
    fake.error = None
    assert (await turns.ask(asked("4"))).status == 200
    assert len(fake.threads) == 1


async def test_a_turn_that_gives_too_few_answers_has_failed(fake: Decider, turns: Turns[str]) -> None:
    fake.missing = 1
    assert (await turns.ask(asked("0"))).status == 503


async def test_a_request_that_cannot_be_prepared_is_told_and_disturbs_nobody(fake: Decider, turns: Turns[str]) -> None:
    found = await asyncio.gather(*(turns.ask(asked(path)) for path in ("0", "1", "wrong", "2")))
    assert [answer.status for answer in found] == [200, 200, 503, 200]
    assert found[2].body == b"wrong: wrong"
    assert (await turns.ask(asked("wrong"))).status == 503  # alone in its turn
    assert [] not in fake.turns


async def test_an_error_without_an_answer_is_raised_where_it_was_asked(fake: Decider, turns: Turns[str]) -> None:
    found = await asyncio.gather(*(turns.ask(asked(path)) for path in ("0", "wrong-silent")), return_exceptions=True)
    assert isinstance(found[1], LookupError)
    assert isinstance(found[0], Response)


async def test_what_takes_long_to_prepare_keeps_nobody_waiting(fake: Decider, turns: Turns[str]) -> None:
    started, release = threading.Event(), threading.Event()
    usual = fake.prepare

    def prepare(request: Request) -> str:
        if request.path == "long":
            started.set()
            assert release.wait(PATIENCE)
        return usual(request)

    fake.prepare = prepare  # type: ignore[method-assign]
    long = asyncio.ensure_future(turns.answer(asked("long")))
    assert await asyncio.to_thread(started.wait, PATIENCE)
    assert (await turns.ask(asked("0"))).body == b"0"
    release.set()
    assert (await long).body == b"long"


@given(kinds=st.lists(st.sampled_from(["ask", "call", "raise"]), max_size=12))
async def test_all_is_done_in_the_order_in_which_it_was_asked(kinds: list[str]) -> None:
    fake = Decider()
    done: list[str] = fake_log(fake)

    def work(n: int) -> Callable[[], int]:
        def run() -> int:
            done.append(str(n))
            if kinds[n] == "raise":
                raise LookupError(n)
            return n

        return run

    async with asyncio.timeout(PATIENCE), Turns(fake) as turns:
        found = await asyncio.gather(
            *(turns.ask(asked(str(n))) if kind == "ask" else turns.call(work(n)) for n, kind in enumerate(kinds)),
            return_exceptions=True,
        )
    asks = [n for n, kind in enumerate(kinds) if kind == "ask"]
    others = [n for n, kind in enumerate(kinds) if kind != "ask"]
    assert sorted(done, key=int) == [str(n) for n in range(len(kinds))]
    assert [n for n in map(int, done) if n in asks] == asks
    assert [n for n in map(int, done) if n in others] == others
    for n, (kind, result) in enumerate(zip(kinds, found, strict=True)):
        if kind == "ask":
            assert isinstance(result, Response)
        else:
            assert result == n if kind == "call" else isinstance(result, LookupError)


def fake_log(fake: Decider) -> list[str]:
    """Return a list to which each request is added when it is decided."""
    done: list[str] = []
    usual = fake.answers

    def noted(prepared: Sequence[str]) -> list[Response]:
        done.extend(prepared)
        return usual(prepared)

    fake.answers = noted  # type: ignore[method-assign]
    return done


async def test_it_ends_when_all_that_was_asked_is_answered(fake: Decider) -> None:
    fake.hold()
    async with asyncio.timeout(PATIENCE):
        async with Turns(fake) as turns:
            first = turns.ask(asked("0"))
            await fake.has_begun()
            second = turns.ask(asked("1"))
            fake.gate.release(2)
        assert (first.done(), second.done()) == (True, True)


# --- Through a connection -------------------------------------------------------------------------------------------


class Waiting(Fake):
    """A fake whose turns can be held."""

    waits = True

    def __init__(self, decider: Decider) -> None:
        super().__init__(Settings(seed=1, pace="instant"))
        self.decider = decider

    def answers(self, requests: Sequence[Prepared]) -> list[Response]:
        self.decider.answers([each.request.path for each in requests])
        return super().answers(requests)


@pytest.fixture
def port(fake: Decider) -> Iterator[int]:
    with live(Waiting(fake)) as running:
        yield int(running.url.rpartition(":")[2])
        fake.gate.release(100)


def create(*lines: str) -> bytes:
    body = b'{"prompt": "A red bicycle"}'
    head = [f"POST {IMAGE} HTTP/1.1", "host: a", f"authorization: Bearer {TOKEN}", f"content-length: {len(body)}"]
    return "\r\n".join([*head, "content-type: application/json", *lines, "", ""]).encode() + body


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE)


def is_open(port: int) -> bool:
    """Whether somebody takes connections."""
    try:
        connect(port).close()
    except OSError:
        return False
    return True


def test_while_a_turn_runs_other_connections_are_served(fake: Decider, port: int) -> None:
    fake.hold()
    with connect(port) as one, connect(port) as other, connect(port) as third:
        one.sendall(create())
        assert fake.begun.acquire(timeout=PATIENCE)
        other.sendall(b"GET /_mock/health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert answers(other)[0].status == 200
        third.sendall(create() * 3)
        fake.gate.release(100)
        assert answers(one)[0].status == 200
        assert [answer.status for answer in answers(third, 3)] == [200] * 3


def test_a_client_that_hangs_up_while_its_turn_runs_disturbs_nobody(fake: Decider, port: int) -> None:
    fake.hold()
    with connect(port) as one, connect(port) as other:
        one.sendall(create())
        assert fake.begun.acquire(timeout=PATIENCE)
        one.close()
        other.sendall(create())
        fake.gate.release(100)
        assert answers(other)[0].status == 200


def test_a_request_in_its_turn_is_answered_before_the_server_stops(fake: Decider) -> None:
    fake.hold()
    with ExitStack() as server:
        port = int(server.enter_context(live(Waiting(fake))).url.rpartition(":")[2])
        with connect(port) as connection:
            connection.sendall(create())
            assert fake.begun.acquire(timeout=PATIENCE)
            stopping = threading.Thread(target=server.pop_all().close)
            stopping.start()
            while is_open(port):
                pass
            fake.gate.release()
            (answer,) = answers(connection)
            stopping.join(PATIENCE)
    assert (answer.status, json.loads(answer.body)["code"]) == (200, 0)
    assert answer.headers["connection"] == "close"
