"""Every kind of fault, shown on the wire, by a client that knows nothing of the fake's inside."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from mockserver.adapters.testing.live import Live, live
from mockserver.fake.faults.line import KINDS
from tests.conftest import PATIENCE

IMAGE = "/v1/images/omni-image"


class Client:
    """A client with an account of its own, on the server that all tests here share."""

    def __init__(self, server: Live, account: str) -> None:
        self.server, self.account = server, account
        # There is no TLS here: to read all certificates for each test would take longer than the test.
        self.http = httpx.Client(
            base_url=server.url, headers={"authorization": f"Bearer {account}"}, timeout=PATIENCE, verify=False
        )

    def fault(self, line: str, **scope: Any) -> None:
        self.server.fake.faults.add(line, account=self.account, **scope)

    def create(self, **fields: Any) -> httpx.Response:
        return self.http.post(IMAGE, json={"prompt": "A red bicycle in the rain", **fields})

    def made(self, **fields: Any) -> str:
        return str(self.create(**fields).json()["data"]["task_id"])

    def record(self, id: str) -> dict[str, Any]:
        return dict(self.http.get(f"{IMAGE}/{id}").json()["data"])

    def tasks(self) -> int:
        return len(self.http.get(IMAGE).json()["data"])

    def result(self) -> str:
        return str(self.record(self.made())["task_result"]["images"][0]["url"])


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    with live(pace="instant", seed=1) as running:
        yield running


@pytest.fixture
def client(server: Live, request: pytest.FixtureRequest) -> Iterator[Client]:
    found = Client(server, request.node.name)
    yield found
    found.http.close()


def reset_before(client: Client) -> None:
    client.fault("reset-before x1")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.create()
    assert client.tasks() == 0


def bare(client: Client) -> None:
    client.fault("bare 429 x1")
    answer = client.create()
    assert (answer.status_code, answer.content) == (429, b"")
    assert client.tasks() == 0


def slow_headers(client: Client) -> None:
    client.fault("slow-headers 400ms x1")
    began = time.monotonic()
    with client.http.stream("GET", IMAGE):
        assert time.monotonic() - began >= 0.3


def slow_body(client: Client) -> None:
    client.fault("slow-body 1h x1")
    with client.http.stream("GET", IMAGE) as answer:
        assert answer.status_code == 200
    client.fault("slow-body 400ms x1")
    began = time.monotonic()
    answer = client.http.get(IMAGE)
    assert time.monotonic() - began >= 0.3
    assert answer.json()["data"] == []


def hang(client: Client) -> None:
    client.fault("hang x1")
    with pytest.raises(httpx.ReadTimeout):
        client.http.post(IMAGE, json={"prompt": "A cat"}, timeout=httpx.Timeout(PATIENCE, read=0.5))
    assert client.tasks() == 1


def hold(client: Client) -> None:
    client.fault("hold x1")
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(client.create)
        (held,) = client.server.held.wait(timeout=PATIENCE)
        assert client.tasks() == 1
        assert not asked.done()
        client.server.held.release(held.number)
        assert asked.result(PATIENCE).json()["data"]["task_id"] == held.task


def reset_during(client: Client) -> None:
    client.fault("reset-during")
    # A reset that finds its reader asleep takes back what was not read: one of so many tries finds him awake.
    received = next(filter(None, (received_before_reset(client) for _ in range(20))))
    head, _, body = received.partition(b"\r\n\r\n")
    promised = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    assert 0 < len(body) < promised


def received_before_reset(client: Client) -> bytes:
    received = b""
    url = urlsplit(client.server.url)
    with socket.create_connection((url.hostname, url.port), PATIENCE) as raw:
        raw.sendall(
            f"GET {IMAGE} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {client.account}\r\n\r\n".encode()
        )
        with contextlib.suppress(ConnectionResetError):
            while chunk := raw.recv(65536):
                received += chunk
            pytest.fail("the connection was closed, not reset")
    return received


def reset_after(client: Client) -> None:
    client.fault("reset-after x1")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.create()
    assert client.tasks() == 1


def truncated(client: Client) -> None:
    client.fault("truncated x1")
    answer = client.create()
    assert answer.status_code == 200
    assert answer.text.startswith('{"code":0')
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def empty(client: Client) -> None:
    client.fault("empty x1")
    answer = client.create()
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.tasks() == 1


def not_json(client: Client) -> None:
    client.fault("not-json x1")
    answer = client.create()
    assert answer.headers["content-type"] == "application/json"
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def html(client: Client) -> None:
    client.fault("html x1")
    client.fault("html 503 #2")
    first, second = client.create(), client.create()
    assert [first.status_code, second.status_code] == [502, 503]
    assert first.headers["content-type"] == "text/html"


def wrong_type(client: Client) -> None:
    client.fault("wrong-type x1")
    answer = client.create()
    assert answer.headers["content-type"] == "text/plain"
    assert answer.json()["code"] == 0


def ok_code(client: Client) -> None:
    client.fault("ok-code 1303 x1")
    answer = client.create()
    assert (answer.status_code, answer.json()["code"]) == (200, 1303)
    assert "data" not in answer.json()
    client.fault("ok-code 500 x1 on useapi")
    answer = client.http.post("/v1/kling/images/omni", json={"prompt": "A cat"})
    assert (answer.status_code, answer.json()) == (200, {"error": "The service is busy", "code": 500})


def odd_status(client: Client) -> None:
    id = client.made()
    client.fault("odd-status x1")
    client.fault("odd-status pending #2")
    assert [client.record(id)["task_status"] for _ in range(3)] == ["queued", "pending", "succeed"]


def extra_fields(client: Client) -> None:
    client.fault("extra-fields x1")
    answer = client.create().json()
    assert "x_mock" in answer
    assert "x_mock" in answer["data"]
    assert answer["data"]["task_status"] == "submitted"


def absent_fields(client: Client) -> None:
    id = client.made(watermark_info={"enabled": False})
    client.fault("absent-fields x1")
    bare_record, whole = client.record(id), client.record(id)
    assert {"task_id", "task_status", "created_at", "updated_at", "task_result"} == bare_record.keys()
    assert bare_record.items() < whole.items() or bare_record.keys() < whole.keys()


def null_fields(client: Client) -> None:
    id = client.made(watermark_info={"enabled": False})
    client.fault("null-fields x1")
    nulled, whole = client.record(id), client.record(id)
    assert nulled.keys() == whole.keys()
    assert nulled["watermark_info"] is None
    assert nulled["task_id"] == whole["task_id"]


def fail(client: Client) -> None:
    client.fault("fail moderation x1")
    failed, succeeded = client.record(client.made()), client.record(client.made())
    assert failed["task_status_msg"] == "Failure to pass the risk control system"
    assert [failed["task_status"], succeeded["task_status"]] == ["failed", "succeed"]
    client.fault("fail of another kind after 40s x1")
    later = client.record(client.made())
    assert later["task_status"] == "processing"


def never_ends(client: Client) -> None:
    client.fault("never-ends x1")
    client.fault("never-ends submitted #2")
    assert [client.record(client.made())["task_status"] for _ in range(3)] == ["processing", "submitted", "succeed"]


def jumps(client: Client) -> None:
    client.fault("jumps x1")
    task = client.server.fake.tasks.get("kling", client.made())
    assert task is not None
    assert [status for _, status in task.timeline] == ["submitted", "succeed"]
    assert client.record(task.id)["task_status"] == "succeed"


def result_404(client: Client) -> None:
    url = client.result()
    client.fault("result-404 x1")
    assert [client.http.get(url).status_code, client.http.get(url).status_code] == [404, 200]


def result_expired(client: Client) -> None:
    url = client.result()
    client.fault("result-expired x1")
    assert [client.http.get(url).status_code, client.http.get(url).status_code] == [403, 200]


def result_slow(client: Client) -> None:
    url = client.result()
    client.http.get(url)
    client.fault("result-slow 400ms x1")
    began = time.monotonic()
    slow = client.http.get(url).content
    assert time.monotonic() - began >= 0.3
    assert slow == client.http.get(url).content


def result_cut(client: Client) -> None:
    url = client.result()
    client.fault("result-cut x1")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.http.get(url)
    assert client.http.get(url).status_code == 200


CASES: dict[str, Callable[[Client], None]] = {
    "reset-before": reset_before,
    "bare": bare,
    "slow-headers": slow_headers,
    "slow-body": slow_body,
    "hang": hang,
    "hold": hold,
    "reset-during": reset_during,
    "reset-after": reset_after,
    "truncated": truncated,
    "empty": empty,
    "not-json": not_json,
    "html": html,
    "wrong-type": wrong_type,
    "ok-code": ok_code,
    "odd-status": odd_status,
    "extra-fields": extra_fields,
    "absent-fields": absent_fields,
    "null-fields": null_fields,
    "fail": fail,
    "never-ends": never_ends,
    "jumps": jumps,
    "result-404": result_404,
    "result-expired": result_expired,
    "result-slow": result_slow,
    "result-cut": result_cut,
}


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.stage != "callback"])
def test_a_fault_is_seen_on_the_wire(client: Client, name: str) -> None:
    CASES[name](client)


@pytest.mark.parametrize("row", ["1301", "1303", "5000", "5001", "1000", "1102"])
def test_a_row_of_the_error_table_is_answered_by_its_code(client: Client, row: str) -> None:
    client.fault(f"{row} x1")
    answer = client.create()
    assert answer.json()["code"] == int(row)
    assert answer.status_code >= 400
    assert client.create().status_code == 200


def test_retry_after_comes_in_seconds_or_as_a_date(client: Client) -> None:
    client.fault("1303 retry-after 5 x1")
    client.fault("1303 retry-after-date 5 #2")
    assert client.create().headers["retry-after"] == "5"
    before = client.server.fake.clock.now() / 1000
    date = parsedate_to_datetime(client.create().headers["retry-after"]).timestamp()
    assert before + 4 < date <= client.server.fake.clock.now() / 1000 + 5


def test_a_fault_of_one_account_happens_to_no_other(client: Client, server: Live) -> None:
    client.fault("5000")
    other = Client(server, "another-account")
    assert [client.create().status_code, other.create().status_code] == [500, 200]
    other.http.close()
