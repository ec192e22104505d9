"""Evidence: answers and callbacks that were published or recorded, by the schema that they fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from mockserver.contract.catalog import load
from mockserver.resources import folder
from mockserver.types import JSON


@dataclass(frozen=True, slots=True)
class Document:
    """One body: ``operation`` and ``case`` name the fixture that holds it."""

    operation: str
    case: str
    body: JSON
    confidence: str
    source: str


@cache
def recorded(file: str) -> tuple[Document, ...]:
    """Return the bodies that fit a schema of an answer or a callback, ``kling/created.json``."""
    return tuple(document for schema, document in _documents() if schema == file)


@cache
def _documents() -> tuple[tuple[str | None, Document], ...]:
    return tuple(_found())


def _found() -> Iterator[tuple[str | None, Document]]:
    for operation in (each for service in load().services.values() for each in service.operations.values()):
        place = folder("fixtures") / operation.service / operation.name
        for item in sorted(place.iterdir(), key=lambda item: item.name) if place.is_dir() else ():
            fixture = json.loads(item.read_text(encoding="utf-8"))
            answer = fixture.get("callback") or fixture.get("response", {})
            is_refusal = "callback" not in fixture and answer.get("status") != operation.answer_status
            if "body" in answer and not is_refusal and fixture.get("valid", True):
                schema = operation.callback if "callback" in fixture else operation.answer
                case = item.name.removesuffix(".json")
                document = Document(operation.id, case, answer["body"], fixture["confidence"], fixture["source"])
                yield schema, document
