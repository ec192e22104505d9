"""Secrets: one of each kind is sent everywhere, and none comes out of the control API, a snapshot or the process."""

from __future__ import annotations

import json
import signal
import stat
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import quote

import pytest

from mockserver.contract.description.control import description
from mockserver.fake.core import Fake
from mockserver.kit.client.fake_process import transcript
from mockserver.kit.client.traffic import verdict
from mockserver.kit.reports.folder import write
from mockserver.settings import Settings
from mockserver.types import JSON
from tests.conftest import IMAGE
from tests.fake.intake.test_auth import token as jwt
from tests.support.between import between, served, wait_for_the_end
from tests.support.process import Process, answers, started
from tests.test_secrecy import NAMES

USEAPI = "/v1/kling/images/omni"
PARAMETERS = ("token", "api_key", "key", "access_token", "signature", "X-Amz-Signature", "sig", "password")


KEPT = ("callback ", "pattern of a fault")
"""How the places begin whose secrets no store can do without: no callback would arrive, and no payload be matched."""


@dataclass
class Secrets:
    """Secrets that were sent, by the place that each was sent in."""

    sent: dict[str, str] = field(default_factory=dict)

    def new(self, place: str) -> str:
        """Return a secret for one place."""
        text = f"{len(self.sent):02}Qz{len(self.sent):02}-middle-of-the-secret-{len(self.sent):02}-Zq"
        self.sent[place] = text
        return text

    def seen_in(self, text: str) -> list[str]:
        """Return the places whose secret can be read in a text, but for its ends."""
        return [
            place
            for place, secret in self.sent.items()
            for form in (secret[4:-4], quote(secret), b64encode(secret.encode()).decode())
            if form in text
        ]


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


def send(server: Process, target: str, *fields: str, body: bytes = b"", method: str = "POST") -> None:
    head = [f"{method} {target} HTTP/1.1", f"host: 127.0.0.1:{server.port}", f"content-length: {len(body)}", *fields]
    with server.connect() as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
        answers(connection, 1, method)


def send_all(server: Process, secrets: Secrets) -> None:
    """Send a secret in every place that a client has for one."""
    new, json_type = secrets.new, "content-type: application/json"
    good = f"authorization: Bearer {new('bearer')}"
    cat = {"prompt": "A cat"}
    for name in (name for name in NAMES if "-" in name or name in ("cookie", "token", "key")):
        send(server, IMAGE, good, f"{name}: {new(f'header {name}')}", json_type, body=json.dumps(cat).encode())
    send(server, IMAGE, f"authorization: Basic {b64encode(new('basic').encode()).decode()}", method="GET")
    send(server, IMAGE, f"authorization: {new('without a scheme')}", method="GET")
    send(server, IMAGE, f"authorization: Bearer {jwt(iss=new('access key'))}", method="GET")
    send(server, f"{IMAGE}/{new('path')}?token={secrets.sent['path']}", good, method="GET")
    for name in PARAMETERS:
        send(server, f"{IMAGE}?{name}={new(f'query {name}')}", good, method="GET")
        body: JSON = {**cat, name: new(f"field {name}"), "more": [{name: new(f"inner field {name}")}]}
        send(server, IMAGE, good, json_type, body=json.dumps(body).encode())
        hook = f"http://127.0.0.1:1/hook?{name}={new(f'callback {name}')}"
        send(server, IMAGE, good, json_type, body=json.dumps({**cat, "callback_url": hook}).encode())
        picture = f"https://127.0.0.1:1/a.png?{name}={new(f'picture {name}')}"
        body = {**cat, "image_list": [{"image": picture}]}
        send(server, IMAGE, good, json_type, body=json.dumps(body).encode())
    for url in (
        "http://user:{}@127.0.0.1:1/",
        "http://{}@127.0.0.1:1/",
        "https://user:{}@[::/",
        "http://u:{}@host:99999/",
    ):
        body = {**cat, "callback_url": url.format(new(f"callback {url}"))}
        send(server, IMAGE, good, json_type, body=json.dumps(body).encode())
    send(server, IMAGE, good, json_type, body=b'{"prompt": 1, "api_key": "' + new("broken body").encode())
    send(server, IMAGE, good, "content-type: text/plain", body=f"api_key={new('plain body')}&x=1".encode())
    send(server, "/nowhere", good, body=json.dumps({"password": new("nowhere")}).encode())
    useapi = f"authorization: Bearer user:123-{new('useapi')}"
    send(server, USEAPI, useapi, json_type, body=json.dumps({"prompt": "A cat", "replyUrl": hook}).encode())
    send(server, "/v1/kling/accounts", useapi, json_type, body=json.dumps({"password": new("account")}).encode())
    fault: JSON = {"fault": f"1303 for {new('fault line')}"}
    assert server.request("POST", "/_mock/faults", fault).status == 200
    fault = {"fault": "1303 x2", "account": new("fault"), "where": {"api_key": new("pattern of a fault")}}
    assert server.request("POST", "/_mock/faults", fault).status == 200
    assert server.request("POST", "/_mock/limits", {"account": new("limit"), "slots": 3}).status == 200
    assert server.request("PUT", "/_mock/profiles/slow", {"account": new("profile")}).status == 200


def everything_shown(server: Process) -> Iterator[tuple[str, str]]:
    """Yield each page that the control API shows."""
    tasks = server.request("GET", "/_mock/tasks?limit=10000").json["items"]
    numbers = [item["number"] for item in server.request("GET", "/_mock/requests?limit=10000").json["items"]]
    values: dict[str, list[str]] = {
        "/tasks/{service}/{id}": [f"/tasks/{task['service']}/{task['id']}" for task in tasks],
        "/requests/{number}": [f"/requests/{number}" for number in numbers],
        "/operations/{service}/{operation}": ["/operations/kling/omni-image.create"],
        "/operations/{service}/{operation}/payloads": ["/operations/kling/omni-image.create/payloads"],
    }
    for path, methods in description()["paths"].items():
        if "get" not in methods or path == "/events":  # that one has counts only, and does not end
            continue
        assert "{" not in path or path in values, path
        for target in values.get(path, [f"{path}?whole=1&limit=10000"]):
            answer = server.request("GET", f"/_mock{target}")
            assert answer.status == 200, target
            yield path, f"{answer.headers} {json.dumps(answer.json, ensure_ascii=False)}"


def files_of(store: Path) -> Iterator[tuple[str, str]]:
    """Yield what can be read in a file of SQLite and those beside it, by their names."""
    for file in store.parent.glob(f"{store.name}*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        yield file.name, file.read_bytes().decode("latin-1")


def test_no_secret_comes_out_again(tmp_path: Path, secrets: Secrets) -> None:
    state = tmp_path / "state.db"
    with started("--pace", "instant", "--key", f"{secrets.new('an access key')}:{secrets.new('its secret')}") as server:
        assert server.request("PATCH", "/_mock/settings", {"keys": [secrets.new("a key of settings")]}).status == 200
        page = server.request("GET", "/_mock/settings")
        assert secrets.seen_in(page.body.decode()) == []
    with started("--pace", "instant", "--store", f"sqlite:{state}") as server:
        send_all(server, secrets)
        assert server.request("POST", "/_mock/clock/advance", {"advance": "1m"}).status == 200
        assert server.request("GET", "/_mock/state").json["tasks"]["total"] > 40
        for path, text in everything_shown(server):
            assert (path, secrets.seen_in(text)) == (path, [])
        journal = server.request("GET", "/_mock/requests?whole=1&limit=10000").json["items"]
        miss = server.request("POST", "/_mock/requests/verify", {"where": {"api_key": "x"}, "times": 1})
        assert secrets.seen_in(miss.body.decode()) == []
        found = dict(files_of(state))
        assert {*found} == {"state.db", "state.db-wal", "state.db-shm"}
        for name, text in found.items():
            assert (name, [place for place in secrets.seen_in(text) if not place.startswith(KEPT)]) == (name, [])
        server.stop(signal.SIGTERM)
        assert secrets.seen_in(server.stderr) == []
    assert len(secrets.sent) > 70
    for name, text in files_of(state):
        assert (name, [place for place in secrets.seen_in(text) if not place.startswith(KEPT)]) == (name, [])
    judged = verdict("npm test --token " + "x", transcript(journal))
    assert judged.findings
    for file in write(judged, tmp_path / "report"):
        assert (file.name, secrets.seen_in(file.read_text())) == (file.name, [])


def test_no_secret_comes_out_of_a_proxy(secrets: Secrets, capsys: pytest.CaptureFixture[str]) -> None:
    with served(fake=Fake(Settings(pace="instant"))) as url, between(url) as proxy, TemporaryFile() as complaints:
        server = Process(None, proxy.url.encode(), complaints)  # type: ignore[arg-type] # it runs on a thread
        send_all(server, secrets)
        for path, text in everything_shown(server):
            assert (path, secrets.seen_in(text)) == (path, [])
    assert len(proxy.lines) > 50
    assert secrets.seen_in("".join(proxy.lines)) == []
    assert secrets.seen_in(capsys.readouterr().err) == []
    wait_for_the_end()


def test_the_account_of_a_filter_is_still_the_token() -> None:
    with started() as server:
        server.made(IMAGE, prompt="A cat")
        mine: JSON = server.request("GET", "/_mock/tasks?account=key-of-mine").json["items"]
        others: JSON = server.request("GET", "/_mock/tasks?account=another").json["items"]
        exchanges: JSON = server.request("GET", "/_mock/requests?account=key-of-mine").json["items"]
    assert (len(mine), len(others), len(exchanges)) == (1, 0, 2)
