"""The floor: the least that a truthful fake of this API must do for each request, as a bare ASGI application.

JSON is parsed and validated by jsonschema-rs with the same request schema, a task gets an id and goes into a dict, the
bytes of both directions go into a bounded journal, and JSON is written anew for each answer. A refusal names one error.
There are no accounts, rules with a text of their own, clocks, faults, callbacks or results. It imports nothing of ours.
"""

from __future__ import annotations

import gc
import json
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from itertools import count, islice
from pathlib import Path
from time import time
from typing import Any

import jsonschema_rs
import uvicorn

Message = dict[str, Any]
Task = tuple[int, Any]
"""When it was created, and from which payload."""

_SCHEMAS = Path(__file__).parent.parent / "schemas" / "kling"
_JOURNAL = 20_000
"""Exchanges that are kept: as many as ours keeps of this size."""

_PAGE = 30
_FIRST_ID = 10**17


class Product:
    """One product: its schema and its tasks."""

    def __init__(self, name: str) -> None:
        schema = json.loads((_SCHEMAS / f"{name}.request.json").read_text(encoding="utf-8"))
        self._validator = jsonschema_rs.validator_for(schema)
        self._tasks: dict[str, Task] = {}
        self._ids = count(_FIRST_ID)

    def create(self, body: bytes) -> tuple[int, bytes]:
        """Answer a POST."""
        payload = json.loads(body)
        if not self._validator.is_valid(payload):
            error = next(self._validator.iter_errors(payload))
            return 400, _written(error.message, code=1201)
        id, now = str(next(self._ids)), int(time() * 1000)
        self._tasks[id] = now, payload
        return 200, _written("SUCCEED", {"task_id": id, "task_status": "submitted", **_times(now)})

    def one(self, id: str) -> tuple[int, bytes]:
        """Answer a GET of one task."""
        task = self._tasks.get(id)
        if task is None:
            return 404, _written("no such task", code=1203)
        return 200, _written("SUCCEED", _record(id, task))

    def page(self) -> tuple[int, bytes]:
        """Answer a GET of the newest tasks."""
        newest: Iterable[str] = islice(reversed(self._tasks), _PAGE)
        return 200, _written("SUCCEED", [_record(id, self._tasks[id]) for id in newest])


def _written(text: str, data: object = None, code: int = 0) -> bytes:
    answer = {"code": code, "message": text, "request_id": f"{next(_REQUESTS):032x}", "data": data}
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()


def _record(id: str, task: Task) -> dict[str, Any]:
    created, payload = task
    base = f"http://127.0.0.1/results/kling/{id}"
    images = [{"index": index, "url": f"{base}/{index}.png"} for index in range(payload.get("n", 1))]
    return {
        "task_id": id,
        "task_status": "succeed",
        "task_result": {"images": images},
        "final_unit_deduction": "8",
        **_times(created),
    }


def _times(at: int) -> dict[str, int]:
    return {"created_at": at, "updated_at": at}


_REQUESTS = count(1)


def application() -> Callable[..., Awaitable[None]]:
    """Return the ASGI application for omni-image and omni-video."""
    products = {
        "/v1/images/omni-image": Product("omni-image"),
        "/v1/videos/omni-video": Product("omni-video"),
    }
    journal: deque[tuple[bytes, bytes]] = deque(maxlen=_JOURNAL)

    async def answer(scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[..., Any]) -> None:
        if scope["type"] != "http":
            await _lifespan(receive, send)
            return
        message = await receive()
        body: bytes = message["body"]
        while message["more_body"]:
            message = await receive()
            body += message["body"]
        path: str = scope["path"]
        if scope["method"] == "POST":
            status, written = products[path].create(body)
        elif path in products:
            status, written = products[path].page()
        else:
            path, _, id = path.rpartition("/")
            status, written = products[path].one(id)
        journal.append((body, written))
        headers = [(b"content-length", b"%d" % len(written)), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": written})

    return answer


async def _lifespan(receive: Callable[[], Awaitable[Message]], send: Callable[..., Any]) -> None:
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


class Server(uvicorn.Server):
    """uvicorn with the options of mockserver/adapters/http/server.py; says when it answers, as ours does."""

    def __init__(self, listener: socket.socket) -> None:
        config = uvicorn.Config(
            application(),
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
        )
        super().__init__(config)
        self._port = listener.getsockname()[1]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        print(f"floor ready on http://127.0.0.1:{self._port}", flush=True)


if __name__ == "__main__":
    bound = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = Server(bound)
    # As ours does, so that both search for garbage as rarely.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    server.run([bound])
