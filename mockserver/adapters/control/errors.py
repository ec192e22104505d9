"""Errors of HTTP on our own paths, in the words of the control API: what there is instead of what was asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mockserver.adapters.control.answers import apology
from mockserver.contract.description.control import description
from mockserver.errors import MockserverError
from mockserver.fake.core import Fake
from mockserver.suggestions import near_names

Handler = Callable[[Request, Exception], Awaitable[Response]]


def handlers(fake: Fake) -> dict[type[Exception], Handler]:
    """Return what answers instead of Starlette: to what is not there, and as the last resort of what is ours."""

    async def failed(_: Request, error: Exception) -> Response:
        return apology(fake, error)  # the server prints the traceback

    async def refused(_: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error)}, getattr(error, "status", 400))

    async def missing(request: Request, error: Exception) -> Response:
        return _missing(fake, request, error)

    return {HTTPException: missing, MockserverError: refused, Exception: failed}


def _missing(fake: Fake, request: Request, error: Exception) -> Response:
    """Answer with JSON and a hint where Starlette would name the status alone."""
    assert isinstance(error, HTTPException)  # noqa: S101 # it is registered for no other
    asked, headers = f"there is no {request.method} {request.scope['path']}", dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
        text = f"{asked}; this path takes {headers['Allow']}."
    elif error.status_code == 404:
        text = f"{asked}; {_instead(fake, request.scope['path'])}"
    else:
        text = f"{error.detail}."
    return JSONResponse({"error": text}, error.status_code, headers)


def _instead(fake: Fake, path: str) -> str:
    pages = ["docs/", "mcp", *(f"openapi/{service.id}.json" for service in fake.world.services)]
    names = [*pages, *(known.removeprefix("/") for known in description()["paths"])]
    if near := near_names(path.removeprefix("/_mock/"), names):
        return f"did you mean {' or '.join(f'/_mock/{name}' for name in near)}?"
    return f"under /_mock/ there are {', '.join(sorted({name.partition('/')[0] for name in names}))}."
