"""The intake: from a request to a call to act on, or to what it is refused for, as far as that needs no state."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from mockserver.contract.forms import known, typed
from mockserver.contract.readings import Readings, filled_in
from mockserver.contract.routes import Match, NoMatch, Router
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator, Violation
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.intake import auth, bodies
from mockserver.fake.intake.admission import admitted, clamped
from mockserver.fake.world import World
from mockserver.types import JSON, Millis, Payload, Request


@dataclass(slots=True, eq=False, repr=False)
class Prepared:
    """A request that was read and checked under a ``version`` of the settings and of the clock.

    Either there is a ``call`` to act on, or an ``error``: usually what it is refused for. ``began`` is when it came, as
    the ``perf_counter`` counts.
    """

    version: tuple[int, int]
    now: Millis
    request: Request
    match: Match | NoMatch
    began: float
    account: str | None = None
    mistakes: tuple[Violation, ...] = ()
    call: Call | None = None
    error: Exception | None = None

    def accepted(self) -> Call:
        """Return the call, or raise the error."""
        if self.error is not None:
            raise self.error
        assert self.call is not None  # noqa: S101 # there is a call, or an error
        return self.call


class Intake:
    """Routes and rules under the settings that a world has now. It may be asked from several threads."""

    def __init__(self, world: World) -> None:
        self._world, self._settings, self.version = world, world.settings, world.version
        self.router = Router(world.services, world.readings, world.settings.prefixes)
        self._validators: dict[str, Validator] = {}
        self._fills: dict[str, Payload] = {}

    def prepared(self, request: Request, account: str | None = None) -> Prepared:
        """Read and check a request; if an ``account`` is given, its credentials are taken for good."""
        began, now, version = perf_counter(), self._world.clock.now(), (self.version, self._world.clock.version)
        match = self.router.match(request.method, request.path, request.host)
        prepared = Prepared(version, now, request, match, began)
        try:
            prepared.mistakes = auth.mistakes(request, match.service)
            if not isinstance(match, Match):
                row = "no-method" if match.is_known else "no-route"
                allowed = {"allow": ", ".join(match.methods)} if match.is_known else {}
                raise Refused(row, headers=allowed, method=request.method, path=request.path)
            if account is None:
                token = auth.account(request, match.service, self._settings, match.readings, now)
                account = self._world.known_as(token)
            prepared.account = account
            prepared.request = request = bodies.decoded(request, self._settings.max_body)
            prepared.call = self._call(request, match, account, now)
        except Refused as refused:  # it is the answer, unless the quota is used up
            prepared.error = refused.as_a_value()
        except Exception as error:  # noqa: BLE001 - as above
            prepared.error = error
        return prepared

    def _call(self, request: Request, match: Match, account: str, now: Millis) -> Call:
        """Read a request by the schema of its operation. Raises ``Refused``."""
        operation, readings = match.operation, match.readings
        payload = sent = _payload(request, operation, readings)
        violations = self._violations(match, sent, has_nulls := b"null" in request.body)
        if has_nulls:
            payload = bodies.understood(sent, readings)
        if violations:
            payload, violations = clamped(operation, readings, payload, violations)
        admission = admitted(match.service, readings, violations, payload, is_strict=self._settings.strict)
        if fills := self._filled_in(match):
            payload = {**fills, **payload}
        document = bodies.stored_body(payload, request.body if payload is sent else b"") if operation.task else b"{}"
        return Call(
            request=request,
            service=match.service,
            operation=operation,
            readings=readings,
            parameters=match.parameters,
            account=account,
            now=now,
            payload=known(operation.schema, payload),
            sent=payload,
            document=document,
            has_mark=b"[[" in document,
            violations=admission.violations,
            failure=admission.failure,
            cause=admission.cause,
        )

    def _filled_in(self, match: Match) -> Payload:
        operation = match.operation
        found = self._fills.get(operation.id)
        if found is None:
            found = filled_in(match.service.questions, match.readings, operation.name)
            self._fills[operation.id] = found
        return found

    def _violations(self, match: Match, payload: JSON, has_nulls: bool) -> tuple[Violation, ...]:
        operation = match.operation
        if not operation.schema:
            return ()
        found = self._validators.get(operation.id)
        if found is None:
            found = self._validators[operation.id] = Validator.of(operation, match.service.questions, match.readings)
        return found.violations(payload) if has_nulls else found.broken(payload)


def _payload(request: Request, operation: Operation, readings: Readings) -> JSON:
    if operation.has_body:
        return bodies.payload(request, operation, readings)
    return typed(operation.schema, request.parameters)
