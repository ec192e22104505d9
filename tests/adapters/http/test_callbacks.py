"""Callbacks over HTTP, to a real receiver on loopback: in order, again when they fail, signed, and on one timer."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from mockserver.adapters.http import callbacks, poster
from mockserver.adapters.http.callbacks import CallbackSender
from mockserver.contract.readings import Readings
from mockserver.errors import BadSetting, StoreUnavailable
from mockserver.fake.callbacks.delivery import Attempt, Delivery, signed
from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.fake.dialects import kling
from mockserver.fake.lifecycle import State, Task
from mockserver.fake.stores.memory.store import Memory
from mockserver.fake.world import World
from mockserver.settings import Settings
from mockserver.types import JSON, Request
from tests.conftest import IMAGE, PATIENCE, PAYLOADS, VIDEO, CheckedFake

T = TypeVar("T")

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
END_ONLY = {"callback-on": "end-only"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass(frozen=True)
class Got:
    """A request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> JSON:
        return json.loads(self.body)


Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]


def raw(text: str) -> Reply:
    async def reply(writer: asyncio.StreamWriter) -> None:
        writer.write(text.encode())
        await writer.drain()

    return reply


def status(number: int, headers: str = "") -> Reply:
    return raw(f"HTTP/1.1 {number} As Told\r\ncontent-length: 0\r\n{headers}\r\n")


async def silence(_: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def longer_silence(_: asyncio.StreamWriter) -> None:
    """Say nothing for longer than is waited for, which takes no time."""
    leap()
    await asyncio.Event().wait()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@dataclass
class Receiver:
    """Answers each request with the next of its replies, and when there are no more with the last."""

    replies: tuple[Reply, ...]
    got: list[Got] = field(default_factory=list)
    port: int = 0
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    serving: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?for=me&and=%E7%8C%AB"

    @property
    def statuses(self) -> list[str]:
        return [got.json["task_status"] for got in self.got]

    async def until(self, count: int) -> None:
        """Wait for so many requests in all."""
        async with asyncio.timeout(PATIENCE), self.news:
            await self.news.wait_for(lambda: len(self.got) >= count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.add(asyncio.current_task())  # type: ignore[arg-type] # there is one
        with closing(writer), suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                line, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
                headers = {name.lower(): value for name, _, value in (text.partition(": ") for text in fields)}
                body = await reader.readexactly(int(headers["content-length"]))
                async with self.news:
                    self.got.append(Got(line, headers, body))
                    self.news.notify_all()
                await self.replies[min(len(self.got), len(self.replies)) - 1](writer)


@asynccontextmanager
async def receiver(*replies: Reply) -> AsyncIterator[Receiver]:
    found = Receiver(replies or (status(200),))
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    async with server:
        yield found
        for task in found.serving:
            task.cancel()
        await asyncio.gather(*found.serving)


def frozen(**options: Any) -> CheckedFake:
    fake = CheckedFake(**options)
    fake.clock.freeze()
    return fake


def leap() -> None:
    """Let the loop's clock leap over the time that a receiver has to answer."""
    loop = asyncio.get_running_loop()
    now = loop.time
    loop.time = lambda: now() + 2 * poster.PATIENCE_SECONDS  # type: ignore[method-assign] # the clock is ours


def attempts(fake: CheckedFake) -> list[Attempt]:
    return [attempt for delivery in fake.world.callbacks.deliveries for attempt in delivery.attempts]


def wait_for_next(fake: CheckedFake) -> None:
    """Let the fake's clock come to the next callback."""
    assert fake.next_delivery is not None
    fake.clock.set(fake.next_delivery)


async def test_a_scripted_day_brings_three_callbacks_in_order_in_no_time() -> None:
    fake = frozen(pace="real")
    async with receiver() as there, CallbackSender(fake) as sender:
        id = fake.made(VIDEO, callback_url=there.url, external_task_id="mine")
        fake.clock.advance(90_000)
        await sender.settle()
        assert there.statuses == ["submitted", "processing", "succeed"]
        assert [got.json["task_id"] for got in there.got] == [id] * 3
        moments = [got.json["updated_at"] for got in there.got]
        assert moments == sorted(set(moments))
        assert there.got[-1].json == fake.get(VIDEO, id).data


async def test_a_callback_is_a_post_of_bare_json_to_the_very_url() -> None:
    fake = frozen(pace="instant", readings=END_ONLY)
    async with receiver() as there, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=there.url)
        await sender.settle()
        (got,) = there.got
    assert got.line == "POST /hook?for=me&and=%E7%8C%AB HTTP/1.1"
    assert got.headers["content-type"] == "application/json; charset=utf-8"
    assert got.headers["host"] == f"127.0.0.1:{there.port}"
    assert got.json.keys() & {"code", "message", "request_id", "data"} == set()
    assert not any(name.startswith("webhook-") for name in got.headers)


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        ("every-change", ["submitted", "processing", "succeed"]),
        ("after-created", ["processing", "succeed"]),
        ("end-only", ["succeed"]),
    ],
)
async def test_which_changes_are_called_back_is_a_reading(reading: str, expected: list[str]) -> None:
    fake = frozen(readings={"callback-on": reading})
    async with receiver() as there, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=there.url)
        fake.clock.advance(2000)
        await sender.settle()
    assert there.statuses == expected


async def test_a_task_that_cannot_be_described_loses_its_callbacks_and_nobody_elses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = frozen()
    async with receiver() as there, CallbackSender(fake):
        poisonous = fake.made(IMAGE, callback_url=there.url)
        described = kling.record

        def record(world: World, task: Task, state: State, readings: Readings) -> dict[str, JSON]:
            if task.id == poisonous and state.status == "processing":
                raise AttributeError("of a kind nobody foresaw")
            return described(world, task, state, readings)

        monkeypatch.setattr(kling, "record", record)
        fake.made(IMAGE, callback_url=there.url)
        fake.clock.advance(2000)
        await there.until(5)
        fake.made(IMAGE, callback_url=there.url)
        await there.until(6)
    assert sorted(there.statuses) == ["processing", *["submitted"] * 3, *["succeed"] * 2]
    told = capsys.readouterr().err
    assert f"gave up the callback 'processing' of task kling/{poisonous}" in told
    assert told.count("AttributeError: of a kind nobody foresaw") == 1


async def test_a_round_that_fails_is_followed_by_the_next(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = frozen(pace="instant", readings=END_ONLY)
    take, rounds = fake.take, iter(["fails", "works"])

    def failing(most: int) -> list[str]:
        if next(rounds, "works") == "fails":
            raise RuntimeError("of a kind nobody foresaw")
        return take(most)

    monkeypatch.setattr(fake, "take", failing)
    async with receiver() as there, CallbackSender(fake):
        await until_idle()
        fake.made(IMAGE, callback_url=there.url)
        await there.until(1)
    assert "RuntimeError: of a kind nobody foresaw" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["signature", "_attempted"])
async def test_a_callback_that_raises_when_it_is_sent_is_told_and_the_others_arrive(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    fake = frozen(pace="instant", readings={**END_ONLY, "callback-retries": "0"})
    whose = fake if place == "signature" else fake.world.callbacks
    sane = getattr(whose, place)
    async with receiver() as there, CallbackSender(fake) as sender:
        poisonous = fake.made(IMAGE, callback_url=there.url)

        def poisoned(delivery: Delivery, *more: Attempt) -> Any:
            if delivery.task_id == poisonous:
                raise LookupError("of a kind nobody foresaw")
            return sane(delivery, *more)

        monkeypatch.setattr(whose, place, poisoned)
        other = fake.made(IMAGE, callback_url=there.url)
        await sender.settle()
    assert other in [got.json["task_id"] for got in there.got]
    faults = {delivery.task_id: [each.fault for each in delivery.attempts] for delivery in fake.callbacks}
    expected = ["LookupError: of a kind nobody foresaw"] if place == "signature" else []
    assert faults == {poisonous: expected, other: [None]}
    told = capsys.readouterr().err
    assert re.search(f"callback of task (kling/)?{poisonous}", told)
    assert "LookupError: of a kind nobody foresaw" in told


async def test_nothing_comes_before_its_time() -> None:
    fake = frozen()
    async with receiver() as there, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=there.url)
        for span, count in ((0, 1), (499, 1), (1, 2), (1499, 2), (1, 3), (10**9, 3)):
            fake.clock.advance(span)
            await sender.settle()
            assert len(there.got) == count


async def test_the_next_callback_of_a_task_waits_until_the_one_before_has_been_answered() -> None:
    fake = frozen(pace="instant")
    answered = asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        await answered.wait()
        await status(200)(writer)

    async with receiver(late) as there, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=there.url)
        settling = asyncio.create_task(sender.settle())
        await there.until(1)
        async with receiver() as elsewhere:
            fake.made(IMAGE, callback_url=elsewhere.url)
            await elsewhere.until(3)
        assert there.statuses == ["submitted"]
        answered.set()
        await settling
        await there.until(3)
    assert there.statuses == ["submitted", "processing", "succeed"]


async def test_the_clock_brings_callbacks_when_nobody_asks_for_them() -> None:
    fake = CheckedFake(clock=Clock())
    async with receiver() as there, CallbackSender(fake):
        fake.made(IMAGE, callback_url=there.url)
        await there.until(1)
        fake.clock.advance(495)
        await there.until(2)
        fake.clock.freeze()
        fake.clock.advance(1499)
        fake.clock.resume()
        await there.until(3)
    assert there.statuses == ["submitted", "processing", "succeed"]


async def test_a_task_made_in_another_thread_is_called_back() -> None:
    fake = frozen(pace="instant")
    loop = asyncio.get_running_loop()
    async with receiver() as there, CallbackSender(fake):
        await until_idle()
        loop.set_debug(True)  # to wake the loop from another thread in a way that may fail is an error then
        await asyncio.to_thread(fake.made, IMAGE, callback_url=there.url)
        await there.until(3)
        loop.set_debug(False)


REFUSALS = {
    "500": (status(500), 500, None),
    "404": (status(404), 404, None),
    "304": (status(304), 304, None),
    "reset": (reset, None, "reset by peer"),
    "hung-up": (hang_up, None, "disconnected"),
    "silent": (longer_silence, None, "no answer within 10 s"),
    "not-http": (raw("220 mail.example.org ESMTP\r\n\r\n"), None, "Bad"),
    "endless-headers": (raw("HTTP/1.1 200 OK\r\n" + "x: y\r\n" * 50_000), None, "Error"),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_a_callback_that_fails_is_tried_three_times_more_after_1_2_and_4_seconds(case: str) -> None:
    reply, answered, fault = REFUSALS[case]
    fake = frozen(pace="instant", readings=END_ONLY)
    async with receiver(reply) as there, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=there.url)
        await sender.settle()
        for count, pause in ((1, 1000), (2, 2000), (3, 4000)):
            last = attempts(fake)[-1]
            assert (last.status, last.at) == (answered, fake.clock.now())
            assert (last.fault or "").count(fault or "") > 0
            assert fake.next_delivery == last.at + last.took + pause
            fake.clock.set(fake.next_delivery - 1)
            await sender.settle()
            assert len(attempts(fake)) == len(there.got) == count
            fake.clock.advance(1)
            await sender.settle()
        assert fake.next_delivery is None
    assert len(there.got) == 4
    assert len({got.body for got in there.got}) == 1
    (delivery,) = fake.world.callbacks.deliveries
    assert (len(delivery.attempts), delivery.is_delivered) == (4, False)


async def test_a_receiver_that_refuses_is_a_failed_attempt() -> None:
    fake = frozen(pace="instant", readings=END_ONLY)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        async with CallbackSender(fake) as sender:
            fake.made(IMAGE, callback_url=f"http://127.0.0.1:{bound.getsockname()[1]}/")
            await sender.settle()
    (attempt,) = attempts(fake)
    assert (attempt.status, attempt.is_success) == (None, False)
    assert "Cannot connect" in (attempt.fault or "")


async def test_a_receiver_that_comes_round_gets_it_and_then_no_more() -> None:
    fake = frozen(pace="instant", readings=END_ONLY)
    async with receiver(reset, status(503), status(204)) as there, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=there.url)
        await sender.settle()
        for _ in range(2):
            wait_for_next(fake)
            await sender.settle()
        assert fake.next_delivery is None
    assert [attempt.status for attempt in attempts(fake)] == [None, 503, 204]
    assert [attempt.is_success for attempt in attempts(fake)] == [False, False, True]
    assert len(there.got) == 3


async def test_how_often_it_is_tried_again_is_a_reading() -> None:
    fake = frozen(pace="instant", readings={**END_ONLY, "callback-retries": "0"})
    async with receiver(status(500)) as there, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=there.url)
        await sender.settle()
    assert (len(there.got), fake.next_delivery) == (1, None)


@pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_is_a_failed_attempt(number: int) -> None:
    fake = frozen(pace="instant", readings=END_ONLY)
    async with receiver() as elsewhere, receiver(status(number, f"location: {elsewhere.url}\r\n")) as there:
        async with CallbackSender(fake) as sender:
            fake.made(IMAGE, callback_url=there.url)
            await sender.settle()
        assert elsewhere.got == []
    (attempt,) = attempts(fake)
    assert (attempt.status, attempt.is_success) == (number, False)
    assert fake.next_delivery is not None


async def test_cookies_of_a_receiver_are_not_sent_back() -> None:
    fake = frozen(pace="instant")
    async with receiver(status(200, "set-cookie: a=b; Path=/\r\n")) as there, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=there.url.replace("127.0.0.1", "localhost"))
        await sender.settle()
    assert len(there.got) == 3
    assert not any("cookie" in got.headers for got in there.got)


async def test_an_answer_is_not_read_further_than_its_headers() -> None:
    fake = frozen(pace="instant")
    async with (
        receiver(raw("HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\nx")) as there,
        CallbackSender(fake) as sender,
    ):
        fake.made(IMAGE, callback_url=there.url)
        async with asyncio.timeout(PATIENCE):
            await sender.settle()
    assert [attempt.status for attempt in attempts(fake)] == [200, 200, 200]


async def test_each_attempt_is_signed_at_its_own_time() -> None:
    fake = CheckedFake(pace="instant", readings=END_ONLY, webhook_secret=SECRET, clock=Clock())
    fake.clock.freeze()
    async with receiver(status(500), status(200)) as there, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=there.url, prompt="猫")
        await sender.settle()
        wait_for_next(fake)
        await sender.settle()
    first, second = there.got
    for got in (first, second):
        assert Webhook(SECRET).verify(got.body, got.headers) == got.json
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(got.body + b" ", got.headers)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) >= int(first.headers["webhook-timestamp"]) + 1


def test_a_secret_that_cannot_sign_is_refused_before_there_is_a_callback() -> None:
    with pytest.raises(BadSetting, match=r"^--webhook-secret: "):
        frozen(pace="instant", readings=END_ONLY, webhook_secret="whsec_a")


async def test_callbacks_are_signed_if_the_reading_says_so() -> None:
    readings = {**END_ONLY, "callback-signed": "no"}
    fake = frozen(pace="instant", readings=readings, webhook_secret=SECRET)
    async with receiver() as there, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=there.url)
        await sender.settle()
    assert not any(name.startswith("webhook-") for name in there.got[0].headers)


def test_the_signature_is_that_of_the_published_vector() -> None:
    body = (
        b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
    )
    assert signed(SECRET, "9876543210", 1_781_080_794_151, body) == {
        "webhook-id": "9876543210",
        "webhook-timestamp": "1781080794",
        "webhook-signature": "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=",
    }


def timers() -> int:
    """Count what the loop will wake up for; those that were cancelled leave the list by and by."""
    scheduled: list[asyncio.TimerHandle] = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    return sum(not handle.cancelled() for handle in scheduled)


async def until_idle() -> None:
    """Let every task on the loop go on until it waits."""
    for _ in range(100):
        await asyncio.sleep(0)


@pytest.mark.usefixtures("in_memory")  # a shared store has a second timer, which says that its sender is alive
@pytest.mark.parametrize("count", [1, 1000])
async def test_a_thousand_pending_callbacks_cost_what_one_does(count: int) -> None:
    fake = CheckedFake(pace="real", readings=END_ONLY)
    before = timers(), len(asyncio.all_tasks())
    async with CallbackSender(fake):
        for n in range(count):
            fake.made(IMAGE, callback_url="http://127.0.0.1:9/", external_task_id=str(n))
        await until_idle()
        assert len(fake.world.callbacks) == count
        assert timers() - before[0] == 1
        assert len(asyncio.all_tasks()) - before[1] <= 2
        fake.clock.freeze()
        await until_idle()
        assert timers() - before[0] == 0


async def test_a_receiver_that_never_answers_holds_up_nobody_else() -> None:
    fake = frozen(pace="instant", readings=END_ONLY)
    async with receiver(silence) as dead, receiver() as there, CallbackSender(fake):
        for _ in range(callbacks._ALL_AT_ONCE + 10):
            fake.made(IMAGE, callback_url=dead.url)
        await dead.until(callbacks._EACH_AT_ONCE)
        fake.made(IMAGE, callback_url=there.url)
        await there.until(1)
        assert len(dead.got) == callbacks._EACH_AT_ONCE


def gated(opened: asyncio.Event) -> Reply:
    """Answer as soon as something has happened."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        await opened.wait()
        await status(200)(writer)

    return reply


async def test_what_a_dead_receiver_waits_for_is_not_even_written_and_holds_up_nobody() -> None:
    fake = frozen(pace="instant", readings=END_ONLY)
    opened, count = asyncio.Event(), 3 * callbacks._TAKEN_AT_ONCE
    async with receiver(gated(opened)) as dead, receiver() as there, CallbackSender(fake) as sender:
        for _ in range(count):
            fake.made(IMAGE, callback_url=dead.url)
        fake.made(IMAGE, callback_url=there.url)
        await there.until(1)
        await until_idle()
        assert len(dead.got) == callbacks._EACH_AT_ONCE
        assert fake.world.callbacks.total <= 1 + callbacks._EACH_AT_ONCE + callbacks._WRITTEN_AT_ONCE
        assert fake.world.callbacks.unfinished(fake.clock.now()) == count
        opened.set()
        assert await sender.settle() == 0
    assert Counter(got.json["task_id"] for got in dead.got) == {
        task.id: 1 for task in fake.tasks if task.callback_url == dead.url
    }


@pytest.mark.usefixtures("in_memory")  # of a shared store others may take some for a moment
async def test_no_more_is_taken_than_fits_and_the_rest_when_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "_MOST_TAKEN", 100)
    monkeypatch.setattr(callbacks, "_TAKEN_AT_ONCE", 50)
    fake = frozen(pace="instant", readings=END_ONLY)
    opened = asyncio.Event()
    async with receiver(gated(opened)) as there, CallbackSender(fake) as sender:
        for _ in range(400):
            fake.made(IMAGE, callback_url=there.url)
        await there.until(callbacks._EACH_AT_ONCE)
        await until_idle()
        assert len(fake.take(1000)) == 300
        opened.set()
        await there.until(100)
        await until_idle()
        assert sender._taken == 0
        for _ in range(10):
            fake.made(IMAGE, callback_url=there.url)
        await there.until(110)


async def test_accounts_with_one_receiver_do_not_wait_for_each_other() -> None:
    fake = frozen(pace="instant", readings=END_ONLY)
    async with receiver(silence) as there, CallbackSender(fake):
        for _ in range(2 * callbacks._EACH_AT_ONCE):
            fake.made(IMAGE, callback_url=there.url, token="mine")
        await there.until(callbacks._EACH_AT_ONCE)
        other = fake.made(IMAGE, callback_url=there.url, token="yours")
        await there.until(callbacks._EACH_AT_ONCE + 1)
        assert there.got[-1].json["task_id"] == other


async def test_a_receiver_that_did_not_answer_gets_one_callback_at_a_time_until_it_does() -> None:
    fake = frozen(pace="instant", readings={**END_ONLY, "callback-retries": "0"})
    many = callbacks._EACH_AT_ONCE
    opened = asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        await opened.wait()
        await status(200)(writer)

    async with receiver(*[silence] * many, late, silence) as there, CallbackSender(fake) as sender:
        for _ in range(3 * many):
            fake.made(IMAGE, callback_url=there.url)
        settling = asyncio.create_task(sender.settle())
        await there.until(many)
        leap()
        await there.until(many + 1)
        await until_idle()
        assert len(there.got) == many + 1
        opened.set()
        await there.until(2 * many)
        leap()
        settling.cancel()
    assert Counter(attempt.status for attempt in attempts(fake))[200] == 1


async def test_who_waits_for_callbacks_waits_no_longer_for_a_receiver_than_he_has_patience() -> None:
    fake = frozen(pace="instant", readings=END_ONLY)
    async with receiver(silence) as dead, receiver() as there, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=dead.url)
        fake.made(IMAGE, callback_url=there.url)
        await asyncio.gather(dead.until(1), there.until(1))
        await until_idle()
        assert await sender.settle(0) == 1


async def test_of_a_doubled_callback_each_copy_is_waited_for() -> None:
    fake = frozen(pace="instant", readings=END_ONLY, faults=("callback-doubled",))
    async with receiver() as there, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=there.url)
        assert await sender.settle() == 0
        assert there.statuses == ["succeed", "succeed"]


async def test_who_waits_for_callbacks_does_not_wait_for_those_that_came_due_later() -> None:
    fake = frozen(pace="instant", readings=END_ONLY)
    answered = asyncio.Event()

    async def late(writer: asyncio.StreamWriter) -> None:
        await answered.wait()
        await status(200)(writer)

    async with receiver(late) as there, receiver(silence) as dead, CallbackSender(fake) as sender:
        fake.made(IMAGE, callback_url=there.url)
        settling = asyncio.create_task(sender.settle())
        await there.until(1)
        fake.clock.advance(1)
        fake.made(IMAGE, callback_url=dead.url)
        await dead.until(1)
        answered.set()
        assert await settling == 0


async def test_when_it_ends_it_leaves_no_task_and_no_connection() -> None:
    fake = CheckedFake(pace="instant", clock=Clock())
    async with receiver(silence) as there:
        before = asyncio.all_tasks()
        async with CallbackSender(fake) as sender:
            for _ in range(5):
                fake.made(IMAGE, callback_url=there.url)
            await there.until(5)
        assert asyncio.all_tasks() - there.serving == before
        assert sender._poster.is_closed
        fake.clock.advance(1)
        fake.made(IMAGE, callback_url=there.url)
        await until_idle()
    assert len(there.got) == 5


class Shared(Memory):
    """A store that several share, as far as its users see."""

    is_shared = True


def sharing(store: Memory, pace: str = "instant") -> Fake:
    return Fake(Settings(pace=pace, readings=END_ONLY), clock=Clock(), store=store)


def made(fake: Fake, there: Receiver, count: int = 1) -> None:
    """Create tasks with callbacks, in one turn of the store."""
    headers = {"authorization": "Bearer me", "content-type": "application/json"}
    body = json.dumps({**PAYLOADS[IMAGE], "callback_url": there.url}).encode()
    answers = fake.answers([fake.prepare(Request("POST", IMAGE, headers=headers, body=body)) for _ in range(count)])
    assert {answer.status for answer in answers} == {200}


async def in_a_thread(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)


async def test_who_waits_for_callbacks_waits_for_those_that_others_send() -> None:
    store = Shared()
    mine, others = sharing(store, "real"), sharing(store, "real")
    mine.clock.freeze()
    async with receiver() as there, CallbackSender(others, call=in_a_thread):
        waiting = CallbackSender(mine, call=in_a_thread)
        made(mine, there, 5)
        assert (await waiting.settle(), there.got) == (0, [])
        mine.clock.advance("1h")
        assert await waiting.settle() == 0
        assert len(there.got) == 5


async def test_two_that_share_a_store_send_each_callback_once() -> None:
    store = Shared()
    fakes = [sharing(store), sharing(store)]
    async with receiver() as there, AsyncExitStack() as stack:
        senders = [await stack.enter_async_context(CallbackSender(fake, call=in_a_thread)) for fake in fakes]
        for _ in range(10):
            for fake in fakes:
                made(fake, there, 20)
            await asyncio.gather(*(sender.settle() for sender in senders))
    assert set(Counter(got.json["task_id"] for got in there.got).values()) == {1}
    assert len(there.got) == 400
    assert {len(delivery.attempts) for delivery in fakes[0].callbacks} == {1}


async def test_a_store_that_cannot_be_reached_for_a_while_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(callbacks, "_BEAT_SECONDS", 0.01)
    fake = sharing(Shared())
    failures, beaten, loop = Counter[str](), asyncio.Event(), asyncio.get_running_loop()

    def failing(place: str) -> None:
        sane = getattr(fake, place)

        def fails(*words: Any) -> Any:
            failures[place] += 1
            if failures[place] % 2:
                raise StoreUnavailable("The store is not there.")
            if place == "beat":
                loop.call_soon_threadsafe(beaten.set)
            return sane(*words)

        monkeypatch.setattr(fake, place, fails)

    for place in ("take", "claimed", "attempts", "beat"):
        failing(place)
    async with receiver() as there, CallbackSender(fake, call=in_a_thread) as sender:
        made(fake, there, 40)
        assert await sender.settle() == 0
        assert len(there.got) == 40
        await asyncio.wait_for(beaten.wait(), PATIENCE)
        assert sender.workers.is_well
    assert min(failures[place] for place in ("take", "claimed", "attempts")) >= 2
    assert capsys.readouterr().err == ""


async def test_what_was_answered_when_it_ends_is_reported() -> None:
    fake = sharing(Shared())
    reports = asyncio.Event()

    async def stuck(work: Callable[[], T]) -> T:
        if getattr(work, "func", None) == fake.attempts and not reports.is_set():
            reports.set()
            await asyncio.Event().wait()
        return work()

    async with receiver() as there, CallbackSender(fake, call=stuck):
        made(fake, there)
        await asyncio.wait_for(reports.wait(), PATIENCE)
    assert [delivery.is_delivered for delivery in fake.callbacks] == [True]
    assert fake.next_delivery is None


ODD_URLS = [
    "string",
    "",
    "http://",
    "http:///path",
    "http://:80/",
    "http://[::1",
    "http://[]@",
    "http://[::1]:x/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:-1/",
    "http://a..b/",
    "http://.example/",
    f"http://{'a' * 64}.example/",
    f"http://{'a.' * 200}example/",
    "http://bücher.invalid/",
    "http://猫.invalid/猫?猫#猫",
    "http://\ud83d/",
    "http://user:pass@127.0.0.1:1/",
    "http://us%ff:p%00@127.0.0.1:1/",
    "http://用户:密码@127.0.0.1:1/",
    "http://127.0.0.1:1/a\r\nx-injected: yes",
    "http://127.0.0.1\x00.invalid/",
    "http://%31%32%37.invalid/",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "unix:///tmp/x",
    "ws://127.0.0.1:1/",
    "//127.0.0.1:1/",
    "HTTP://127.0.0.1:1",
    "http://1.2.3.4.5.6/",
    "http://0x7f.1/",
    "http://[fe80::1%25lo]:1/",
    "http://xn--/",
]


def delivery(url: str) -> Delivery:
    return Delivery("1", "kling", "2", "me", "succeed", url, b"{}", 0)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Let no name be known, and nobody be reached."""
    if request.config.getoption("--store") == "redis":
        pytest.skip("without a network nobody reaches Redis")

    def unknown(host: object, *_: object, **__: object) -> list[object]:
        if isinstance(host, str):
            host.encode("idna")
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def unreachable(*_: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", unreachable)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("url", ODD_URLS)
async def test_a_url_that_nobody_can_be_reached_by_is_a_failed_attempt(url: str) -> None:
    async with CallbackSender(frozen()) as sender:
        answered, fault = await sender._poster.post(delivery(url))
    assert answered is None
    assert fault


HOSTS = st.text(max_size=12)


@pytest.mark.usefixtures("no_network")
@given(urls=st.lists(st.text() | st.builds("http://{}{}".format, HOSTS, st.text("/:@?#[]%\\.\0\r\n é", max_size=5))))
@example(urls=ODD_URLS)
async def test_whatever_stands_where_a_url_should_be_is_no_exception(urls: list[str]) -> None:
    async with CallbackSender(frozen()) as sender:
        for url in urls:
            answered, fault = await sender._poster.post(delivery(url))
            assert (answered, bool(fault)) == (None, True)
