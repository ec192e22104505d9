"""Answers of the control API: how they are written, and the one to a mistake of ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mockserver.fake.core import Fake
from mockserver.fake.encoding import encoded
from mockserver.types import JSON

Endpoint = Callable[[Request], Awaitable[Response]]


def written(found: JSON) -> Response:
    """Write an answer item by item: to write a page in one go could take a second, in which no thread gets on."""
    if "items" not in found:
        return Response(encoded(found), media_type="application/json")
    rest = encoded({name: value for name, value in found.items() if name != "items"})
    items = b",".join(map(encoded, found["items"]))
    return Response(b'{"items":[' + items + b"]," + rest[1:], media_type="application/json")


def apology(fake: Fake, error: Exception) -> Response:
    """Answer a request of ours with an exception that nobody foresaw, and count it."""
    fake.failures += 1
    return JSONResponse({"error": f"this is a mistake of mockserver: {type(error).__name__}: {error}"}, 500)


def by_method(answers: Mapping[str, Endpoint]) -> Endpoint:
    """Return one endpoint of several, by their methods; HEAD is answered as GET is."""

    async def answer(request: Request) -> Response:
        return await answers["GET" if request.method == "HEAD" else request.method](request)

    return answer
