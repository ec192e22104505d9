"""The contents of the contract's pages, made of the same files that the fake answers by, and as it behaves now."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from mockserver.adapters.docs import places, sources, told
from mockserver.adapters.docs.descriptions import Descriptions
from mockserver.adapters.docs.markdown import markdown
from mockserver.contract.credentials import schema_and_rules
from mockserver.errors import NoSuchOperation
from mockserver.fake.core import Fake
from mockserver.fake.faults.profiles import known
from mockserver.resources import CONTROL
from mockserver.templates import templates

if TYPE_CHECKING:
    from jinja2 import Environment

_KEPT = 32
"""Pages that are kept: with the vectors of a large operation, one takes half a megabyte and a tenth of a second."""

Shown = dict[str, Any]
"""What a template shows, by name; ``path`` is where the page is."""


class Contents:
    """Makes each page once for each version of the settings. A page's kind is the name of the method that is for it."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self.descriptions = Descriptions(fake)
        self._page = lru_cache(maxsize=_KEPT)(self._make)
        self._text = lru_cache(maxsize=_KEPT)(self._write)

    def page(self, kind: str, *names: str) -> bytes:
        """Return a page; the names are those in its path. Raises ``NoSuchName``."""
        return self._page(kind, names, self._fake.world.version)

    def text(self, kind: str, *names: str) -> bytes:
        """Return the same as Markdown. Raises ``NoSuchName``."""
        return self._text(kind, names, self._fake.world.version)

    def _write(self, kind: str, names: tuple[str, ...], _: int) -> bytes:
        return markdown(kind, getattr(self, kind)(*names)).encode()

    def _make(self, kind: str, names: tuple[str, ...], _: int) -> bytes:
        shown: Shown = getattr(self, kind)(*names)
        mock = "../" * shown["path"].count("/")
        template = self._templates.get_template(f"{kind}.html.jinja")
        return template.render(to=lambda place: mock + place, places=places, **shown).encode()

    @cached_property
    def _templates(self) -> Environment:
        return templates("mockserver.adapters.docs.templates")

    def index(self) -> Shown:
        """Show all services."""
        return {"path": places.DOCS, "services": self._fake.world.services}

    def operations(self, service: str) -> Shown:
        """Show the operations of a service."""
        found = self.descriptions.service(service)
        readings = self._fake.world.readings[service]
        exists = {id: found.exists(id, readings) for id in found.operations}
        return {"path": places.operations(service), "service": found, "exists": exists}

    def rules(self, service: str, operation: str) -> Shown:
        """Show the rules of an operation."""
        found, readings = self.descriptions.service(service), self._fake.world.readings[service]
        id = f"{service}/{operation}"
        if id not in found.operations:
            raise NoSuchOperation(id, found.operations)
        return {
            "path": places.operation(id),
            "service": found,
            "operation": found.operations[id],
            "exists": found.exists(id, readings),
            "is_strict": self._fake.settings.strict,
            "rules": [*told.rules(found.operations[id], found, readings)],
        }

    def readings(self, service: str) -> Shown:
        """Show the open questions of a service."""
        found = self.descriptions.service(service)
        questions = [*told.questions(found, self._fake.world.readings[service])]
        return {"path": places.readings(service), "service": found, "questions": questions}

    def errors(self, service: str) -> Shown:
        """Show the error table of a service."""
        found = self.descriptions.service(service)
        rows = [*told.rows(found, self.descriptions.of(service))]
        return {"path": places.errors(service), "service": found, "rows": rows}

    def faults(self) -> Shown:
        """Show the kinds of fault, and our profiles of them; one's own may name accounts, which are secrets."""
        shown = {"faults": [*told.faults()], "profiles": known({}).values(), "services": self._fake.world.services}
        return {"path": places.FAULTS, **shown}

    def credentials(self) -> Shown:
        """Show the mistakes in credentials that no service refuses."""
        schema, found = schema_and_rules()
        return {"path": places.CREDENTIALS, "schema": schema, "rules": [*told.rules_of_schema(schema, found)]}

    def sources(self) -> Shown:
        """Show what sources quote."""
        return {"path": places.SOURCES, "documents": sources.explained(), "confidences": sources.confidences()}

    def viewer(self, service: str) -> Shown:
        """Show the viewer of a service, or of ``control``."""
        found = None if service == CONTROL else self.descriptions.service(service)
        title = "The control API" if found is None else found.title
        keys = () if found is None else [kind for kind in found.credentials if kind != "jwt"]
        credential = next(iter(keys), "")
        return {"path": places.api(service), "id": service, "title": title, "service": found, "credential": credential}
