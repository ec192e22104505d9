"""A mutant: a server that is wrong in one way, and the check that must catch it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from mockserver.contract.catalog import load
from mockserver.contract.readings import settled
from mockserver.contract.routes import Match, Router
from mockserver.kit.verdict import Finding
from mockserver.types import JSON, Request, Response
from tests.mutants.servers.harness import Ask, Respond, Wrong

Change = Callable[[Any], object]

IMAGE = "kling/omni-image.create"
VIDEO = "kling/omni-video.create"


@dataclass(frozen=True)
class Mutant:
    """A wrong server.

    * ``check``: the one that must catch it
    * ``make``: returns what is wrong around a fake; called for each run, because it may have a memory
    * ``operation``: the one that is tried, to save time; ``None`` for all
    * ``chosen``: readings that are settled
    * ``told``: a pattern that the words of a finding must have, what it is about and what was received, so that it
      names the fault and not only the check
    """

    id: str
    check: str
    make: Callable[[], Wrong]
    service: str = "kling"
    operation: str | None = IMAGE
    chosen: Mapping[str, str] = field(default_factory=dict)
    is_signing: bool = False
    told: str = ""

    def is_told(self, findings: Iterable[Finding]) -> bool:
        """Whether a finding of the check meant for it names the fault."""
        return any(
            each.check == self.check and re.search(self.told, f"{each.subject} {each.received}") for each in findings
        )


class Mutants:
    """The mutants of one family, by id."""

    def __init__(self) -> None:
        self.all: dict[str, Mutant] = {}

    def add(self, id: str, check: str, make: Callable[[], Wrong], **about: Any) -> None:
        assert id not in self.all
        self.all[id] = Mutant(id, check, make, **about)

    def answer(
        self,
        id: str,
        check: str,
        does: str,
        change: Change,
        *,
        refusals: bool = False,
        anew: bool = False,
        **about: Any,
    ) -> None:
        """Add one that changes the body of each answer to what an operation does, or of each refusal."""
        self.add(id, check, lambda: Wrong(altered(does, change, refusals=refusals, anew=anew)), **about)

    def respond(self, check: str, **about: Any) -> Callable[[Respond], Respond]:
        """Add one that answers requests in a way of its own; its id is the name of the function."""

        def added(respond: Respond) -> Respond:
            self.add(respond.__name__.strip("_").replace("_", "-"), check, lambda: Wrong(respond), **about)
            return respond

        return added

    def make(self, check: str, **about: Any) -> Callable[[Callable[[], Wrong]], Callable[[], Wrong]]:
        """Add one that remembers something; its id is the name of the function."""

        def added(make: Callable[[], Wrong]) -> Callable[[], Wrong]:
            self.add(make.__name__.strip("_").replace("_", "-"), check, make, **about)
            return make

        return added


def altered(does: str, change: Change, *, refusals: bool, anew: bool) -> Respond:
    """Return a server that changes its answers; ``change`` works in place, or ``anew`` returns another document."""

    def respond(ask: Ask, request: Request) -> Response:
        response = ask(request)
        if (response.status >= 400) is not refusals or does not in ("any", doing(request)):
            return response
        document = json.loads(response.body)
        changed = change(document)
        return with_body(response, changed if anew else document)

    return respond


def doing(request: Request) -> str:
    """Return what a request asks for: ``create``, ``get``, ``list`` …; an empty text for an unknown path."""
    match = _router(None).match(request.method, request.path, request.host)
    return match.operation.does if isinstance(match, Match) else ""


def with_body(response: Response, document: JSON) -> Response:
    return replace(response, body=json.dumps(document).encode())


def with_field(request: Request, name: str, value: JSON) -> Request:
    """Return a create with another value of a field; ``None`` removes the field."""
    payload = json.loads(request.body)
    payload[name] = value
    return replace(request, body=json.dumps({k: v for k, v in payload.items() if v is not None}).encode())


def payload(request: Request) -> dict[str, Any]:
    """Return the object in the body of a request; an empty one if there is none."""
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def refusal(status: int, code: int, message: str = "no") -> Response:
    body = json.dumps({"code": code, "message": message, "request_id": message}).encode()
    return Response(status, body, {"content-type": "application/json"})


@cache
def _router(_: None) -> Router:
    catalog = load()
    readings = settled(catalog.questions(), {})
    return Router(tuple(catalog.services.values()), readings)
