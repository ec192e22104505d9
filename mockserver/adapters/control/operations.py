"""What the control API tells whoever composes a request: the operations, and what is wrong with a payload so far."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode

from starlette.requests import Request as ControlRequest

from mockserver.adapters.control import views
from mockserver.adapters.control.body import Refusal
from mockserver.adapters.control.paging import number
from mockserver.adapters.http.headers import request_of
from mockserver.contract.credentials import carried
from mockserver.contract.readings import levels
from mockserver.contract.routes import Match
from mockserver.contract.service import Operation, Service
from mockserver.contract.validation import Violation
from mockserver.contract.vectors import vectors
from mockserver.errors import NoSuchOperation
from mockserver.fake.answering.reasons import of_refusal
from mockserver.fake.answering.refusal import Refused, said
from mockserver.fake.core import Fake
from mockserver.fake.encoding import encoded
from mockserver.fake.intake.intake import Prepared
from mockserver.fake.library.naming import Naming
from mockserver.secrecy.mask import Mask
from mockserver.secrecy.snippets import snippets
from mockserver.suggestions import quoted, suggestion
from mockserver.types import JSON, Request

_MOST_PAYLOADS = 100
"""Payloads in one answer: of the largest operations they take a second."""

_PARAMETER = re.compile(r"\{(\w+)\}")


class Operations:
    """The operations ``operations.…`` of the description."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    def list(self, request: ControlRequest) -> JSON:
        """Show the operations that can be asked for now, each with its path at this server."""
        host = request_of(request.scope).host
        return {
            "operations": [
                _shown(operation, service, path)
                for service in self._fake.world.services
                for operation in service.operations.values()
                if (path := self._path(operation, host)) is not None
            ]
        }

    def get(self, request: ControlRequest) -> JSON:
        """Show one with its schema, its rules, and payloads that keep them all, or that break the rule ``break``."""
        found = self._operation("{service}/{operation}".format(**request.path_params))
        service, broken = self._fake.world.catalog.services[found.service], request.query_params.get("break")
        given = levels(service.questions, self._fake.world.readings[found.service])
        return {
            **_shown(found, service, self._path(found, request_of(request.scope).host)),
            "schema": dict(found.schema),
            "examples": found.schema.get("examples", []) if broken is None else _breaking(found, broken),
            "rules": [
                {"id": rule.id, "level": given.get(rule.id, rule.level), "description": rule.description}
                for rule in found.rules
            ],
        }

    def payloads(self, request: ControlRequest) -> JSON:
        """Make payloads that are accepted without a warning, or that break the rule ``break`` and no other."""
        from mockserver.kit.examples import examples  # whoever only steers the fake need not wait for the kit

        found, wanted = self._operation("{service}/{operation}".format(**request.path_params)), request.query_params
        count, seed = number(wanted.get("count", "1")), number(wanted.get("seed", "0"))
        if not 1 <= count <= _MOST_PAYLOADS:
            raise Refusal(f"count is {count}, and must be from 1 to {_MOST_PAYLOADS}.")
        readings = {
            f"{found.service}/{id}": reading for id, reading in self._fake.world.readings[found.service].items()
        }
        return {
            "payloads": [*examples(found, count=count, seed=seed, break_rule=wanted.get("break"), readings=readings)]
        }

    def validate(self, request: ControlRequest, body: JSON) -> JSON:
        """Say what would be found wrong with a request, and how it is sent. Nothing is made, counted or recorded."""
        operation, control = self._operation(body["operation"]), request_of(request.scope)
        asked = self._asked(operation, body, control.host)
        # Without a token it is anybody's, and refused for nothing but its payload.
        prepared = self._fake.prepare(asked, account=None if "token" in body else "")
        violations, refused = self._fake.turn(lambda: self._judged(prepared))
        if prepared.account is None:  # refused for its token; what is wrong with the payload is told all the same
            of_anybody = self._fake.prepare(asked, account="")
            violations, _ = self._fake.turn(lambda: self._judged(of_anybody))
        service, mask = prepared.match.service, Mask()
        reason = of_refusal(refused, service, self._fake.world.readings[service.id]) if refused else None
        broken = refused.violations[0].rule if refused and refused.violations else None
        return {
            "method": asked.method,
            "path": asked.path,
            "query": asked.query,
            "violations": [views.violation(each, mask) for each in (*violations, *prepared.mistakes)],
            "status": service.errors[refused.row].status if refused else operation.answer_status,
            "message": mask.text(said(refused, service)) if refused else None,
            "reason": views.told(self._fake, service.id, reason, mask, broken),
            "copies": snippets(
                _elsewhere(asked, body.get("base_url", control.base_url)),
                operation.id if operation.task else None,
                operation.path,
            ),
        }

    def _operation(self, id: str) -> Operation:
        try:
            return self._fake.world.catalog.operation(id)
        except NoSuchOperation as error:
            raise Refusal(str(error), 404) from error

    def _judged(self, prepared: Prepared) -> tuple[tuple[Violation, ...], Refused | None]:
        try:
            return Naming(self._fake.world).judged(prepared.accepted()).violations, None
        except Refused as refused:
            return refused.violations or (prepared.call.violations if prepared.call else ()), refused

    def _path(self, operation: Operation, host: str) -> str | None:
        """Return the path by which an operation is reached: its own, or the one after the id of its service."""
        for path in (operation.path, f"/{operation.service}{operation.path}"):
            asked = Request(operation.method, _PARAMETER.sub("1", path), headers={"host": host})
            match = self._fake.prepare(asked).match
            if isinstance(match, Match) and match.operation.id == operation.id:
                return path
        return None

    def _asked(self, operation: Operation, body: JSON, host: str) -> Request:
        """Return the request that a body describes, as it would come to where the control API was reached."""
        path = self._path(operation, host)
        if path is None:
            raise Refusal(f"{operation.id} is not there under the readings that are taken now.", 404)
        service = self._fake.world.catalog.services[operation.service]
        name, key = carried(f"Bearer {body.get('token', 'me')}", service.credentials)
        content, query = _sent(operation, body)
        headers = {"host": host, **({name: key} if body.get("token", "me") else {})}
        if operation.has_body:
            headers["content-type"] = "application/json"
        return Request(operation.method, _filled(path, body.get("parameters", {})), query, headers, content)


def _elsewhere(request: Request, base_url: str) -> Request:
    """Return a request as it is sent to a base URL, which may have a path."""
    scheme, _, rest = base_url.partition("://")
    host, slash, path = rest.partition("/")
    at = f"{slash}{path}".rstrip("/") + request.path
    return replace(request, path=at, headers={**request.headers, "host": host}, scheme=scheme)


def _shown(operation: Operation, service: Service, path: str | None) -> dict[str, JSON]:
    return {
        "id": operation.id,
        "service": operation.service,
        "method": operation.method,
        "path": path,
        "media_types": list(operation.media_types),
        "makes": operation.task.get("media") if operation.task else None,
        "has_body": operation.has_body,
        "has_file": bool(operation.uploads),
        "key_header": carried("", service.credentials)[0],
    }


def _breaking(operation: Operation, id: str) -> list[JSON]:
    """Return payloads that break a rule and no other; none where nobody knows any."""
    rule = next((rule for rule in operation.rules if rule.id == id), None)
    if rule is None:
        hint = suggestion(id, [each.id for each in operation.rules], "mockserver rules")
        raise Refusal(f"{operation.id} has no rule {quoted(id)}; {hint}", 404)
    return list(vectors(rule, operation.schema)[1])


def _sent(operation: Operation, body: JSON) -> tuple[bytes, str]:
    """Return the body and the query in which a payload is sent; a ``body`` is sent as it is."""
    if "body" in body:
        return body["body"].encode(), ""
    payload = body.get("payload", {})
    if operation.has_body:
        return encoded(payload), ""
    given = payload if isinstance(payload, dict) else {}
    return b"", urlencode({name: item if isinstance(item, str) else json.dumps(item) for name, item in given.items()})


def _filled(path: str, parameters: Mapping[str, str]) -> str:
    """Put parameters into a path; one that is missing stays in its braces."""
    return _PARAMETER.sub(lambda found: quote(parameters.get(found[1], "") or found[0], safe="{}"), path)
