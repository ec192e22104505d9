"""Services: what OpenAPI documents make, as the files of a folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mockserver.importing import relatives
from mockserver.importing.answers.record import find_id
from mockserver.importing.answers.refusals import refusals
from mockserver.importing.answers.shape import Shape, shape
from mockserver.importing.notes import CannotImport, Kind, Notes, excerpt
from mockserver.importing.parts import Create, named
from mockserver.importing.reading.document import Document, read
from mockserver.importing.reading.references import References, Spot
from mockserver.importing.requests.request import Requests
from mockserver.importing.routes import Route, routes, server
from mockserver.importing.schemas import Schemas
from mockserver.importing.templated import Templated
from mockserver.types import JSON

_MESSAGES = {
    "required": "{field} is required",
    "type": "{field} has a wrong type",
    "enum": "{field} value '{value}' is not supported",
    "minimum": "{field} is less than {limit}",
    "maximum": "{field} is more than {limit}",
    "additionalProperties": "{field} is not supported",
    "rule": "{description}",
    "other": "{field}: {fact}",
}
_PLAIN_ROWS: dict[str, JSON] = {
    "missing-task": {"status": 404, "body": {"message": "There is no task {id}"}},
    "no-method": {"status": 405, "body": {"message": "No such method on this path: {method} {path}"}},
}
"""Rows that are as HTTP has them, where ours are as one service has them."""

_READINGS = ("null-field", "content-type")
_OF_PAGES = ("page-range",)
_OF_CALLBACKS = ("callback-on", "callback-retries", "callback-signed")


@dataclass(frozen=True, slots=True)
class Imported:
    """The files of a service by name, and what was noted on the way."""

    files: dict[str, JSON]
    notes: Notes


class _Import:
    """One import."""

    def __init__(self, name: str) -> None:
        self.name, self.notes = name, Notes()
        self._references = References(self.notes)
        self._requests = Requests(self._references, self.notes)
        self._shapes: dict[int, Shape | None] = {}
        self._reasons: list[CannotImport] = []

    def of(self, documents: Sequence[Document]) -> dict[str, JSON]:
        """Return the files of a service. Raises ``CannotImport``."""
        found = [route for document in documents for route in routes(document, self._references, self.notes)]
        self._check_paths(found)
        for route in found:
            schemas = Schemas(self._references, self.notes, is_sent=False)
            self._shapes[id(route)] = shape(route.spot, schemas, self._references)
        creates = self._creates(found)
        if not creates:
            if self._reasons:
                raise self._reasons[0]
            place = documents[0].place(("paths",))
            raise CannotImport(place, "no operation makes a task. Describe a POST with a body, and what it answers.")
        named(creates)
        others = [route for route in found if all(route is not each.route for each in creates)]
        self._note_security(documents)
        made = self._related(documents, creates, others)
        return made if made is not None else self._templated(documents, creates, others)

    def _check_paths(self, found: Iterable[Route]) -> None:
        seen: dict[tuple[str, str], Route] = {}
        for route in found:
            key = route.method, route.path
            if key in seen:
                text = f"{route.title} stands here and at {seen[key].spot.place}. Leave one of them out."
                raise CannotImport(route.spot.place, text)
            seen[key] = route

    def _creates(self, found: list[Route]) -> list[Create]:
        posts = [route for route in found if route.method == "POST" and route.spot.get("requestBody").value is not None]
        posts = [route for route in posts if not (route.id and route.id in route.path)]
        made = [route for route in posts if (has := self._shapes[id(route)]) is not None and find_id(has) is not None]
        likely = made or [route for route in posts if self._shapes[id(route)] is None]
        creates = []
        for route in likely:
            try:
                title = excerpt(route.spot.text("summary") or f"Make a task: {route.title}")
                creates.append(Create(route, self._requests.body(route.spot, title), self._shapes[id(route)]))
            except CannotImport as reason:
                self._reasons.append(reason)
        for route, error in zip(
            [route for route in likely if all(route is not each.route for each in creates)], self._reasons, strict=False
        ):
            if creates:
                self.notes.add(Kind.LEFT_OUT, error.place, route.title, error.sentence)
        if not likely and posts:
            text = f"no field of the answer of {posts[0].title} is the id of a task. Describe it, such as task_id."
            self._reasons.append(CannotImport(posts[0].spot.place, text))
        return creates

    def _related(
        self, documents: Sequence[Document], creates: list[Create], others: list[Route]
    ) -> dict[str, JSON] | None:
        """Return the files of a gateway to a service of ours; ``None`` if it is none."""
        found = [relatives.relative(each.route, each.shape, each.request.schema) for each in creates]
        bases = {each.service if each else None for each in found}
        if None in bases or len(bases) != 1:
            return None
        files: dict[str, JSON] = {}
        operations: dict[str, JSON] = {}
        served: list[Route] = []
        for each, relative in zip(creates, found, strict=True):
            assert relative is not None  # noqa: S101 - it was looked at above
            file = f"{each.product}.request.json"
            files[file] = each.request.schema
            operations[f"{each.product}.create"] = relatives.create(
                relative, each.route, each.request.schema, each.request.media_types, file, self.notes
            )
            described = dict(self._beside(each.route, others))
            served += described.values()
            operations |= dict(relatives.operations(relative, each.route, each.product, described))
        place, base = documents[0].place(()), str(bases.pop())
        service = relatives.service(
            self._title(documents), base, _hosts(documents), operations, documents[0].name, place, self.notes
        )
        left = [route for route in others if all(route is not each for each in served)]
        return {"service.json": self._with_unserved(service, left, operations), **files}

    def _beside(self, create: Route, others: list[Route]) -> list[tuple[str, Route]]:
        found = []
        for route in others:
            if route.path.startswith(f"{create.path}/{{") and route.path.count("/") == create.path.count("/") + 1:
                does = {"GET": "get", "DELETE": "delete"}.get(route.method)
                found += [(does, route)] if does else []
            elif route.path == create.path and route.method == "GET":
                found.append(("list", route))
        return found

    def _templated(self, documents: Sequence[Document], creates: list[Create], others: list[Route]) -> dict[str, JSON]:
        parts, left = Templated(self._requests, self._shapes, self.notes).parts(creates, others)
        usual = _usual_rows()
        every = [each.route for each in creates] + others
        schemas = Schemas(self._references, self.notes, is_sent=False)
        table = refusals(usual, every, schemas, self._references, self.notes, documents[0].place(("paths",)))
        error = {"message": table.message, **({"code": table.code} if table.code else {})}
        has_callbacks = any("callback" in each for each in parts.operations.values())
        if not has_callbacks:
            del parts.templates["callback"]
        asked = (*_READINGS, *(_OF_CALLBACKS if has_callbacks else ()), *(_OF_PAGES if "pages" in parts.layout else ()))
        readings = {name: _reading(name) for name in asked}
        service: dict[str, JSON] = {
            "title": self._title(documents),
            "dialect": "template",
            "hosts": _hosts(documents),
            "credentials": ["api-key"],
            "refusal": "error.json",
            "ids": parts.ids,
            "layout": {**parts.layout, "error": error},
            "faults": dict(table.faults),
            "operations": parts.operations,
            "messages": _MESSAGES,
            "errors": dict(table.rows),
            "templates": {**parts.templates, "refusal": table.template},
            "readings": readings,
        }
        if parts.statuses:
            service["statuses"] = parts.statuses
        return {
            "service.json": self._with_unserved(service, left, parts.operations),
            "error.json": table.schema,
            **parts.files,
        }

    def _with_unserved(
        self, service: dict[str, JSON], left: list[Route], operations: dict[str, JSON]
    ) -> dict[str, JSON]:
        served = {(each["method"], each["path"]) for each in operations.values()}
        unserved: dict[str, JSON] = {}
        for route in left:
            if (route.method, route.path) in served or any(path == route.path for _, path in served):
                continue
            place = f"{route.spot.document.name} {route.spot.place.partition('#')[2]}"
            entry = unserved.setdefault(route.path, {"methods": [], "confidence": "documented", "source": place})
            entry["methods"].append(route.method)
            self.notes.add(
                Kind.LEFT_OUT, route.spot.place, route.title, "it is not served; it stands in unserved of service.json"
            )
        return {**service, "unserved": unserved} if unserved else service

    def _title(self, documents: Sequence[Document]) -> str:
        titles = [
            document.root.get("info", {}).get("title")
            for document in documents
            if isinstance(document.root.get("info"), dict)
        ]
        return next((excerpt(title) for title in titles if isinstance(title, str) and title.strip()), self.name)

    def _note_security(self, documents: Sequence[Document]) -> None:
        for document in documents:
            for name, each in Spot(document, (), document.root).get("components", "securitySchemes").fields():
                kind, where = each.text("type"), each.text("name").lower()
                if kind == "http" and each.text("scheme").lower() == "bearer":
                    continue
                if kind == "apiKey" and each.text("in") == "header" and where == "authorization":
                    continue
                self.notes.add(
                    Kind.UNDECIDED, each.place, name, "only a key in 'Authorization: Bearer' is read by the fake"
                )


def imported(files: Sequence[Path], name: str) -> Imported:
    """Make the service ``name`` of OpenAPI documents. Raises ``CannotImport``, and ``OSError`` for a file."""
    found = _Import(name)
    documents = [document for file in files for document in read(file, found.notes)]
    return Imported(found.of(documents), found.notes)


def _hosts(documents: Sequence[Document]) -> list[str]:
    return [*dict.fromkeys(host for document in documents if (host := server(document).host))]


def _usual_rows() -> dict[str, JSON]:
    """Return the rows that all our services have, with the texts of the first."""
    tables = [said["errors"] for said in relatives.services().values()]
    found = {name: row for name, row in tables[0].items() if all(name in table for table in tables)}
    return {**found, **_PLAIN_ROWS}


def _reading(name: str) -> JSON:
    """Return an open question of ours, which nothing in a document has answered."""
    said = next(said["readings"][name] for said in relatives.services().values() if name in said["readings"])
    found = {**said, "confidence": "unknown", "source": "ours"}
    return {**found, "default": "accepted"} if "accepted" in found["readings"] else found
