"""The fake as an ASGI application: what comes in and goes out is carried, and nothing is decided on the way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Message, Scope

from mockserver.adapters.http import asgi
from mockserver.adapters.http.asgi import Application, FakeEndpoint, application
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from mockserver.types import Request, Response
from tests.conftest import IMAGE, PATIENCE, TOKEN
from tests.support.sampling import draws

HEADERS = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}

NAMES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12).filter(lambda name: name != "content-length")
VALUES = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20)
PIECES = st.sampled_from(["/", "a", "~", "%2F", "%0A", "%00", "%ff", "%E7%8C%AB"])
PATHS = st.lists(PIECES).map("".join).map("/".__add__)
QUERIES = st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters=" #"), max_size=20)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Exchange:
    """A connection played by hand: the messages that the client sends, and those that come back."""

    comes: list[Message]
    sent: list[Message] = field(default_factory=list)

    async def receive(self) -> Message:
        return self.comes.pop(0)

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])


@dataclass
class Told:
    """A fake that notes what it is asked and answers what it is told to."""

    answer: Response = field(default_factory=lambda: Response(200))
    settings: Settings = field(default_factory=Settings)
    asked: list[Request] = field(default_factory=list)
    waits: bool = False

    def respond(self, request: Request) -> Response:
        self.asked.append(request)
        return self.answer


def door(fake: object) -> FakeEndpoint:
    return FakeEndpoint(fake)  # type: ignore[arg-type] # what it needs of a fake, Told has


def scope(
    method: str = "POST", path: str = IMAGE, query: str = "", headers: Iterable[tuple[bytes, bytes]] = ()
) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": httpx.URL(f"http://localhost{path}").path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": list(headers),
    }


def body(*chunks: bytes) -> list[Message]:
    """Return the messages of a body that comes in chunks."""
    last = len(chunks) - 1
    return [{"type": "http.request", "body": chunk, "more_body": n < last} for n, chunk in enumerate(chunks)]


def client(app: Application) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080", headers=HEADERS)


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]),
    path=PATHS,
    query=QUERIES,
    headers=st.dictionaries(NAMES, VALUES, max_size=4),
    chunks=st.lists(st.binary(max_size=50), min_size=1, max_size=4),
)
async def test_a_request_arrives_as_it_was_sent(
    method: str, path: str, query: str, headers: dict[str, str], chunks: list[bytes]
) -> None:
    fake = Told()
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    exchange = Exchange(body(*chunks))
    await door(fake)(scope(method, path, query, pairs), exchange.receive, exchange.send)
    assert fake.asked == [Request(method, path, query, headers, b"".join(chunks))]


@given(
    status=st.integers(200, 599),
    content=st.binary(max_size=100),
    headers=st.dictionaries(NAMES, VALUES, max_size=4),
)
async def test_an_answer_goes_out_as_it_was_given(status: int, content: bytes, headers: dict[str, str]) -> None:
    exchange = Exchange(body(b""))
    await door(Told(Response(status, content, headers)))(scope(), exchange.receive, exchange.send)
    assert (exchange.status, exchange.body) == (status, content)
    own = {name: value for name, value in exchange.headers.items() if name != "content-security-policy"}
    assert own == {"content-length": str(len(content)), "x-content-type-options": "nosniff", **headers}


@pytest.mark.parametrize("path", ["//", "/%0A", "/a%0Ab/c", "/a%2Fb", "/%FF", "/v1/images/omni-image/%E7%8C%AB"])
async def test_every_path_that_is_not_ours_reaches_the_fake_encoded(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(Settings(seed=1))
    told = Told(Response(204))
    monkeypatch.setattr(fake, "respond", told.respond)
    exchange = Exchange(body(b""))
    await application(fake)(scope("GET", path), exchange.receive, exchange.send)
    assert [(request.path, request.query) for request in told.asked] == [(path, "")]
    assert exchange.status == 204


async def test_a_header_that_is_repeated_arrives_as_a_list() -> None:
    fake = Told()
    exchange = Exchange(body(b""))
    pairs = [(b"x-tag", b"one"), (b"accept", b"*/*"), (b"x-tag", b"two"), (b"x-tag", b"three")]
    await door(fake)(scope(headers=pairs), exchange.receive, exchange.send)
    assert fake.asked[0].headers == {"x-tag": "one, two, three", "accept": "*/*"}


async def test_a_task_is_made_and_shown_through_httpx() -> None:
    async with client(application(Fake(Settings(seed=1)))) as api:
        made = await api.post(IMAGE, json={"prompt": "猫"})
        assert (made.status_code, made.json()["message"]) == (200, "SUCCEED")
        assert made.headers["content-type"] == "application/json"
        shown = await api.get(f"{IMAGE}/{made.json()['data']['task_id']}/")
        assert shown.json()["data"]["task_status"] == "submitted"


async def test_a_head_request_gets_what_the_fake_says_to_it() -> None:
    async with client(application(Fake(Settings(seed=1)))) as api:
        shown = await api.head(IMAGE)
    assert (shown.status_code, shown.content) == (404, b"")
    assert int(shown.headers["content-length"]) > 0


@pytest.mark.parametrize("chunk", [1, 7, 64])
async def test_a_body_over_the_limit_is_refused_in_the_envelope_and_not_read_to_its_end(chunk: int) -> None:
    fake = Fake(Settings(seed=1, max_body=100))
    exchange = Exchange(body(*[b"x" * chunk] * 1000))
    headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    await door(fake)(scope(headers=headers), exchange.receive, exchange.send)
    assert exchange.status == 413
    assert b'"code":1200' in exchange.body
    assert 1000 - len(exchange.comes) == 100 // chunk + 1


async def test_a_body_of_exactly_the_limit_is_read() -> None:
    content = b'{"prompt":"' + b"x" * 87 + b'"}'
    async with client(application(Fake(Settings(seed=1, max_body=len(content))))) as api:
        assert (await api.post(IMAGE, content=content)).status_code == 200
        assert (await api.post(IMAGE, content=content + b" ")).status_code == 413


@pytest.mark.parametrize("chunks", [0, 1, 3])
async def test_a_client_that_leaves_before_its_body_is_there_gets_nothing_and_troubles_nobody(chunks: int) -> None:
    fake = Told()
    exchange = Exchange([*body(*[b"{"] * (chunks + 1))[:chunks], {"type": "http.disconnect"}])
    await door(fake)(scope(), exchange.receive, exchange.send)
    assert (fake.asked, exchange.sent) == ([], [])


async def test_a_large_body_is_judged_while_others_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(Settings(seed=1))
    judge: Callable[[Request], Response] = fake.respond
    arrived, release = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(request: Request) -> Response:
        if len(request.body) >= asgi._LARGE_BYTES:
            loop.call_soon_threadsafe(arrived.set)
            assert release.wait(PATIENCE)
        return judge(request)

    monkeypatch.setattr(fake, "respond", slow)
    async with client(application(fake)) as api, asyncio.timeout(PATIENCE):
        large = asyncio.create_task(api.post(IMAGE, content=b" " * asgi._LARGE_BYTES + b'{"prompt":"large"}'))
        await arrived.wait()
        assert (await api.post(IMAGE, json={"prompt": "small"})).status_code == 200
        assert not large.done()
        release.set()
        assert (await large).status_code == 200
    assert len(fake.world.tasks) == 2


async def test_a_hundred_requests_at_once_get_a_hundred_tasks() -> None:
    fake = Fake(Settings(seed=1))
    padding = [b"", b" " * asgi._LARGE_BYTES]
    async with client(application(fake)) as api:
        answers = await asyncio.gather(
            *(api.post(IMAGE, content=padding[n % 10 == 0] + b'{"prompt":"%d"}' % n) for n in range(100))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["data"]["task_id"] for answer in answers}) == len(fake.world.tasks) == 100


async def test_our_own_paths_are_not_the_services() -> None:
    async with client(application(Fake(Settings(seed=1)))) as api:
        health = await api.get("/_mock/health")
        assert health.json()["status"] == "ok"
        assert (await api.get("/results/kling/1/0.png")).text == "there is no such result, or it has expired\n"


@settings(max_examples=draws(25))
@given(line=st.binary(max_size=30))
async def test_any_bytes_for_a_body_get_an_answer_in_the_envelope(line: bytes) -> None:
    async with client(application(Fake(Settings(seed=1)))) as api:
        answer = await api.post(IMAGE, content=line)
    assert answer.status_code == 400
    assert answer.json()["code"] in (1200, 1201)
