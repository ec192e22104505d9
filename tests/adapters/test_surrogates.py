"""Half a surrogate pair, which JSON can spell and UTF-8 cannot: no door answers it with an exception."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mockserver.adapters.proxy.replay import Replay
from mockserver.adapters.testing.live import live
from mockserver.kit import check_server
from mockserver.kit.reports.folder import write
from mockserver.settings import Settings
from tests.conftest import IMAGE, PATIENCE, VIDEO
from tests.support.between import answering, between, served, wait_for_the_end

HALVES = [b"\\ud800", b"\\udc00", b"\\uDFFF cat", b"cat \\ud83d"]
HEADERS = {"authorization": "Bearer key-of-mine-0123456789", "content-type": "application/json"}
ANSWER = (
    b'{"code": 0, "message": "\\ud800", "request_id": "\\udc00", "data": {"task_id": "\\ud800x", '
    b'"task_status": "failed", "task_status_msg": "\\udfff", "created_at": 1, "updated_at": 1}}'
)
ANSWERED = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
    % len(ANSWER)
)


def client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers=HEADERS, timeout=PATIENCE, verify=False)


@pytest.mark.parametrize("half", HALVES)
def test_the_fake_refuses_it_and_shows_what_came(half: bytes) -> None:
    bodies = [
        b'{"prompt": "%b"}',
        b'{"prompt": "x", "%b": 1}',
        b'{"prompt": "x", "callback_url": "http://a/%b"}',
        b'["%b"]',
    ]
    with live(pace="instant") as running, client(running.url) as asked:
        for path in (IMAGE, VIDEO):
            for body in bodies:
                answer = asked.post(path, content=body % half)
                assert (answer.status_code, answer.json()["code"]) == (400, 1200)
                assert "surrogate" in answer.json()["message"]
        for path in ("requests?whole=1", "requests", "state", "tasks", "callbacks", "snapshot", "faults", "settings"):
            assert asked.get(f"/_mock/{path}").status_code == 200
        for path in ("faults", "reset", "requests/verify", "limits"):
            answer = asked.post(f"/_mock/{path}", content=b'{"account": "%b"}' % half)
            assert (answer.status_code, "surrogate" in answer.json()["error"]) == (400, True)
        assert asked.get(f"{IMAGE}/%ED%A0%80").status_code == 400
        assert asked.get(f"{IMAGE}?external_task_id=%ED%A0%80").status_code in (200, 400)


def test_a_reason_from_a_test_is_shown_wherever_a_task_is() -> None:
    with live(pace="instant") as running, client(running.url) as asked:
        id = asked.post(IMAGE, json={"prompt": "x"}).json()["data"]["task_id"]
        running.tasks.force(next(iter(running.tasks)), "failed", "\ud800")
        assert asked.get(f"{IMAGE}/{id}").json()["data"]["task_status_msg"] == "\ud800"
        for path in ("tasks", f"tasks/kling/{id}", "snapshot", "requests?whole=1"):
            assert asked.get(f"/_mock/{path}").status_code == 200


@pytest.fixture(scope="module")
def strange() -> Iterator[str]:
    """A service whose every text is half a pair."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(ANSWERED + ANSWER)

    with answering(talk) as url:
        yield url


def test_a_proxy_forwards_it_and_a_replay_serves_it(strange: str, tmp_path: Path) -> None:
    with between(strange, record=tmp_path) as proxy:
        for body in (b'{"prompt": "\\ud800"}', b'{"prompt": "x"}'):
            assert proxy.client.post(IMAGE, content=body, headers=HEADERS).content == ANSWER
        for path in ("requests?whole=1", "requests", "state"):
            assert proxy.client.get(f"/_mock/{path}").status_code == 200
    for file in tmp_path.rglob("*.json"):  # as somebody who writes a recording by hand would have it
        recording = json.loads(file.read_text(encoding="utf-8"))
        recording["response"]["body"] = json.loads(ANSWER)
        if "text" in recording["request"]:
            del recording["request"]["text"]
            recording["request"]["body"] = {"prompt": "\ud800"}
        file.write_text(json.dumps(recording), encoding="utf-8")
    replay = Replay(tmp_path, Settings(services=("kling",)), lambda _: None)
    with served(fake=replay) as url, client(url) as asked:
        assert asked.post(IMAGE, json={"prompt": "x"}).json() == json.loads(ANSWER)
        assert asked.post(IMAGE, content=b'{"prompt": "\\ud800"}').status_code in (200, 404)
        assert asked.get("/_mock/requests?whole=1").status_code == 200
    wait_for_the_end()


def test_a_judge_reports_it(strange: str, tmp_path: Path) -> None:
    verdict = check_server(
        strange, token="key-of-mine-0123456789", max_creates=0, only=("request-ids-differ", "missing-task-refused")
    )
    write(verdict, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} >= {"report.html", "verdict.json", "junit.xml"}
