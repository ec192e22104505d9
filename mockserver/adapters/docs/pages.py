"""The contract's pages: their addresses, and how they are answered. ``contents`` makes them.

They hold no secret and nothing of what clients have sent, so like the dashboard's files they need no control token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from functools import cached_property
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.adapters.control.body import Refusal
from mockserver.adapters.dashboard.pages import ROOT, TYPES, Page, guarded, slash, tagged
from mockserver.adapters.docs import places
from mockserver.errors import NoSuchName, StoreUnavailable
from mockserver.fake.core import Fake

if TYPE_CHECKING:
    from mockserver.adapters.docs.contents import Contents

_VIEWER = "viewer"
"""The kind of page that is a program, and no text."""

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A page has no script at all."""

VIEWER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The viewer's scripts and styles are files of ours. Its icons are in its style; it writes markup, so no policy keeps
texts from that, but none of it runs."""

KINDS = MappingProxyType(
    {
        "index": "",
        "operations": "rules/{service}",
        "rules": "rules/{service}/{operation}",
        "readings": "readings/{service}",
        "errors": "errors/{service}",
        "faults": "faults",
        "credentials": "credentials",
        "sources": "sources",
        _VIEWER: "api/{service}",
    }
)
"""The path of each kind of page; its names are those of the templates, and of what makes their contents."""

FILES = ("static/docs.css", "static/viewer.js", "viewer/swagger-ui.css", "viewer/swagger-ui-bundle.js")
"""What the pages load besides the colours of the dashboard."""

_FOLDER = files("mockserver.adapters.docs")


class Pages:
    """Answers with pages, which a thread makes."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    def routes(self, control_token: str | None = None) -> Iterator[Route]:
        """Yield a route for each kind of page and the same as Markdown, for each OpenAPI document and each file."""
        for kind, path in KINDS.items():
            if kind != _VIEWER:
                yield guarded(f"{ROOT}/{places.DOCS}{path or kind}.md", self._writing(kind), control_token)
        for kind, path in KINDS.items():
            yield guarded(f"{ROOT}/{places.DOCS}{path}", self._serving(kind), control_token, is_page=True)
        for name in FILES:
            path = f"{ROOT}/{places.DOCS}static/{name.rpartition('/')[2]}"
            yield guarded(path, Page(_FOLDER / name).serve, control_token)
        yield guarded(f"{ROOT}/{places.DOCS.rstrip('/')}", slash, control_token, is_page=True)
        yield guarded(ROOT + "/openapi/{service}.json", self._document, control_token)

    def _serving(self, kind: str) -> Callable[[Request], Awaitable[Response]]:
        policy = VIEWER_POLICY if kind == _VIEWER else POLICY

        async def serve(request: Request) -> Response:
            content = await self._made(lambda: self._contents.page(kind, *request.path_params.values()))
            return tagged(request, content, TYPES[".html"], policy)

        return serve

    def _writing(self, kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def write(request: Request) -> Response:
            content = await self._made(lambda: self._contents.text(kind, *request.path_params.values()))
            return tagged(request, content, "text/markdown; charset=utf-8", POLICY)

        return write

    async def _document(self, request: Request) -> Response:
        content = await self._made(lambda: self._contents.descriptions.content(request.path_params["service"]))
        return tagged(request, content, "application/json")

    async def _made(self, make: Callable[[], bytes]) -> bytes:
        """Make something in a thread. Raises ``Refusal`` for what is not there."""

        def made() -> bytes:
            with suppress(StoreUnavailable):  # then it is as this process knows it
                self._fake.learn()
            return make()

        try:
            return await to_thread.run_sync(made)
        except NoSuchName as error:
            raise Refusal(error.sentence, 404) from error

    @cached_property
    def _contents(self) -> Contents:
        # Whoever only controls the fake need not wait for templates, vectors and OpenAPI.
        from mockserver.adapters.docs.contents import Contents

        return Contents(self._fake)
