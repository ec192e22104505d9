"""Probes: two questions of a balancer or an orchestrator, which anybody may ask, because the answers give nothing away.

They are two, because a replica that does not reach its store, or is stopping, must get no requests for a while, and
gains nothing by being killed.
"""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mockserver.fake.core import Fake


def routes(fake: Fake) -> list[Route]:
    """Return the routes, with their whole paths."""

    async def ready(request: Request) -> Response:
        is_ready = not is_stopping(request) and await to_thread.run_sync(fake.is_ready, abandon_on_cancel=True)
        return JSONResponse({"status": "ready"}) if is_ready else JSONResponse({"status": "not ready"}, 503)

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "live"})

    return [Route("/_mock/ready", ready, methods=["GET"]), Route("/_mock/live", live, methods=["GET"])]


def is_stopping(request: Request) -> bool:
    """Tell whether the server has begun to stop."""
    return bool(getattr(request.app.state, "is_stopping", False))
