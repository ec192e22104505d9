"""The fake: from a request to an answer, without any input or output.

The story of a request: find the route, find the account, read the body, hold it against the rules, let the service's
dialect act, note the exchange.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import quote

from mockserver.contract.catalog import Catalog, Operation, Service, load
from mockserver.contract.forms import typed
from mockserver.contract.readings import Readings, levels
from mockserver.contract.routes import Match, Router
from mockserver.contract.validation import Validator, Violation
from mockserver.fake import auth, bodies, results
from mockserver.fake.agenda import Attempt, Delivery
from mockserver.fake.artifacts import Artifact
from mockserver.fake.clock import Clock
from mockserver.fake.dialects import kling, useapi
from mockserver.fake.judgement import clamped, judged
from mockserver.fake.refusal import Refused
from mockserver.fake.signature import signed
from mockserver.fake.world import Call, Dialect, World, encoded
from mockserver.settings import Settings
from mockserver.types import JSON, Millis, Request, Response

DIALECTS: Mapping[str, Dialect] = MappingProxyType({"kling": kling.DIALECT, "useapi": useapi.DIALECT})


class Fake:
    """The services of the catalog, as one function from ``Request`` to ``Response``.

    It may be called from several threads: they read and judge side by side, and change things one at a time.
    """

    def __init__(
        self, settings: Settings | None = None, *, catalog: Catalog | None = None, clock: Clock | None = None
    ) -> None:
        """Raises ``MockserverError`` for settings that cannot be meant or a contract that cannot be used."""
        self.world = World(settings or Settings(), catalog or load(), clock or Clock(), DIALECTS)
        self._lock = threading.RLock()
        self._compile()

    @property
    def settings(self) -> Settings:
        """How it behaves."""
        return self.world.settings

    @property
    def clock(self) -> Clock:
        """Its time."""
        return self.world.clock

    def respond(self, request: Request) -> Response:
        """Answer a request as the service it is meant for would."""
        now = self.clock.now()
        match = self._router.match(request.method, request.path, request.host)
        operation = match.operation.id if isinstance(match, Match) else None
        account: str | None = None
        violations: tuple[Violation, ...] = ()
        try:
            if not isinstance(match, Match):
                row = "no-method" if match.is_known else "no-route"
                raise Refused(row, method=request.method, path=request.path)
            readings = self.world.readings[match.service.id]
            account = auth.account(request, match.service, self.settings, readings, now)
            call = self._call(request, match, readings, account, now)
            violations = call.violations
            with self._lock:
                response = DIALECTS[match.service.dialect].actions[match.operation.does](self.world, call)
        except Refused as refused:
            violations = refused.violations or violations
            response = self._refusal(match.service, refused)
        response = _annotated(response, violations)
        with self._lock:
            self.world.journal.write(now, match.service.id, operation, account, request, response, violations)
        return response

    def result(self, path: str) -> Artifact | int:
        """Return what is behind the path of a result URL, or the HTTP status of an answer without it."""
        with self._lock:
            return results.find(self.world, path, self.clock.now())

    @property
    def next_delivery(self) -> Millis | None:
        """When the next callback is due, on the fake's clock."""
        return self.world.agenda.next

    def due(self) -> list[Delivery]:
        """Take out the callbacks whose time has come; whoever takes them sends them."""
        with self._lock:
            return self.world.agenda.due(self.clock.now())

    def attempted(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        """Note what became of a callback that was taken out."""
        with self._lock:
            return self.world.agenda.attempted(delivery, attempt)

    def signature(self, delivery: Delivery) -> dict[str, str]:
        """Return the headers that prove an attempt made now; none without a secret."""
        secret, readings = self.settings.webhook_secret, self.world.readings[delivery.service]
        if secret is None or readings.get("callback-signed") == "no":
            return {}
        return signed(secret, delivery.id, self.clock.now(), delivery.body)

    def reset(self) -> None:
        """Forget tasks, callbacks and exchanges; settings and clock stay."""
        with self._lock:
            self.world.reset()

    def reconfigure(self, settings: Settings) -> None:
        """Live on under other settings, with all tasks. Raises ``MockserverError``, and then nothing has changed."""
        with self._lock:
            self.world.reconfigure(settings)
            self._compile()

    def _compile(self) -> None:
        world = self.world
        routed = [(service, world.readings[service.id]) for service in world.services]
        self._router = Router(routed, world.settings.prefixes)
        self._validators = {
            operation.id: Validator(operation.schema, operation.rules, levels(service.questions, readings))
            for service, readings in routed
            for operation in service.operations.values()
            if operation.schema
        }

    def _call(self, request: Request, match: Match, readings: Readings, account: str, now: Millis) -> Call:
        """Read the request as its operation's schema has it. Raises ``Refused``."""
        operation = match.operation
        if len(request.body) > self.settings.max_body:
            raise Refused("too-large", limit=self.settings.max_body)
        payload = self._payload(request, operation, readings)
        violations = self._violations(operation, payload)
        if violations:
            payload, violations = clamped(operation, readings, payload, violations)
        judgement = judged(match.service, readings, violations, is_strict=self.settings.strict)
        return Call(
            request=request,
            service=match.service,
            operation=operation,
            readings=readings,
            parameters=match.parameters,
            account=account,
            now=now,
            payload=payload,
            document=bodies.document(payload, request.body) if operation.task else b"{}",
            violations=judgement.violations,
            failure=judgement.failure,
        )

    def _payload(self, request: Request, operation: Operation, readings: Readings) -> JSON:
        if operation.method == "POST" and operation.schema:
            return bodies.payload(request, operation, readings)
        return typed(operation.schema, request.parameters)

    def _violations(self, operation: Operation, payload: JSON) -> tuple[Violation, ...]:
        validator = self._validators.get(operation.id)
        return validator.violations(payload) if validator else ()

    def _refusal(self, service: Service, refused: Refused) -> Response:
        """Answer with a row of the service's error table."""
        row = service.errors[refused.row]
        body = {
            key: text.format_map(refused.fields) if isinstance(text, str) else text for key, text in row.body.items()
        }
        complete = DIALECTS[service.dialect].refused(self.world, self.world.readings[service.id], body)
        return Response(row.status, encoded(complete), {"content-type": "application/json", **refused.headers})


def _annotated(response: Response, violations: tuple[Violation, ...]) -> Response:
    """Say in headers which rules were broken; the body stays what the real service's is."""
    if not violations:
        return response
    first = violations[0]
    said = {
        "mockserver-rule": ", ".join(dict.fromkeys(violation.rule.id for violation in violations)),
        "mockserver-pointer": quote(first.pointer, safe="/~"),
        "mockserver-level": first.level,
    }
    return replace(response, headers={**response.headers, **said})
