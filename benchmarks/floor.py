"""The floor: the least that a server must do who keeps the contract's form and nothing else.

A bare Starlette route under uvicorn parses JSON, validates it with the same request schema compiled by jsonschema-rs,
and answers a constant. What it queries and lists are constants too. It imports nothing of ours.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path

import jsonschema_rs
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_SCHEMAS = Path(__file__).parent.parent / "schemas" / "kling"
_ID = "100000000000000001"
_CREATED = {"task_id": _ID, "task_status": "submitted", "created_at": 1722769557708, "updated_at": 1722769557708}
_RECORD = {
    **_CREATED,
    "task_status": "succeed",
    "task_result": {"images": [{"index": 0, "url": f"http://127.0.0.1/results/kling/{_ID}/0.png"}]},
    "final_unit_deduction": "8",
}


def _body(data: object, code: int = 0, text: str = "SUCCEED") -> bytes:
    answer = {"code": code, "message": text, "request_id": "00000000-0000-4000-8000-000000000000", "data": data}
    return json.dumps(answer, separators=(",", ":")).encode()


CREATED, FOUND, LISTED = _body(_CREATED), _body(_RECORD), _body([_RECORD] * 30)
REFUSED = _body(None, 1201, "n is more than 9")


def application() -> Starlette:
    """Return the floor for omni-image and omni-video."""
    routes = []
    for product, path in (("omni-image", "/v1/images/omni-image"), ("omni-video", "/v1/videos/omni-video")):
        routes += _routes(path, json.loads((_SCHEMAS / f"{product}.request.json").read_text(encoding="utf-8")))
    return Starlette(routes=routes)


def _routes(path: str, schema: dict[str, object]) -> list[Route]:
    is_valid = jsonschema_rs.validator_for(schema).is_valid

    async def create(request: Request) -> Response:
        payload = json.loads(await request.body())
        if not is_valid(payload):
            return Response(REFUSED, 400, media_type="application/json")
        return Response(CREATED, media_type="application/json")

    async def get(_: Request) -> Response:
        return Response(FOUND, media_type="application/json")

    async def list_(_: Request) -> Response:
        return Response(LISTED, media_type="application/json")

    return [Route(path, create, methods=["POST"]), Route(path, list_), Route(path + "/{id}", get)]


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
    Server(bound).run([bound])
