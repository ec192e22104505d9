"""The fake: from a request to an answer, without any input or output.

The story of a request: find the route, find the account, read the body, check it against the rules, let the service's
dialect act, record the exchange.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType

from mockserver.contract.catalog import Catalog, Operation, Service, load
from mockserver.contract.forms import known, typed
from mockserver.contract.readings import Readings
from mockserver.contract.routes import Match, Router, plain
from mockserver.contract.validation import Validator, Violation
from mockserver.errors import BadContract
from mockserver.fake import auth, bodies, snapshot
from mockserver.fake.admission import admitted, clamped
from mockserver.fake.callbacks.delivery import Attempt, Delivery, signed
from mockserver.fake.clock import Clock
from mockserver.fake.dialects import kling, useapi
from mockserver.fake.faults.line import effect, refusal
from mockserver.fake.handles import Callbacks, FaultLines, Requests, Tasks
from mockserver.fake.headers import annotated, told
from mockserver.fake.limits import Limit, Rate
from mockserver.fake.media import results
from mockserver.fake.refusal import Refused
from mockserver.fake.snapshot import Sections, Time
from mockserver.fake.state.reading import read
from mockserver.fake.world import Call, Dialect, World, encoded
from mockserver.settings import Settings, checked_settings, checked_slots
from mockserver.types import JSON, Millis, Request, Response

DIALECTS: Mapping[str, Dialect] = MappingProxyType({"kling": kling.DIALECT, "useapi": useapi.DIALECT})


class Fake:
    """The services of the catalog, as one function from ``Request`` to ``Response``.

    It may be called from several threads: they read and validate side by side, and change things one at a time.
    """

    def __init__(
        self, settings: Settings | None = None, *, catalog: Catalog | None = None, clock: Clock | None = None
    ) -> None:
        """Raises ``BadSetting`` for a setting that this contract does not have, and ``BadContract``."""
        self.world = World(checked_settings(settings), catalog or load(), clock or Clock(), DIALECTS)
        self._lock = threading.RLock()
        self.tasks = Tasks(self.world, self._lock)
        self.requests = Requests(self.world)
        self.callbacks = Callbacks(self.world, self._lock)
        self.faults = FaultLines(self.world, self._lock)
        self.failures = 0  # requests that an exception has kept from their answer
        self._compile()

    @property
    def settings(self) -> Settings:
        """How this fake behaves."""
        return self.world.settings

    @property
    def clock(self) -> Clock:
        """The clock of this fake."""
        return self.world.clock

    def respond(self, request: Request) -> Response:
        """Answer a request as its service would."""
        now = self.clock.now()
        match = self._router.match(request.method, request.path, request.host)
        operation = match.operation.id if isinstance(match, Match) else None
        account: str | None = None
        violations: tuple[Violation, ...] = ()
        mistakes: tuple[Violation, ...] = ()
        try:
            mistakes = auth.mistakes(request, match.service)
            if not isinstance(match, Match):
                row = "no-method" if match.is_known else "no-route"
                allowed = {"allow": ", ".join(match.methods)} if match.is_known else {}
                raise Refused(row, headers=allowed, method=request.method, path=request.path)
            readings = self.world.readings[match.service.id]
            account = self.world.known_as(auth.account(request, match.service, self.settings, readings, now))
            self._take_quota(account, now)
            request = bodies.decoded(request, self.settings.max_body)
            call = self._call(request, match, readings, account, now)
            violations = call.violations
            with self._lock:
                response = self._act(call)
        except Refused as refused:
            violations = refused.violations or violations
            response = self._refusal(match.service, refused)
        except Exception as error:  # noqa: BLE001 - the last resort: the client gets an answer, the journal its entry
            response = self._failure(match.service, request, error)
        violations += mistakes
        response = annotated(response, violations)
        with self._lock:
            self.world.journal.write(now, match.service.id, operation, account, request, response, violations)
        return response

    def refuse(self, request: Request, refused: Refused) -> Response:
        """Answer what came over the wire and is no request to a service, such as too large a head, and record it."""
        return self._recorded(request, lambda service: self._refusal(service, refused))

    def failed(self, request: Request, error: Exception) -> Response:
        """Answer a request that an exception has kept from its answer, and record it in the journal."""
        return self._recorded(request, lambda service: self._failure(service, request, error))

    def _recorded(self, request: Request, answer: Callable[[Service], Response]) -> Response:
        response = answer(service := self._router.match(request.method, request.path, request.host).service)
        with self._lock:
            self.world.journal.write(self.clock.now(), service.id, None, None, request, response, ())
        return response

    def result(self, path: str) -> results.Result | int:
        """Return what is behind the path of a result URL, or the HTTP status of an answer without it."""
        with self._lock:
            return results.fetched(self.world, path, self.clock.now())

    def fetch(self, request: Request) -> results.Result | int:
        """Return what is behind a result URL as ``result`` does, and record in the journal whose it is."""
        path = plain(request.path)
        with self._lock:
            try:
                found = self.result(path)
                if isinstance(found, int):
                    response = Response(found)
                else:
                    response = Response(200, headers=found.headers, wire=found.wire)
            except Exception as error:  # noqa: BLE001 - the last resort, as above
                self.failures += 1
                found, response = 500, Response(500, headers=told(error, request))
            id, account = results.owner(self.world, path)
            self.world.journal.write(self.clock.now(), id, f"{id}/{results.FETCH}", account, request, response, ())
            return found

    @property
    def next_delivery(self) -> Millis | None:
        """When the next callback is due, on the fake's clock."""
        return self.world.callbacks.next

    def due(self) -> list[Delivery]:
        """Take out the callbacks that are due, at most one of each task, to be sent by the caller.

        The next one of a task follows when ``attempted`` was told that this one was delivered or given up.
        """
        with self._lock:
            return self.world.callbacks.due(self.clock.now())

    def delivered(self) -> list[Delivery]:
        """Take out all callbacks that are due, as if each was delivered at once: for callers that send nothing."""
        taken = (self.attempted(each, Attempt(self.clock.now(), 0, 200)) for due in iter(self.due, []) for each in due)
        return list(taken)

    def attempted(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        """Record an attempt at a callback that was taken out."""
        with self._lock:
            return self.world.callbacks.attempted(delivery, attempt)

    def signature(self, delivery: Delivery) -> dict[str, str]:
        """Return the headers that sign an attempt made now; none without a secret."""
        secret, readings = self.settings.webhook_secret, self.world.readings[delivery.service]
        if secret is None or readings.get("callback-signed") == "no":
            return {}
        body = b"another body" if delivery.is_forged else delivery.body
        return signed(secret, delivery.id, self.clock.now(), body)

    def reset(self, account: str | None = None) -> None:
        """Forget tasks, callbacks, exchanges and faults, of all accounts or of one; settings and clock stay."""
        with self._lock:
            forgotten = self.world.reset(account and self.world.known_as(account))
        deque(forgotten, maxlen=0)

    def limit(self, account: str, slots: int | None = None, rate: str | None = None) -> None:
        """Give an account its own limits: tasks in flight, and requests per time, ``10/s``. Raises ``BadSetting``."""
        with self._lock:
            own = Limit(checked_slots(slots), None if rate is None else Rate.parse(rate))
            self.world.limits.set(self.world.known_as(account), own)

    def snapshot(self) -> dict[str, JSON]:
        """Return tasks, time and faults as JSON."""
        return snapshot.whole(self.sections())

    def sections(self) -> Sections:
        """Return what ``snapshot`` returns as parts, of which the large ones are made as they are read."""
        with self._lock:
            return snapshot.taken(self.world)

    def restore(self, state: JSON, time: Time = "then") -> None:
        """Replace the state by a snapshot. Raises ``BadSetting``, and then nothing has changed.

        Time goes on from when the snapshot was taken, or with ``time="now"`` from the time that this fake has; what
        would have happened in between has then happened. It stands still if it did in the snapshot.
        """
        snapshot.checked_time_to_go_on(time)
        found = read(self.world, state)
        with self._lock:
            forgotten = snapshot.restored(self.world, found, time)
        deque(forgotten, maxlen=0)

    def reconfigure(self, settings: Settings) -> None:
        """Change the settings and keep all tasks. Raises ``MockserverError``, and then nothing has changed."""
        with self._lock:
            self.world.reconfigure(settings)
            self._compile()

    def _compile(self) -> None:
        world = self.world
        routed = [(service, world.readings[service.id]) for service in world.services]
        for service in world.services:
            for operation in service.operations.values():
                if operation.does not in DIALECTS[service.dialect].actions:
                    at = f"/operations/{operation.name}/does"
                    fact = f"the dialect {service.dialect!r} has no action {operation.does!r}"
                    raise BadContract(f"{service.id}/service.json", at, fact)
        self._router = Router(routed, world.settings.prefixes)
        self._validators = {
            operation.id: Validator.of(operation, service.questions, readings)
            for service, readings in routed
            for operation in service.operations.values()
            if operation.schema
        }

    def _take_quota(self, account: str, now: Millis) -> None:
        """Take a request out of the account's quota. Raises ``Refused``."""
        with self._lock:
            wait = self.world.limits.take(account, now)
        if wait:
            raise Refused("too-fast", headers={"retry-after": str(-(-wait // 1000))})

    def _act(self, call: Call) -> Response:
        """Do what was asked, with what faults change of it. Raises ``Refused``."""
        action = DIALECTS[call.service.dialect].actions[call.operation.does]
        if not self.world.has_faults(call):
            return action(self.world, call)
        subject = self.world.subject(call)
        for fault in self.world.faults_at("request", call.operation, subject, call.request.path):
            found = refusal(fault, call.service, call.now)
            if isinstance(found, Refused):
                raise found
            return found
        response = action(self.world, call)
        for fault in self.world.faults_at("answer", call.operation, subject, call.request.path):
            response = effect(fault)(response, self._is_answer(call.operation))
        return response

    def _is_answer(self, operation: Operation) -> Callable[[JSON], bool]:
        """Return a function that says whether a body fits the contract's schema for an operation's answer."""
        if operation.answer is None:
            return lambda _: False
        is_valid: Callable[[JSON], bool] = self.world.catalog.validator(operation.answer).is_valid
        return is_valid

    def _call(self, request: Request, match: Match, readings: Readings, account: str, now: Millis) -> Call:
        """Read a request by the schema of its operation. Raises ``Refused``."""
        operation = match.operation
        payload = sent = self._payload(request, operation, readings)
        violations = self._violations(operation, sent, has_nulls := b"null" in request.body)
        if has_nulls:
            payload = bodies.understood(sent, readings)
        if violations:
            payload, violations = clamped(operation, readings, payload, violations)
        admission = admitted(match.service, readings, violations, is_strict=self.settings.strict)
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
            document=bodies.stored_body(payload, request.body if payload is sent else b"") if operation.task else b"{}",
            violations=admission.violations,
            failure=admission.failure,
        )

    def _payload(self, request: Request, operation: Operation, readings: Readings) -> JSON:
        if operation.method == "POST" and operation.schema and not operation.uploads:
            return bodies.payload(request, operation, readings)
        return typed(operation.schema, request.parameters)

    def _violations(self, operation: Operation, payload: JSON, has_nulls: bool) -> tuple[Violation, ...]:
        found = self._validators.get(operation.id)
        return () if found is None else found.violations(payload) if has_nulls else found.broken(payload)

    def _failure(self, service: Service, request: Request, error: Exception) -> Response:
        self.failures += 1
        return self._refusal(service, Refused("internal", headers=told(error, request)))

    def _refusal(self, service: Service, refused: Refused) -> Response:
        """Answer with a row of the service's error table."""
        row = service.errors[refused.row]
        body = {
            key: text.format_map(refused.fields) if isinstance(text, str) else text for key, text in row.body.items()
        }
        complete = DIALECTS[service.dialect].refused(self.world, self.world.readings[service.id], body)
        return Response(row.status, encoded(complete), {"content-type": "application/json", **refused.headers})
