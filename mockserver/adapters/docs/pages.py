"""The contract's pages, made of the same files that the fake answers by; what they say is as it behaves now.

They hold no secret and nothing of what clients have sent, so like the dashboard's files they need no control token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.adapters.control.body import Refusal
from mockserver.adapters.dashboard.pages import ROOT, TYPES, Page, guarded, slash, tagged
from mockserver.adapters.docs import places, sources, told
from mockserver.adapters.docs.descriptions import Descriptions
from mockserver.contract.credentials import schema_and_rules
from mockserver.contract.service import Operation
from mockserver.errors import NoSuchName, NoSuchOperation, StoreUnavailable
from mockserver.fake.core import Fake
from mockserver.resources import CONTROL
from mockserver.templates import templates

if TYPE_CHECKING:
    from jinja2 import Environment

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

_KEPT = 32
"""Pages that are kept: with the vectors of a large operation, one takes half a megabyte and a tenth of a second."""

_FOLDER = files("mockserver.adapters.docs")

FILES = ("static/docs.css", "static/viewer.js", "viewer/swagger-ui.css", "viewer/swagger-ui-bundle.js")
"""What the pages load besides the colours of the dashboard."""

Shown = dict[str, Any]
"""What a template shows, by name."""


class Pages:
    """Makes each page once for each version of the settings, in a thread."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self._descriptions = Descriptions(fake)
        self._page = lru_cache(maxsize=_KEPT)(self._make)

    def routes(self, control_token: str | None = None) -> Iterator[Route]:
        """Yield a route for each kind of page, for the OpenAPI documents, and for the files that pages load."""
        kinds: dict[str, Callable[..., Shown]] = {
            "": self._index,
            "rules/{service}": self._operations,
            "rules/{service}/{operation}": self._rules,
            "readings/{service}": self._readings,
            "errors/{service}": self._errors,
            "faults": self._faults,
            "credentials": self._credentials,
            "sources": self._sources,
            "api/{service}": self._viewer,
        }
        for path, shown in kinds.items():
            yield guarded(f"{ROOT}/{places.DOCS}{path}", self._serving(shown), control_token, is_page=True)
        for name in FILES:
            path = f"{ROOT}/{places.DOCS}static/{name.rpartition('/')[2]}"
            yield guarded(path, Page(_FOLDER / name).serve, control_token)
        yield guarded(f"{ROOT}/{places.DOCS.rstrip('/')}", slash, control_token, is_page=True)
        yield guarded(ROOT + "/openapi/{service}.json", self._document, control_token)

    def _serving(self, shown: Callable[..., Shown]) -> Callable[[Request], Any]:
        policy = VIEWER_POLICY if shown == self._viewer else POLICY

        async def serve(request: Request) -> Response:
            content = await self._made(lambda: self._content(shown, *request.path_params.values()))
            return tagged(request, content, TYPES[".html"], policy)

        return serve

    async def _document(self, request: Request) -> Response:
        content = await self._made(lambda: self._descriptions.content(request.path_params["service"]))
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

    def _content(self, shown: Callable[..., Shown], *names: str) -> bytes:
        return self._page(shown, names, self._fake.world.version)

    def _make(self, shown: Callable[..., Shown], names: tuple[str, ...], _: int) -> bytes:
        found = shown(*names)
        mock = "../" * found["path"].count("/")
        template = self._templates.get_template(f"{shown.__name__.strip('_')}.html.jinja")
        text = template.render(to=lambda place: mock + place, places=places, **found)
        return text.encode()

    @cached_property
    def _templates(self) -> Environment:
        return templates("mockserver.adapters.docs.templates")

    def _index(self) -> Shown:
        return {"path": places.DOCS, "services": self._fake.world.services, "control": CONTROL}

    def _operations(self, service: str) -> Shown:
        found = self._descriptions.service(service)
        readings = self._fake.world.readings[service]
        exists = {id: found.exists(id, readings) for id in found.operations}
        return {"path": places.operations(service), "service": found, "exists": exists}

    def _rules(self, service: str, operation: str) -> Shown:
        found, readings = self._descriptions.service(service), self._fake.world.readings[service]
        id = f"{service}/{operation}"
        if id not in found.operations:
            raise NoSuchOperation(id, found.operations)
        asked: Operation = found.operations[id]
        return {
            "path": places.operation(id),
            "service": found,
            "operation": asked,
            "exists": found.exists(id, readings),
            "is_strict": self._fake.settings.strict,
            "rules": [*told.rules(asked, found, readings)],
        }

    def _readings(self, service: str) -> Shown:
        found = self._descriptions.service(service)
        questions = [*told.questions(found, self._fake.world.readings[service])]
        return {"path": places.readings(service), "service": found, "questions": questions}

    def _errors(self, service: str) -> Shown:
        found = self._descriptions.service(service)
        rows = [*told.rows(found, self._descriptions.of(service))]
        return {"path": places.errors(service), "service": found, "rows": rows}

    def _faults(self) -> Shown:
        return {"path": places.FAULTS, "faults": [*told.faults()], "services": self._fake.world.services}

    def _credentials(self) -> Shown:
        schema, found = schema_and_rules()
        return {"path": places.CREDENTIALS, "schema": schema, "rules": [*told.rules_of_schema(schema, found)]}

    def _sources(self) -> Shown:
        return {"path": places.SOURCES, "documents": sources.explained(), "confidences": sources.confidences()}

    def _viewer(self, service: str) -> Shown:
        found = None if service == CONTROL else self._descriptions.service(service)
        title = "The control API" if found is None else found.title
        keys = () if found is None else [kind for kind in found.credentials if kind != "jwt"]
        credential = next(iter(keys), "")
        return {"path": places.api(service), "id": service, "title": title, "service": found, "credential": credential}
