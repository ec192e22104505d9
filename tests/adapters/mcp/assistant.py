"""An assistant: the client of the official SDK, over HTTP without a socket, or over stdio; and what it asks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters, types
from mcp.client.streamable_http import streamable_http_client
from starlette.types import ASGIApp

from mockserver.adapters.http.asgi import application
from mockserver.adapters.mcp.door import door
from mockserver.adapters.mcp.steered import Reached, Steered
from mockserver.adapters.mcp.tool import Session
from mockserver.fake.core import Fake
from mockserver.types import JSON, Request
from tests.conftest import HOST, IMAGE, TOKEN
from tests.support.process import ROOT

URL = "http://127.0.0.1:8080"
CREATE = "kling/omni-image.create"

EXAMPLES: dict[str, dict[str, JSON]] = {
    "status": {},
    "check_client": {"command": ["no-such-program"], "only": ["retry"], "seconds": 1},
    "check_server": {"url": URL, "only": ["good-credentials-enter"], "operations": ["kling/omni-image"]},
    "findings": {},
    "operations": {"service": "kling", "search": "omni"},
    "operation": {"operation": CREATE},
    "rules": {"operation": CREATE, "search": "prompt"},
    "page": {"page": f"rules/{CREATE}", "about": "n.maximum"},
    "readings": {"service": "kling"},
    "fault_kinds": {"search": "1303"},
    "payloads": {"operation": CREATE, "count": 2, "seed": 7},
    "validate": {"operation": CREATE, "payload": {"prompt": "A cat", "n": 10}},
    "tasks": {"service": "kling", "limit": 5},
    "task": {"service": "kling", "id": "first"},
    "requests": {"status": "4xx"},
    "request": {"number": 1},
    "callbacks": {},
    "verify": {"operation": CREATE, "where": {"prompt": "A *"}},
    "clock": {"action": "advance", "advance": "90s"},
    "force_task": {"service": "kling", "id": "first", "status": "failed", "reason": "moderation"},
    "add_fault": {"fault": "1303 x2"},
    "faults": {},
    "remove_fault": {"all": True},
    "profiles": {},
    "profile": {"name": "slow", "on": True},
    "release": {},
    "change_settings": {"pace": "real"},
    "reset": {},
}
"""What each tool is asked, in an order in which each can answer; ids and URLs are filled in."""


@asynccontextmanager
async def over_http(app: ASGIApp | Fake, mode: str = "auto", **headers: str) -> AsyncIterator[Client]:
    """Connect to ``/_mock/mcp`` of an application, or of a fake."""
    transport = httpx2.ASGITransport(application(app) if isinstance(app, Fake) else app, client=("127.0.0.1", 1))
    async with (
        httpx2.AsyncClient(transport=transport, base_url=URL, headers=headers) as http,
        Client(streamable_http_client(f"{URL}/_mock/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


@asynccontextmanager
async def without_http(fake: Fake) -> AsyncIterator[Client]:
    """Connect to the door of a fake in this process."""
    transport = httpx2.ASGITransport(application(fake), client=("127.0.0.1", 1))
    async with httpx2.AsyncClient(transport=transport, base_url=URL) as http:

        async def reach() -> Reached:
            return Reached(http, URL)

        async with Client(door(Session(Steered(reach), dict))) as client:
            yield client


@asynccontextmanager
async def over_stdio(*words: str, folder: Path) -> AsyncIterator[Client]:
    """Start ``mockserver mcp`` in a folder, as an assistant does."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}
    program = StdioServerParameters(
        command=sys.executable, args=["-m", "mockserver", "mcp", *words], env=environment, cwd=folder
    )
    async with Client(program) as client:
        yield client


async def told(client: Client, tool: str, **arguments: Any) -> str:
    """Return what a tool answers; it must be no error."""
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, text(answer)
    return text(answer)


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """Return what a tool refuses in a line."""
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error, text(answer)
    (line,) = text(answer).splitlines()
    assert "mistake of mockserver" not in line
    return line


def text(answer: types.CallToolResult) -> str:
    (content,) = answer.content
    assert isinstance(content, types.TextContent)
    return content.text


def send(fake: Fake, **payload: JSON) -> JSON:
    """Ask for a task, as a client of the fake does."""
    headers = {"host": HOST, "authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    answer = fake.respond(Request("POST", IMAGE, headers=headers, body=json.dumps(payload).encode()))
    return json.loads(answer.body)
