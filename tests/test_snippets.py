"""Snippets: each language sends the same bytes, whatever they are, and nothing in them is obeyed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver import live
from mockserver.secrecy.mask import Mask
from mockserver.secrecy.snippets import snippets
from mockserver.types import Request
from tests.conftest import IMAGE, PATIENCE, TOKEN
from tests.support.programs import need

CREATE = "kling/omni-image.create"
HEADERS = {"host": "127.0.0.1:8080", "authorization": f"Bearer {TOKEN}", "content-type": "application/json"}

HOSTILE = st.one_of(
    st.text(),
    st.text(alphabet="'\"\\`$!{}()<>;&|\n\r\t\0 a\u2028\u2029%#*~\x1b"),
    st.sampled_from(
        ["'; touch ran; '", "$(touch ran)", "`touch ran`", "${ran}", "\\'+ran+\\'", "</script>", "*/", "\\u0027"]
    ),
)
"""Texts, among them what ends a word, a text or a program in one of the languages."""

BODIES = st.one_of(HOSTILE.map(str.encode), st.binary())


class Sent(NamedTuple):
    """What a program asked for."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


def asked(body: bytes, query: str = "") -> Request:
    return Request("POST", IMAGE, query, HEADERS, body)


def expected(request: Request, token: str = "me") -> Sent:
    query = f"?{request.query}" if request.query else ""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    body = request.body
    if body.decode(errors="replace").encode() == body:
        body = Mask.of(request).text(body.decode()).encode()
    return Sent("POST", f"http://127.0.0.1:8080{IMAGE}{query}", headers, body)


STUB = r"""curl() { printf '%s\0' "$@"; case " $* " in *" --data-binary @- "*) cat >&2;; esac; }
"""


def sent_by_shell(line: str) -> Sent:
    """Run a line in a shell in which curl only tells how it was called, and what it was given to read."""
    run = subprocess.run(["sh", "-c", STUB + line], capture_output=True, check=True)
    words = run.stdout.split(b"\0")[:-1]
    told = dict(words[place + 1].decode().split(": ", 1) for place, word in enumerate(words) if word == b"-H")
    url = next(word.decode() for word in words if word.startswith(b"http"))
    body = words[words.index(b"--data-raw") + 1] if b"--data-raw" in words else run.stderr
    return Sent(words[words.index(b"-X") + 1].decode(), url, told, body)


def sent_by_python(source: str, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Run a program here, with an httpx that sends nothing."""
    noted: list[Sent] = []

    def request(method: str, url: str, *, headers: dict[str, str], content: str | bytes = b"") -> httpx.Response:
        noted.append(Sent(method, url, headers, content.encode() if isinstance(content, str) else content))
        return httpx.Response(200)

    with monkeypatch.context() as patch:
        patch.setattr(httpx, "request", request)
        exec(compile(source, "snippet", "exec"), {"print": lambda *_: None})
    (found,) = noted
    return found


LISTENER = r"""
const Program = (async () => {}).constructor;
const hex = (body) => Buffer.from(body ?? "").toString("hex");
const answer = { status: 200, text: async () => "" };
for await (const line of (await import("node:readline")).createInterface({ input: process.stdin })) {
  let sent = null;
  const fetch = async (url, { body, ...how }) => { sent = { url, ...how, body: hex(body) }; return answer; };
  await new Program("fetch", "console", JSON.parse(line))(fetch, { log: () => {} });
  console.log(JSON.stringify(sent));
}
"""


class Node:
    """One Node for all programs, with a fetch that sends nothing."""

    def __init__(self) -> None:
        command = ["node", "--input-type=module", "-e", LISTENER]
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def sent(self, source: str) -> Sent:
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(json.dumps(source) + "\n")
        self.child.stdin.flush()
        found = json.loads(self.child.stdout.readline())
        return Sent(found["method"], found["url"], found["headers"], bytes.fromhex(found["body"]))


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    need("node")
    found = Node()
    yield found
    found.child.kill()
    found.child.communicate()


@given(BODIES)
def test_a_shell_sends_the_same_bytes(body: bytes) -> None:
    assert sent_by_shell(str(snippets(asked(body))["curl"])) == expected(asked(body))


@given(BODIES, HOSTILE)
def test_python_sends_the_same_bytes(body: bytes, name: str) -> None:
    request = asked(body, quote(name))
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert sent_by_python(str(snippets(request)["python"]), monkeypatch) == expected(request)


@given(body=BODIES, name=HOSTILE)
def test_javascript_sends_the_same_bytes(node: Node, body: bytes, name: str) -> None:
    request = asked(body, quote(name))
    assert node.sent(str(snippets(request)["javascript"])) == expected(request)


@given(st.dictionaries(HOSTILE, HOSTILE, max_size=3))
def test_a_testee_is_asked_for_the_same_payload_on_one_line(payload: dict[str, str]) -> None:
    request = Request("POST", f"/kling{IMAGE}", headers=HEADERS, body=json.dumps(payload).encode())
    line = str(snippets(request, CREATE, IMAGE)["testee"])
    assert line.splitlines() == [line]
    told = json.loads(line)
    assert (told["do"], told["operation"], told["base_url"]) == (
        "generate",
        "kling/omni-image",
        "http://127.0.0.1:8080/kling",
    )
    assert told["payload"] == Mask.of(request).json(payload)


def run(*command: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, "MOCKSERVER_TOKEN": TOKEN},
    )
    assert ran.returncode == 0, ran.stderr
    return ran


def test_each_program_does_at_a_server_what_the_request_did() -> None:
    need("sh", "curl", "node")
    with live(pace="instant", seed=1) as running:
        body = json.dumps({"prompt": 'It\'s "red" \\ $HOME `date` \u2028 猫', "n": 2}, ensure_ascii=False).encode()
        httpx.post(running.url + IMAGE, content=body, headers={k: v for k, v in HEADERS.items() if k != "host"})
        (first,) = running.fake.requests
        programs = snippets(first.request, first.operation, IMAGE)
        told = [
            run("sh", "-c", str(programs["curl"])).stdout,
            run(sys.executable, "-c", str(programs["python"])).stdout,
            run("node", "--input-type=module", "-e", str(programs["javascript"])).stdout,
        ]
        assert all('"task_status":"submitted"' in answer for answer in told)
        assert [entry.request.body for entry in running.fake.requests] == [body] * 4
        assert {entry.account for entry in running.fake.requests} == {TOKEN}
        assert {entry.request.headers["content-type"] for entry in running.fake.requests} == {"application/json"}
        answer = run(sys.executable, "examples/python_httpx/testee.py", text=f"{programs['testee']}\n").stdout
        assert json.loads(answer)["outcome"] == "succeed"


@pytest.mark.parametrize(
    ("request_", "missing"),
    [
        (Request("GET", IMAGE, headers=HEADERS), {"testee"}),
        (Request("GET", IMAGE, headers=HEADERS, body=b"{}"), {"javascript", "testee"}),
        (Request("POST", IMAGE, headers=HEADERS, body=b"no JSON"), {"testee"}),
        (Request("POST", IMAGE, headers=HEADERS, body=b"[]"), {"testee"}),
    ],
)
def test_what_a_language_cannot_send_is_left_out(request_: Request, missing: set[str]) -> None:
    operation = CREATE if request_.method == "POST" else None
    found: dict[str, Any] = snippets(request_, operation, IMAGE)
    assert {name for name, text in found.items() if text is None} == missing


def test_a_body_without_a_media_type_is_sent_without_one(node: Node) -> None:
    request = Request("POST", IMAGE, headers={"host": "127.0.0.1:8080"}, body=b"{}")
    sent = node.sent(str(snippets(request)["javascript"]))
    assert (sent.headers, sent.body) == ({}, b"{}")
    assert "TextEncoder" in str(snippets(request)["javascript"])


def test_no_secret_is_in_a_snippet() -> None:
    secret = "0f3c9a7e51d24b88a6"
    headers = {**HEADERS, "authorization": f"Bearer {secret}", "x-api-key": secret, "cookie": secret}
    request = Request("POST", IMAGE, f"api_key={secret}", headers, json.dumps({"password": secret}).encode())
    assert all(secret not in str(text) for text in snippets(request, CREATE, IMAGE).values())
