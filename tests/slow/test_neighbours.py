"""One client's attack and another's wait: what a second client waits for at most while the first does its worst.

Each test prints its figures; what it asserts is far above them, so that a busy machine does not fail it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import IMAGE, VIDEO
from tests.support.process import MAIN, Process, started
from tests.support.receiver import receiver

pytestmark = pytest.mark.torture

MANY = 200_000
PATIENCE, FILLING = 120.0, 600.0
FILLED = f"""
from mockserver.fake.core import Fake
from mockserver.types import Request

begin = Fake.__init__

def filled(self, *arguments, **options):
    begin(self, *arguments, **options)
    headers = {{"authorization": "Bearer many", "content-type": "application/json", "host": "127.0.0.1"}}
    for number in range({MANY}):
        body = b'{{"prompt": "Cat %d", "external_task_id": "cat-%d"}}' % (number, number)
        assert self.respond(Request("POST", "{IMAGE}", "", headers, body)).status == 200

Fake.__init__ = filled
{MAIN}
"""


def say(text: str) -> None:
    print(f"\n{text}")  # noqa: T201 - the figures are what these tests are for


@pytest.fixture(scope="module")
def crowded() -> Iterator[Process]:
    """A server that has 200 000 tasks of one account."""
    with started("--pace", "instant", main=FILLED, patience=FILLING) as server:
        yield server


class Bystander:
    """Another client, that asks for something small again and again, and notes how long each answer took."""

    def __init__(self, server: Process) -> None:
        self._server, self._is_over = server, threading.Event()
        self.waits: list[float] = []

    def run(self) -> None:
        headers = {"authorization": "Bearer bystander"}
        with httpx.Client(base_url=self._server.url, headers=headers, timeout=PATIENCE, verify=False) as client:
            while not self._is_over.is_set():
                began = monotonic()
                assert client.post(IMAGE, json={"prompt": "A cat"}).status_code == 200
                self.waits.append(monotonic() - began)

    @contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()


def longest_wait(server: Process, attack: Callable[[httpx.Client], Any], name: str) -> float:
    """Return how long another client waits at most during an attack."""
    bystander = Bystander(server)
    with httpx.Client(base_url=server.url, timeout=PATIENCE, verify=False) as client, bystander.watching():
        began = monotonic()
        attack(client)
        took = monotonic() - began
    longest = max(bystander.waits)
    say(f"{name}: {took:.2f} s; the longest wait of {len(bystander.waits)} others {longest * 1000:.0f} ms")
    return longest


HEAVY: dict[str, Callable[[httpx.Client], Any]] = {
    "a search through all tasks": lambda client: client.get("/_mock/tasks", params={"search": "nothing like it"}),
    "ten thousand tasks in a page": lambda client: client.get("/_mock/tasks", params={"limit": 10_000}),
    "all exchanges in full": lambda client: client.get("/_mock/requests", params={"limit": 10_000, "whole": 1}),
    "verification": lambda client: client.post("/_mock/requests/verify", json={"where": {"prompt": "Dog*"}}),
    "a snapshot": lambda client: client.get("/_mock/snapshot"),
    "a snapshot put back": lambda client: client.put("/_mock/snapshot", content=client.get("/_mock/snapshot").content),
    "a reset of one account": lambda client: client.post("/_mock/reset", json={"account": "many"}),
}


@pytest.mark.parametrize("name", HEAVY)  # in this order: the reset comes last
def test_with_200_000_tasks_no_verb_of_the_control_api_holds_up_other_clients(crowded: Process, name: str) -> None:
    assert longest_wait(crowded, HEAVY[name], name) < 2


def silent() -> socket.socket:
    """Return a receiver that takes connections and never answers."""
    return socket.create_server(("127.0.0.1", 0), backlog=2048)


def test_a_receiver_that_never_answers_holds_up_neither_callbacks_nor_the_clock() -> None:
    with (
        started("--pace", "instant") as server,
        silent() as dead,
        receiver() as there,
        httpx.Client(base_url=server.url, timeout=PATIENCE, verify=False) as client,
    ):
        url = f"http://127.0.0.1:{dead.getsockname()[1]}/"
        for _ in range(300):
            client.post(IMAGE, json={"prompt": "A cat", "callback_url": url}, headers={"authorization": "Bearer bad"})
        began = monotonic()
        hook = {"prompt": "A cat", "callback_url": there.url}
        client.post(IMAGE, json=hook, headers={"authorization": "Bearer good"})
        while len(there.received) < 3:
            assert monotonic() - began < PATIENCE
            threading.Event().wait(0.005)
        arrived = monotonic() - began
        began = monotonic()
        unfinished = client.post("/_mock/clock/advance", json={"advance": "1s"}).json()["unfinished_callbacks"]
        advanced = monotonic() - began
    say(f"beside 300 callbacks to a dead receiver: three others in {arrived:.2f} s; the clock in {advanced:.2f} s")
    assert unfinished > 0
    assert arrived < 5
    assert advanced < 8


def test_thirty_abandoned_films_in_4k_do_not_hold_up_a_picture() -> None:
    with started("--pace", "instant") as server:
        headers = {"authorization": "Bearer bad"}
        with httpx.Client(base_url=server.url, timeout=PATIENCE, verify=False, headers=headers) as client:
            film = {"prompt": "A cat", "aspect_ratio": "16:9", "mode": "4k", "model_name": "kling-v3-omni"}
            urls = []
            for _ in range(30):
                id = client.post(VIDEO, json=film).json()["data"]["task_id"]
                data = client.get(f"{VIDEO}/{id}").json()["data"]
                urls.append(urlsplit(data["task_result"]["videos"][0]["url"]).path)
            id = client.post(IMAGE, json={"prompt": "A cat"}).json()["data"]["task_id"]
            picture = client.get(f"{IMAGE}/{id}").json()["data"]["task_result"]["images"][0]["url"]
            client.get(picture)  # the first picture imports Pillow
            for url in urls:
                with server.connect() as leaving:
                    leaving.sendall(f"GET {url} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
            id = client.post(IMAGE, json={"prompt": "Another cat"}).json()["data"]["task_id"]
            picture = client.get(f"{IMAGE}/{id}").json()["data"]["task_result"]["images"][0]["url"]
            began = monotonic()
            assert client.get(picture).status_code == 200
            took = monotonic() - began
    say(f"a picture beside 30 abandoned films in 4K: {took:.2f} s")
    assert took < 5
