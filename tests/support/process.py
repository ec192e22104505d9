"""A server in a process of its own, started as a person starts it."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from tempfile import TemporaryFile
from time import monotonic
from typing import IO, Any

from mockserver.types import JSON
from tests.conftest import PATIENCE, TOKEN

ROOT = Path(__file__).parents[2]
MAIN = "from mockserver.cli import main; main()"
PIP = f"{quote(sys.executable)} -m pip install"
"""How a message begins the command that installs something beside us."""


@dataclass(frozen=True)
class Answer:
    """What came back on a connection."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> JSON:
        return json.loads(self.body)


@dataclass(frozen=True)
class Process:
    """A server that answers on ``port`` of 127.0.0.1."""

    child: subprocess.Popen[bytes]
    said: bytes
    complaints: IO[bytes]

    @property
    def port(self) -> int:
        return int(self.said.splitlines()[0].rpartition(b":")[2])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def workers(self) -> list[int]:
        """The processes that it has forked and that are alive; Linux tells."""
        children = Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children")
        return [int(word) for word in children.read_text().split()]

    @property
    def stderr(self) -> str:
        """All that it has complained of. It writes where the last reading ended, so none may move that."""
        file = self.complaints.fileno()
        return os.pread(file, os.fstat(file).st_size, 0).decode()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def request(self, method: str, target: str, payload: JSON = None) -> Answer:
        """Send one request, with credentials."""
        body = b"" if payload is None else json.dumps(payload).encode()
        with self.connect() as connection:
            connection.sendall(head(method, target, f"content-length: {len(body)}") + body)
            return answers(connection, 1, method)[0]

    def made(self, path: str, **payload: JSON) -> Answer:
        """Make a task, and return what is shown of it then."""
        made = self.request("POST", path, payload)
        assert made.status == 200, made.body
        return self.request("GET", f"{path}/{made.json['data']['task_id']}")

    def stop(self, signal: int) -> tuple[int, float]:
        """Send a signal; return the exit status, and the seconds it took."""
        start = monotonic()
        self.child.send_signal(signal)
        return self.child.wait(PATIENCE), monotonic() - start


def head(method: str, target: str, *fields: str) -> bytes:
    """Return the head of a request with credentials."""
    usual = ("host: 127.0.0.1", f"authorization: Bearer {TOKEN}", "content-type: application/json")
    return "\r\n".join([f"{method} {target} HTTP/1.1", *usual, *fields, "", ""]).encode()


def answers(connection: socket.socket, count: int = 1, method: str = "GET") -> list[Answer]:
    """Read so many answers."""
    with connection.makefile("rb") as stream:
        return [_answer(stream, method) for _ in range(count)]


def _answer(stream: IO[bytes], method: str) -> Answer:
    status = stream.readline()
    assert status.startswith(b"HTTP/1.1 "), status
    headers = {}
    while line := stream.readline().rstrip():
        name, _, value = line.decode("latin-1").partition(": ")
        headers[name.lower()] = value
    if headers.get("transfer-encoding") == "chunked":
        return Answer(int(status.split()[1]), headers, b"".join(_chunks(stream)))
    length = 0 if method == "HEAD" else int(headers["content-length"])
    body = stream.read(length)
    assert len(body) == length
    return Answer(int(status.split()[1]), headers, body)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while size := int(stream.readline(), 16):
        yield stream.read(size)
        assert stream.readline() == b"\r\n"
    assert stream.readline() == b"\r\n"


@contextmanager
def started(
    *options: str, main: str = MAIN, patience: float = PATIENCE, logs: str = "off", **how: Any
) -> Iterator[Process]:
    """Start a server on a free port, and end it in any case. The rest is for ``Popen``."""
    with TemporaryFile() as complaints:
        command = (sys.executable, "-c", main, "serve", "--port", "0", "--log", logs, *options)
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=complaints, **how) as child:
            try:
                assert child.stdout is not None
                yield Process(child, _line(child.stdout, patience), complaints)
            finally:
                child.terminate()
                try:
                    child.wait(PATIENCE)
                finally:
                    child.kill()


def _line(output: IO[bytes], patience: float) -> bytes:
    """Read the first line."""
    end, said = monotonic() + patience, b""
    while not said.endswith(b"\n"):
        readable, _, _ = select.select([output], [], [], max(end - monotonic(), 0))
        chunk = os.read(output.fileno(), 4096) if readable else b""
        assert chunk, f"no line within {patience:g} s, only {said!r}"
        said += chunk
    return said
