"""The dashboard: the files of ``static/`` at ``/_mock/``, and results to look at.

The files hold no secret, and a browser asks for them without our headers. So they need no control token; what they show
comes from the control API, which does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mockserver.adapters.control.guard import Guard
from mockserver.adapters.http.results import Results

ROOT = "/_mock"
TYPES = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Scripts and styles only from our files, nothing inline or from elsewhere, no frames; no text becomes markup."""

HEADERS = MappingProxyType(
    {
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        # The next release may have another file of this name; the tag tells a browser that its copy is old.
        "cache-control": "no-cache",
    }
)


class Page:
    """One file, answered with its tag, or with 304 to a browser that has it."""

    def __init__(self, file: Traversable) -> None:
        self._file = file

    async def serve(self, request: Request) -> Response:
        """Answer with the file."""
        return tagged(request, self._file.read_bytes(), TYPES[_suffix(self._file)])


def tagged(request: Request, content: bytes, kind: str, policy: str = POLICY) -> Response:
    """Answer with a page or a file and its tag, or with 304 to a browser that has it."""
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {**HEADERS, "content-security-policy": policy, "etag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, headers={**headers, "content-type": kind})


def routes(results: Results, control_token: str | None = None) -> Iterator[Route]:
    """Yield a route for each file, one for the results that the dashboard shows, and a redirect for a missing slash."""
    for name, file in _files(files("mockserver.adapters.dashboard").joinpath("static")):
        path = f"{ROOT}/{'' if name == 'index.html' else name}"
        yield guarded(path, Page(file).serve, control_token, is_page=path == f"{ROOT}/")
    yield guarded(ROOT + "/results/{name:path}", results.preview, control_token)
    yield guarded(ROOT, slash, control_token, is_page=True)


async def slash(request: Request) -> Response:
    """Send on to the address with a slash. It is relative, so it holds behind a proxy that serves us under a prefix."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{request.url.path.rpartition('/')[2]}/{query}", 307)


def guarded(
    path: str, endpoint: Callable[[Request], Awaitable[ASGIApp]], control_token: str | None, *, is_page: bool = False
) -> Route:
    """Return the route of a page or a file, which are open to all where what they show needs a token.

    ``is_page``: links of other sites may lead there.
    """
    guard = Middleware(Guard, is_page=is_page)
    return Route(path, endpoint, methods=["GET"], middleware=[guard] if control_token is None else [])


def _files(folder: Traversable, beginning: str = "") -> Iterator[tuple[str, Traversable]]:
    """Yield the files that are served, by their paths; the licences beside the libraries are for people."""
    for file in folder.iterdir():
        if file.is_dir():
            yield from _files(file, f"{beginning}{file.name}/")
        elif _suffix(file) in TYPES:
            yield beginning + file.name, file


def _suffix(file: Traversable) -> str:
    return file.name[file.name.rfind(".") :]
