"""A server with a shared store: nothing that may wait for the store runs on the event loop."""

from __future__ import annotations

import asyncio
import json
import socket
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, cast

import httpx
import pytest

from mockserver.adapters.control.api import description
from mockserver.adapters.http import evictions, results
from mockserver.adapters.testing.live import Live, live
from mockserver.contract.catalog import load
from mockserver.contract.service import Service
from mockserver.contract.vectors import picture
from mockserver.fake.core import Fake
from mockserver.fake.stores.opening import opened
from mockserver.fake.stores.sqlite.store import SQLite
from mockserver.fake.stores.store import Bounds, Store
from mockserver.settings import Settings
from mockserver.types import JSON
from tests.conftest import IMAGE, PATIENCE
from tests.support.receiver import receiver
from tests.support.watched_store import Watch, Watched


@dataclass
class Server:
    """A server whose store notes who uses it on the loop."""

    running: Live
    client: httpx.Client
    watch: Watch

    def steer(self, method: str, path: str, body: JSON = None) -> Any:
        answer = self.client.request(method, f"/_mock{path}", json=body)
        return answer.json() if answer.headers["content-type"] == "application/json" else answer.text

    def made(self, **fields: JSON) -> str:
        return str(self.client.post(IMAGE, json={"prompt": "A cat", **fields}).json()["data"]["task_id"])


def serving(tmp_path: Path, watch: Watch, **settings: Any) -> Iterator[Server]:
    store = SQLite(tmp_path / "state.db")
    fake = Fake(Settings(**settings), store=cast("Store", Watched(store, watch)))
    headers = {"authorization": "Bearer me", "x-api-key": "me"}
    with live(fake) as running, httpx.Client(base_url=running.url, headers=headers, timeout=PATIENCE) as client:
        yield Server(running, client, watch)
    store.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    watch = Watch()
    yield from serving(tmp_path, watch, pace="instant", seed=1)
    assert watch.seen == []  # also after it has stopped


def test_the_watched_store_sees_who_uses_it_on_a_loop(tmp_path: Path) -> None:
    watch = Watch()
    file = SQLite(tmp_path / "state.db")
    store = Watched(file, watch)

    async def used() -> None:
        store.run([store.now])
        list(store.journal)
        len(store.tasks)
        store.tasks.evicted  # noqa: B018 # it asks the file
        list(store.tasks.newest())

    store.run([lambda: len(store.tasks)])
    assert watch.seen == []
    asyncio.run(used())
    file.close()
    used_names = {each.partition(" by ")[0] for each in watch.seen}
    assert {"SQLite.run", "Journal.iter", "Tasks.len", "Tasks.evicted", "Tasks.newest"} <= used_names


BODIES: dict[str, JSON] = {
    "clock.set": {"now": 1_790_000_000_000},
    "clock.advance": {"advance": "1s"},
    "tasks.force": {"status": "failed", "reason": "moderation"},
    "requests.verify": {"operation": "kling/omni-image.create"},
    "faults.add": {"fault": "1303 x1", "account": "nobody"},
    "limits.set": {"account": "nobody", "slots": 1},
    "settings.change": {"strict": False},
    "reset": {"account": "nobody"},
}


def test_no_operation_of_the_control_api_waits_on_the_loop(server: Server) -> None:
    with receiver() as hook:
        id = server.made(callback_url=hook.url)
        server.steer("POST", "/clock/advance", {"advance": "1m"})
        callback = server.steer("GET", "/callbacks")["items"][0]["id"]
        state = server.steer("GET", "/snapshot")
        values = {"{service}": "kling", "{number}": "1", "{name}": "flaky"}
        statuses = {}
        for path, methods in description()["paths"].items():
            for method, operation in sorted(methods.items(), reverse=True):
                name = operation["operationId"]
                if name in ("events", "tasks.delete"):
                    continue
                url = path.replace("{id}", callback if name.startswith("callbacks") else id)
                for placeholder, value in values.items():
                    url = url.replace(placeholder, value)
                body = state if name == "snapshot.restore" else BODIES.get(name, {})
                statuses[name] = server.client.request(method, f"/_mock{url}", json=body).status_code
    # All faults have gone before one is.
    expected = {"faults.remove": 404, "held.release": 404}  # nothing is held
    assert {name: status for name, status in statuses.items() if status != 200} == expected
    with server.client.stream("GET", "/_mock/events") as stream:
        assert next(stream.iter_lines()).startswith("data: ")
    assert server.client.delete(f"/_mock/tasks/kling/{id}").status_code == 200
    assert server.client.get("/_mock/nothing").status_code == 404


def test_what_is_held_stays_so_while_the_store_is_away_and_waits_for_nobody_on_the_loop(server: Server) -> None:
    server.steer("POST", "/faults", {"fault": "hold x1"})
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(server.made)
        (held,) = server.running.held.wait(timeout=PATIENCE)
        server.watch.is_away = True
        assert server.client.get("/_mock/held").status_code == 503
        server.watch.is_away = False
        assert not asked.done()
        assert server.steer("POST", f"/held/{held.number}/release")["released"] == 1
        assert asked.result(PATIENCE) == held.task


@pytest.mark.parametrize("service", load().services.values(), ids=lambda service: service.id)
def test_no_operation_of_a_service_waits_on_the_loop(tmp_path: Path, service: Service) -> None:
    watch = Watch()
    statuses = []
    for server in serving(tmp_path, watch, services=(service.id,), pace="instant"):
        for operation in service.operations.values():
            path = "/".join("1" if part.startswith("{") else part for part in operation.path.split("/"))
            if operation.uploads:
                sent = server.client.post(
                    path, content=b64decode(picture(300, 300)), headers={"content-type": "image/png"}
                )
            elif operation.method == "POST":
                body = json.dumps((operation.schema.get("examples") or [{}])[0]).encode()
                header = {"content-type": "application/json"}
                sent = server.client.post(path, content=body, headers=header)
                server.client.post(path, content=body + b" " * 40_000, headers=header)  # that is prepared in a thread
            else:
                sent = server.client.request(operation.method, path)
            statuses.append(sent.status_code)
        assert server.client.post("/nowhere", json={}).status_code >= 400
    assert statuses.count(200) >= len(statuses) / 3
    assert watch.seen == []


def test_no_refusal_before_a_request_is_one_waits_on_the_loop(server: Server) -> None:
    for head in (
        b"POST /v1/images/omni-image HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
        b"GET /v1/images/omni-image HTTP/1.1\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"POST /v1/images/omni-image HTTP/1.1\r\nhost: a\r\ncontent-length: nine\r\n\r\n",
        b"GET /_mock/health HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
    ):
        port = int(server.running.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            connection.sendall(head)
            assert b" 4" in connection.recv(65_536)[:13]
    assert len(server.running.fake.requests) >= 3


def test_no_result_waits_on_the_loop(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    id = server.made()
    (image,) = server.client.get(f"{IMAGE}/{id}").json()["data"]["task_result"]["images"]
    path = image["url"].partition("/results/")[2]
    assert server.client.get(f"/results/{path}").status_code == 200
    assert server.client.get(f"/_mock/results/{path}").status_code == 200
    assert server.client.get("/results/kling/1/0.png").status_code == 404
    server.steer("POST", "/faults", {"fault": "result-404 x1"})
    server.client.get(f"/results/{path}")

    def broken(*_: object) -> bytes:
        raise OSError("the disk is full")

    monkeypatch.setattr(results, "render", broken)
    other = server.made()
    assert server.client.get(f"/results/{path.replace(id, other)}").status_code == 500


def test_no_callback_waits_on_the_loop(server: Server) -> None:
    with receiver() as hook:
        hook.statuses = [500, 500, 200]
        for _ in range(20):
            server.made(callback_url=hook.url)
        server.made(callback_url="http://127.0.0.1:9/refused")
        server.steer("POST", "/clock/advance", {"advance": "1h"})
        assert len(hook.received) > 20
        server.steer("POST", "/reset", {})


def test_while_the_store_is_away_everything_says_so_and_then_goes_on(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    sentence = {"error": "the store cannot be reached. Start it."}
    id = server.made()
    server.watch.is_away = True
    try:
        for path, methods in description()["paths"].items():
            for method, operation in methods.items():
                name = operation["operationId"]
                if name in ("events", "health", "live", "ready"):
                    continue
                url = path.format(service="kling", id=id, number="1", name="flaky")
                body = BODIES.get(name, {})
                answer = server.client.request(method, f"/_mock{url}", json=body)
                if name != "snapshot.restore":  # an empty one is wrong in any case
                    assert (name, answer.status_code, answer.json()) == (name, 503, sentence)
        assert server.client.get("/_mock/ready").status_code == 503
        assert server.client.get("/_mock/live").status_code == 200
        health = server.steer("GET", "/health")
        assert health["status"] == "failing"
        assert health["store"] == {"kind": "sqlite", "status": "unavailable", "reason": sentence["error"]}
        assert health["tasks"] is None
        refused = server.client.post(IMAGE, json={"prompt": "A cat"})
        assert (refused.status_code, refused.json()["code"]) == (503, 5001)
        for url in (f"/results/kling/{id}/0.png", f"/_mock/results/kling/{id}/0.png"):
            assert (server.client.get(url).status_code, server.client.get(url).json()) == (503, sentence)
        with server.client.stream("GET", "/_mock/events") as stream:
            told = json.loads(next(stream.iter_lines()).removeprefix("data: "))
        assert told["unavailable"] == sentence["error"]
    finally:
        server.watch.is_away = False
    assert server.client.get("/_mock/ready").status_code == 200
    assert server.steer("GET", "/health")["store"] == {"kind": "sqlite", "status": "ok", "reason": None}
    assert server.client.get(f"{IMAGE}/{id}").json()["data"]["task_id"] == id
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_that_tasks_had_to_go_is_told_once_and_health_counts_them(
    tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evictions, "_LOOK_SECONDS", 0.01)
    url = "memory:" if kind == "memory" else f"sqlite:{tmp_path / 'state.db'}"
    told = ""
    for _ in range(2):
        fake = Fake(Settings(max_tasks=3, pace="instant"), store=opened(url, Bounds(3)))
        headers = {"authorization": "Bearer me"}
        with live(fake) as running, httpx.Client(base_url=running.url, headers=headers, timeout=PATIENCE) as client:
            for _ in range(10):
                client.post(IMAGE, json={"prompt": "A cat"})
            health = client.get("/_mock/health").json()
            assert health["tasks"]["kept"] == 3
            assert health["tasks"]["evicted"] in (7, 17)
            end = monotonic() + PATIENCE
            while client.get("/_mock/health").json()["workers"]["evictions"]["running"]:
                assert monotonic() < end
        fake.store.close()
        told += capfd.readouterr().err
    assert told.count("mockserver: the oldest tasks are being forgotten: 3 fit") == (2 if kind == "memory" else 1)
    assert told.count("\n") == told.count("--max-tasks")
