"""Answers that are held, over sockets: they wait, they go in the order of their release, and none is lost."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep

import httpx
import pytest

from mockserver.adapters.http.asgi import application
from mockserver.adapters.testing.live import Live, live
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from tests.conftest import IMAGE, PATIENCE
from tests.support.process import answers, head, started

BODY = b'{"prompt": "A cat"}'
CREATE = head("POST", IMAGE, f"content-length: {len(BODY)}") + BODY


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    with live(pace="instant", seed=1) as running:
        yield running


@pytest.fixture(scope="module")
def clients() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture(autouse=True)
def anew(server: Live) -> Iterator[None]:
    yield
    server.fake.reset()


def create(url: str, prompt: str = "A cat") -> httpx.Response:
    headers = {"authorization": "Bearer me"}
    return httpx.post(f"{url}{IMAGE}", json={"prompt": prompt}, headers=headers, timeout=PATIENCE, verify=False)


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), PATIENCE) as connection:
        yield connection


def until(holds: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < end
        sleep(0.005)


def test_two_clients_get_their_answers_in_the_order_of_release(server: Live, clients: ThreadPoolExecutor) -> None:
    server.faults.add("hold on *.create")
    asked: list[Future[httpx.Response]] = []
    for prompt in ("A cat", "A dog"):
        asked.append(clients.submit(create, server.url, prompt))
        server.held.wait(len(asked), timeout=PATIENCE)
    one, two = server.held
    record = httpx.get(f"{server.url}{IMAGE}/{two.task}", headers={"authorization": "Bearer me"}).json()["data"]
    assert record["task_status"] == "succeed"
    assert server.held.release(two.number) == 1
    assert asked[1].result(PATIENCE).json()["data"]["task_id"] == two.task
    assert not asked[0].done()
    assert server.held.release() == 1
    assert asked[0].result(PATIENCE).json()["data"]["task_id"] == one.task
    assert len(server.held) == 0


def test_a_held_answer_keeps_no_other_request_waiting(server: Live, clients: ThreadPoolExecutor) -> None:
    server.faults.add("hold x100")
    asked = [clients.submit(create, server.url) for _ in range(6)]
    server.held.wait(6, timeout=PATIENCE)
    assert httpx.get(f"{server.url}/_mock/health").json()["status"] == "ok"
    server.held.release()
    assert {each.result(PATIENCE).status_code for each in asked} == {200}


def test_what_else_happens_to_an_answer_happens_after_its_release(server: Live, clients: ThreadPoolExecutor) -> None:
    server.faults.add("hold x1")
    server.faults.add("slow-body 20ms x1")
    server.faults.add("reset-after #2")
    asked = clients.submit(create, server.url)
    server.held.wait(timeout=PATIENCE)
    server.held.release()
    assert asked.result(PATIENCE).json()["code"] == 0
    server.faults.add("hold")
    asked = clients.submit(create, server.url)
    server.held.wait(timeout=PATIENCE)
    server.held.release()
    assert isinstance(asked.exception(PATIENCE), httpx.ReadError | httpx.RemoteProtocolError)


def test_a_connection_goes_on_after_an_answer_that_was_held(server: Live) -> None:
    server.faults.add("hold x1")
    with connected(server.url) as connection:
        connection.sendall(CREATE + head("GET", IMAGE))  # the second waits behind the first
        server.held.wait(timeout=PATIENCE)
        server.held.release()
        assert [each.status for each in answers(connection, 2)] == [200, 200]
        connection.sendall(CREATE)
        assert [each.status for each in answers(connection, 1)] == [200]


def test_an_answer_whose_client_has_left_is_no_longer_held(server: Live) -> None:
    server.faults.add("hold")
    with connected(server.url) as connection:
        connection.sendall(CREATE)
        (found,) = server.held.wait(timeout=PATIENCE)
    until(lambda: not server.held)
    assert server.held.release(found.number) == 0
    assert len(server.tasks) == 1


def test_a_server_that_stops_lets_go_what_it_holds(clients: ThreadPoolExecutor) -> None:
    with live(pace="instant") as running:
        running.faults.add("hold")
        asked = [clients.submit(create, running.url) for _ in range(3)]
        running.held.wait(3, timeout=PATIENCE)
    assert {each.result(PATIENCE).status_code for each in asked} == {200}
    assert len(running.held) == 0


@pytest.mark.parametrize("options", [(), pytest.param(("--workers", "2"), marks=pytest.mark.torture)])
def test_a_process_that_is_stopped_answers_what_it_holds(options: tuple[str, ...], clients: ThreadPoolExecutor) -> None:
    with started("--fault", "hold on *.create", *options) as server:
        asked = [clients.submit(create, server.url) for _ in range(2)]
        until(lambda: len(server.request("GET", "/_mock/held").json["held"]) == 2)
        status, _ = server.stop(signal.SIGTERM)
        assert {each.result(PATIENCE).status_code for each in asked} == {200}
        assert (status, server.stderr) == (0, "")


async def test_an_application_of_another_server_holds_too() -> None:
    fake = Fake(Settings(seed=1))
    fake.faults.add("hold x1")
    transport = httpx.ASGITransport(application(fake))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        sent = client.post(IMAGE, json={"prompt": "A cat"}, headers={"authorization": "Bearer me"})
        asking = asyncio.create_task(sent)
        (found,) = await asyncio.to_thread(fake.held.wait, timeout=PATIENCE)
        assert not asking.done()
        released = await client.post(f"/_mock/held/{found.number}/release")
        assert released.json() == {"status": "ok", "released": 1}
        assert (await asking).status_code == 200
        assert (await client.post(f"/_mock/held/{found.number}/release")).status_code == 404


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
