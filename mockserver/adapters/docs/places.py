"""Places: where the contract's pages tell of a rule, a reading, an error or a fault, by paths behind ``/_mock/``."""

from __future__ import annotations

from urllib.parse import quote

from mockserver.contract.rules import Rule
from mockserver.contract.service import Service
from mockserver.fake.faults.line import KINDS
from mockserver.types import Reason

DOCS = "docs/"
"""The first page, and the beginning of all others."""

FAULTS, CREDENTIALS, SOURCES = f"{DOCS}faults", f"{DOCS}credentials", f"{DOCS}sources"


def api(service: str) -> str:
    """Return the path of the viewer for a service, or for ``control``."""
    return f"{DOCS}api/{quote(service)}"


def openapi(service: str) -> str:
    """Return the path of the OpenAPI document of a service, or of ``control``."""
    return f"openapi/{quote(service)}.json"


def operations(service: str) -> str:
    """Return the path of the operations of a service."""
    return f"{DOCS}rules/{quote(service)}"


def operation(id: str) -> str:
    """Return the path of the rules of an operation, ``kling/omni-image.create``."""
    return f"{DOCS}rules/{quote(id)}"


def rule(found: Rule) -> str:
    """Return the path of a rule. That of a null field is told once for all fields, those of credentials for all."""
    if "/" not in found.operation:
        return f"{CREDENTIALS}#{anchored(found.id)}"
    return f"{operation(found.operation)}#{anchored(anchor(found))}"


def anchor(found: Rule) -> str:
    """Return the id that a rule has on its page."""
    return "null" if found.keyword == "null" else found.id


def readings(service: str) -> str:
    """Return the path of the open questions of a service."""
    return f"{DOCS}readings/{quote(service)}"


def reading(service: str, question: str) -> str:
    """Return the path of a question and its readings."""
    return f"{readings(service)}#{anchored(question)}"


def errors(service: str) -> str:
    """Return the path of the error table of a service."""
    return f"{DOCS}errors/{quote(service)}"


def row(service: str, id: str) -> str:
    """Return the path of a row of an error table."""
    return f"{errors(service)}#{anchored(id)}"


def fault(name: str) -> str:
    """Return the path of a kind of fault; a row of an error table is one, too, but has its place there."""
    return f"{FAULTS}#{anchored(name)}"


def reason(found: Reason, service: Service, broken: Rule | None = None) -> str | None:
    """Return the path of what decided: the rule that was ``broken``, a fault, an error, or a reading."""
    if broken is not None and found.kind == "rule":
        return rule(broken)
    name = (found.id or "").partition(" ")[0]
    if found.kind == "fault" and name in KINDS:
        return fault(name)
    if name in service.errors:
        return row(service.id, name)
    return reading(service.id, found.reading.partition("=")[0]) if found.reading else None


def source(document: str) -> str:
    """Return the path of what a source quotes, ``kling`` or ``seed 002``."""
    return f"{SOURCES}#{anchored(source_anchor(document))}"


def source_anchor(document: str) -> str:
    """Return the id that a document has on the page of sources: an id has no space in it."""
    return document.replace(" ", "-")


def anchored(id: str) -> str:
    """Write an id as the part of an address behind ``#``."""
    return quote(id, safe="/:@!$&'()*+,;=?")
