"""A receiver of callbacks in a process of its own: it may refuse each one a few times, and counts what it takes.

``python -m tests.slow.destruction.sink MOST`` refuses each callback between no and ``MOST`` times before it takes it,
so that with ``2`` half of all attempts fail. It says its port, and tells on ``GET /`` what it has seen.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from tests.conftest import PATIENCE
from tests.support.process import ROOT

WORDS = ("submitted", "processing", "succeed")
"""What is called back of a task that succeeds, in this order."""


@dataclass(frozen=True)
class Sink:
    """Where a receiver listens."""

    url: str

    def seen(self) -> dict[str, Any]:
        """Return the number of ``attempts`` and how many were ``taken``; per task in ``tasks`` what was taken."""
        answer = httpx.get(self.url, timeout=PATIENCE, verify=False)
        found: dict[str, Any] = answer.json()
        return found

    def taken(self) -> int:
        """Return how many callbacks were taken."""
        return int(httpx.get(self.url + "count", timeout=PATIENCE, verify=False).json()["taken"])

    def wait_for(self, ids: set[str], patience: float = PATIENCE) -> dict[str, Any]:
        """Wait until all callbacks of these tasks were taken; return what was seen."""
        end = time.monotonic() + patience
        while True:
            found = self.seen()
            missing = {id: found["tasks"].get(id, []) for id in ids if set(found["tasks"].get(id, [])) != set(WORDS)}
            if not missing:
                return found
            assert time.monotonic() < end, f"{len(missing)} tasks lack callbacks, such as {list(missing.items())[:3]}"
            time.sleep(0.2)


@contextmanager
def sink(most: int = 0) -> Iterator[Sink]:
    """Start a receiver."""
    command = [sys.executable, "-m", "tests.slow.destruction.sink", str(most)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            yield Sink(f"http://127.0.0.1:{int(child.stdout.readline())}/")
        finally:
            child.kill()


class App:
    """The receiver as an application."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tries: Counter[tuple[str, str]] = Counter()
        self._attempts = self._taken = 0
        self._tasks: dict[str, list[str]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "GET":
            found = {"attempts": self._attempts, "taken": self._taken}
            status, body = 200, json.dumps(found if scope["path"] == "/count" else {**found, "tasks": self._tasks})
        else:
            status, body = self._judged(await _whole(receive)), ""
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body.encode()})

    def _judged(self, body: bytes) -> int:
        said = json.loads(body)
        key = (said["task_id"], said["task_status"])
        self._attempts += 1
        self._tries[key] += 1
        if self._tries[key] <= zlib.crc32("/".join(key).encode()) % (self._most + 1):
            return 500
        self._taken += 1
        self._tasks.setdefault(key[0], []).append(key[1])
        return 200


async def _whole(receive: Any) -> bytes:
    body, is_more = b"", True
    while is_more:
        part = await receive()
        body += part.get("body", b"")
        is_more = part.get("more_body", False)
    return body


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(App(int(sys.argv[1])), lifespan="off", log_level="warning", access_log=False)
    asyncio.run(uvicorn.Server(config).serve([listener]))
