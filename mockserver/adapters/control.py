"""The control API under ``/_mock/``: see what the fake did, and start afresh."""

from __future__ import annotations

from itertools import islice

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mockserver.fake.core import Fake
from mockserver.fake.journal import masked
from mockserver.fake.lifecycle import Task
from mockserver.types import JSON

_SHOWN = 100


def routes(fake: Fake) -> list[Route]:
    """Return the routes, to be mounted at ``/_mock``."""

    async def health(_: Request) -> JSONResponse:
        services = {service.id: service.title for service in fake.world.services}
        return JSONResponse({"status": "ok", "services": services, "now": fake.clock.now()})

    async def requests(request: Request) -> JSONResponse:
        limit = _limit(request)
        shown = [entry.as_json() for entry in islice(fake.world.journal, limit)]
        return JSONResponse({"total": len(fake.world.journal), "requests": shown})

    async def tasks(request: Request) -> JSONResponse:
        limit = _limit(request)
        newest = islice(reversed(list(fake.world.store)), limit)
        return JSONResponse({"total": len(fake.world.store), "tasks": [_shown(fake, task) for task in newest]})

    async def reset(_: Request) -> JSONResponse:
        fake.reset()
        return JSONResponse({"status": "ok"})

    return [
        Route("/health", health),
        Route("/requests", requests),
        Route("/tasks", tasks),
        Route("/reset", reset, methods=["POST"]),
    ]


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "")
    return min(int(text), 10_000) if text.isascii() and text.isdigit() and len(text) < 9 else _SHOWN


def _shown(fake: Fake, task: Task) -> dict[str, JSON]:
    status, updated_at = task.state(fake.clock.now())
    return {
        "id": task.id,
        "operation": task.operation,
        "account": masked(task.account),
        "external_id": task.external_id,
        "status": status,
        "reason": task.reason,
        "created_at": task.created_at,
        "updated_at": updated_at,
        "timeline": [{"after": after, "status": step} for after, step in task.timeline],
        "payload": fake.world.payload(task),
    }
