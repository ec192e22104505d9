"""OpenAPI: a service as an OpenAPI 3.1 document, from the same files that the fake answers by.

What the service refuses is in standard keywords, what only causes a warning under ``x-warnings``, and what JSON Schema
cannot say in the ``x-`` keywords of ``contract/keywords.py``. Examples are recorded answers and the rows
of the error table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from typing import Any

from mockserver.contract.catalog import Catalog
from mockserver.contract.description.components import Components, enforced
from mockserver.contract.description.evidence import Document, recorded
from mockserver.contract.readings import Readings, levels
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation, Row, Service
from mockserver.contract.template import MISSING, Found, Scope, filled
from mockserver.contract.vectors import sample
from mockserver.types import JSON, Level, Schema

FAKE = {"url": "http://127.0.0.1:8080", "description": "The fake, as mockserver serve starts it"}

_CREDENTIALS = {
    "api-key": {"type": "http", "scheme": "bearer", "description": "An API key"},
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "An API key"},
    "jwt": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "HS256, signed with the secret key; iss is the access key, exp and nbf are Unix seconds",
    },
}

_SIGNATURE = ("webhook-id", "webhook-timestamp", "webhook-signature")

_FIELD = re.compile(r"\{(\w+)\}")
_FILLED = {
    "method": "GET",
    "path": "/v1/no/such/path",
    "id": "848021964837912615",
    "message": "prompt: must not be blank",
    "fact": "it is empty",
    "wanted": "application/json",
    "listed": "application/json",
    "sent": "text/plain",
    "limit": "67108864",
    "lines": "256",
    "seconds": "10",
    "cursor": "MTc5MDAwMDAwMA==",
    "nbf": "1790000000",
    "exp": "1790000000",
}
"""Examples for the fields in the texts of the error table."""

_REQUEST_ID = "7311d8a3-c2ce-4f44-bed4-d57b1e2feb89"


def openapi(catalog: Catalog, service: Service, readings: Readings) -> dict[str, JSON]:
    """Return the document. The ``readings`` of the service decide which operations exist and what is refused."""
    return _Description(catalog, service, readings).document()


class _Description:
    """Builds one document."""

    def __init__(self, catalog: Catalog, service: Service, readings: Readings) -> None:
        self._service, self._readings = service, readings
        self._levels = levels(service.questions, readings)
        self._components = Components(service.id, catalog.documents)
        self._documents = catalog.documents

    def document(self) -> dict[str, JSON]:
        paths: dict[str, dict[str, JSON]] = {}
        for operation in self._service.operations.values():
            if all(self._readings.get(question) == reading for question, reading in operation.when.items()):
                paths.setdefault(operation.path, {})[operation.method.lower()] = self._operation(operation)
        refusals = {f"refused-{status}": self._refusal(status) for status in self._statuses()}
        return {
            "openapi": "3.1.0",
            "info": self._info(),
            "servers": [*({"url": f"https://{host}"} for host in self._service.hosts), FAKE],
            "security": [{name: []} for name in self._service.credentials],
            "tags": [{"name": name} for name in dict.fromkeys(map(_tag, self._service.operations.values()))],
            "paths": paths,
            "components": {
                "schemas": dict(sorted(self._components.schemas.items())),
                "responses": refusals,
                "securitySchemes": {name: _CREDENTIALS[name] for name in self._service.credentials},
            },
        }

    def _info(self) -> dict[str, JSON]:
        told = (
            "Made from the contract by which mockserver fakes services and checks clients and servers. x-source is the"
            " document of a statement; x-readings are the readings chosen where the documents leave a question open."
        )
        info = {"title": self._service.title, "version": version("kling-mockserver"), "description": told}
        return {**info, "x-readings": dict(self._readings)}

    def _statuses(self) -> list[int]:
        return sorted({row.status for row in self._service.errors.values()})

    def _operation(self, operation: Operation) -> dict[str, JSON]:
        schema = enforced(operation, self._levels)
        warnings = [rule for rule in operation.rules if self._level(rule) == "warning"]
        found: dict[str, JSON] = {
            "operationId": operation.name,
            "tags": [_tag(operation)],
            "summary": self._summary(operation),
            "parameters": [*_path_parameters(operation), *(() if _is_body(operation) else self._query(schema))],
            "responses": {
                str(operation.answer_status): self._answer(operation),
                **{str(status): {"$ref": f"#/components/responses/refused-{status}"} for status in self._statuses()},
            },
        }
        if operation.uploads:
            found["requestBody"] = _upload(operation)
        if _is_body(operation):
            found["requestBody"] = self._body(operation, schema)
        else:
            # A parameter cannot have a rule about another one.
            across = (rule for rule in operation.rules if rule.is_anchored and self._level(rule) == "error")
            found["x-rules"] = _told(across)
        if operation.callback:
            found["callbacks"] = self._callbacks(operation, operation.callback)
        found["x-warnings"] = _told(warnings)
        return {name: value for name, value in found.items() if value != []}

    def _level(self, rule: Rule) -> Level:
        return self._levels.get(rule.id, rule.level)

    def _summary(self, operation: Operation) -> str:
        """Return the title of an operation's body, or that of its answer."""
        if _is_body(operation):
            return str(operation.schema["title"])
        return str(self._documents[operation.answer]["title"] if operation.answer else operation.name)

    def _query(self, schema: Schema) -> Iterator[dict[str, JSON]]:
        for name, part in schema.get("properties", {}).items():
            about: dict[str, JSON] = {"name": name, "in": "query", "required": name in schema.get("required", ())}
            if part.get("type") == "array":
                about["explode"] = False  # one parameter, with commas
            yield {**about, "schema": self._components.standard(part, "")}

    def _body(self, operation: Operation, schema: Schema) -> dict[str, JSON]:
        file = next(name for name, found in self._documents.items() if found is operation.schema)
        held = self._components.keep(file, {name: value for name, value in schema.items() if name != "examples"})
        examples = {f"example-{number}": {"value": value} for number, value in enumerate(schema["examples"], start=1)}
        content = {kind: {"schema": held} for kind in operation.media_types}
        content[operation.media_types[0]]["examples"] = examples
        return {"required": True, "content": content}

    def _answer(self, operation: Operation) -> dict[str, JSON]:
        if operation.answer is None:
            return {"description": "Done, without a body"}
        content: dict[str, JSON] = {"schema": self._components.refer(operation.answer)}
        documents = recorded(operation.answer)
        own = [document for document in documents if document.operation == operation.id]
        if documents:
            content["examples"] = _examples(own or documents)
        description = str(self._documents[operation.answer]["title"])
        return {"description": description, "content": {"application/json": content}}

    def _refusal(self, status: int) -> dict[str, JSON]:
        """Describe the refusals with one status, each with the text of the error table."""
        rows = [row for row in self._service.errors.values() if row.status == status]
        # A stateless mock answers with the first row, which should be one that happens without a fault.
        rows.sort(key=lambda row: row.id.isdigit())
        held = self._components.refer(self._service.refusal)
        schema = self._documents[self._service.refusal]
        examples = {
            example_name(row): {
                "value": self._wrapped(row, _body_of(row, schema)),
                "x-confidence": row.confidence,
                "x-source": row.source,
            }
            for row in rows
        }
        content = {"application/json": {"schema": held, "examples": examples}}
        return {"description": f"Refused with HTTP {status}", "content": content}

    def _wrapped(self, row: Row, body: dict[str, JSON]) -> JSON:
        """Return what the service makes of the body of a row, where it says that in a template."""
        template = self._service.templates.get("refusal")
        if template is None or self._service.dialect != "template":
            return body
        values: dict[str, Callable[[str], Found]] = {
            "error": lambda name: body.get(name, MISSING) if name else body,
            "http_status": lambda _: row.status,
            "request_id": lambda _: _REQUEST_ID,
        }
        return filled(template, Scope(values))

    def _callbacks(self, operation: Operation, file: str) -> dict[str, JSON]:
        field = (self._service.layout.callback_field or "").replace(".", "/")
        content: dict[str, JSON] = {"schema": self._components.refer(file)}
        if documents := recorded(file):
            content["examples"] = _examples(documents)
        signature = _SIGNATURE if self._readings.get("callback-signed") != "no" else ()
        call = {
            "summary": "The task, at each change of its status",
            "parameters": [
                {"name": name, "in": "header", "required": False, "schema": {"type": "string"}} for name in signature
            ],
            "requestBody": {"required": True, "content": {"application/json": content}},
            "responses": {"2XX": {"description": "Delivered; any other status counts as not delivered"}},
            "security": [],
        }
        return {"task": {f"{{$request.body#/{field}}}": {"post": call}}}


def _tag(operation: Operation) -> str:
    return operation.product


def _is_body(operation: Operation) -> bool:
    """Whether the schema of an operation is for its body, and not for its query string."""
    return bool(operation.media_types) and not operation.uploads


def _path_parameters(operation: Operation) -> Iterator[dict[str, JSON]]:
    for name in _FIELD.findall(operation.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _upload(operation: Operation) -> dict[str, JSON]:
    """Describe a body that is a file, as OpenAPI 3.0 did: 3.1 has no schema for bytes, and tools want one.

    The limits are an extension.
    """
    held = {"schema": {"type": "string", "format": "binary"}}
    content = {kind: {**held, "x-file": dict(file)} for kind, file in operation.uploads.items()}
    return {"required": True, "content": content}


def _told(rules: Iterable[Rule]) -> list[dict[str, JSON]]:
    return [{"rule": rule.id, "description": rule.description, "source": rule.source} for rule in rules]


def _examples(documents: Iterable[Document]) -> dict[str, JSON]:
    return {
        document.case: {"value": document.body, "x-confidence": document.confidence, "x-source": document.source}
        for document in documents
    }


def example_name(row: Row) -> str:
    """Name the example of a row; JavaScript would move names that are numbers to the front."""
    return f"code-{row.id}" if row.id.isdigit() else row.id


def _body_of(row: Row, schema: Schema) -> dict[str, Any]:
    """Return the body of a row with its fields filled in, and with the other fields that the schema requires."""
    body = {
        name: _FIELD.sub(lambda found: _FILLED.get(found[1], found[0]), value) if isinstance(value, str) else value
        for name, value in row.body.items()
    }
    missing = [name for name in schema["required"] if name not in body]
    return {**body, **{name: sample(schema["properties"][name]) for name in missing}}
