"""Inspection: both sides of an exchange with another service, checked against the contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from mockserver.contract.differences import Answers, Difference
from mockserver.contract.forms import typed
from mockserver.contract.routes import Match, NoMatch, Router
from mockserver.contract.service import Service
from mockserver.contract.validation import Validator, Violation
from mockserver.decoding import UnreadableBody, decoded
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.intake import auth, bodies
from mockserver.fake.intake.admission import admitted, clamped
from mockserver.fake.world import World
from mockserver.settings import Settings
from mockserver.types import JSON, Millis, Request, Response

_MOST_LETTERS = 200
"""As much of a refusal is quoted in a difference: a line in a terminal, and the rest is in the journal."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, both with their content encoding decoded.

    ``unknown`` says why a body is not here as a whole, by its side: ``request`` or ``answer``.
    """

    request: Request
    response: Response
    unknown: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What an exchange is about, and what is wrong with it."""

    operation: str | None
    account: str | None
    violations: tuple[Violation, ...]
    differences: tuple[Difference, ...]


class Inspector:
    """Checks exchanges against the contract of one service of a world."""

    def __init__(self, world: World, service: Service | None = None) -> None:
        """Without a ``service`` it is the first."""
        self._world, self._version = world, world.version
        self.service = service or world.services[0]
        self._answers = Answers(world.catalog, self.service)
        self._compile()

    def match(self, request: Request) -> Match | NoMatch:
        """Find the operation of a request, whatever host it was sent to."""
        return self.router.match(request.method, request.path, "")

    def account(self, request: Request, now: Millis) -> str | None:
        """Return the account of a request, as far as its credentials show it."""
        with suppress(Refused):
            return auth.account(request, self.service, Settings(), self._readings, now)
        return None

    def inspect(self, exchange: Exchange, now: Millis) -> Inspection:
        """Check an exchange against the contract; a path that is not in it has no differences."""
        if self._version != self._world.version:
            self._version = self._world.version
            self._compile()
        request, response = exchange.request, exchange.response
        account = self.account(request, now)
        match = self.match(request)
        if not isinstance(match, Match):
            return Inspection(None, account, (), ())
        violations: tuple[Violation, ...] = ()
        mistakes = auth.mistakes(request, self.service)
        differences: list[Difference] = []
        if "request" not in exchange.unknown:
            try:
                violations = self._accepted_violations(request, match)
            except Refused as refused:
                violations = refused.violations
                if response.status == match.operation.answer_status:
                    differences += self._not_refused(refused)
        body = None if "answer" in exchange.unknown else response.body
        media_type = response.headers.get("content-type", "")
        differences += self._answers.differences(match.operation, response.status, media_type, body)
        return Inspection(match.operation.id, account, (*violations, *mistakes), tuple(differences))

    def _compile(self) -> None:
        """Take the readings that are chosen now; a person may switch them while the proxy runs."""
        self._readings = self._world.readings[self.service.id]
        self.router = Router([self.service], self._world.readings, self._world.settings.prefixes)
        self._validators = {
            operation.id: Validator.of(operation, self.service.questions, self._readings)
            for operation in self.service.operations.values()
            if operation.schema
        }

    def _accepted_violations(self, request: Request, match: Match) -> tuple[Violation, ...]:
        """Return the violations of a request that the contract accepts. Raises ``Refused``."""
        operation = match.operation
        if operation.id not in self._validators:
            return ()
        payload: JSON
        if operation.method == "POST" and not operation.uploads:
            payload = bodies.payload(request, operation, self._readings)
        else:
            payload = typed(operation.schema, request.parameters)
        violations = self._validators[operation.id].violations(payload)
        _, violations = clamped(operation, self._readings, payload, violations)
        is_strict = self._world.settings.strict
        return admitted(self.service, self._readings, violations, payload, is_strict=is_strict).violations

    def _not_refused(self, refused: Refused) -> Iterator[Difference]:
        """Yield what the contract refuses and the service did not: each rule, or what could not be read."""
        row = self.service.errors[refused.row]
        for found in refused.violations:
            if found.level == "error" or self._world.settings.strict:
                documented = f"refused with {row.status}: {found.fact} ({found.rule.source})"
                where = f"{found.rule.operation}#{found.rule.pointer}"
                yield Difference("request", found.pointer, found.rule.id, documented[:_MOST_LETTERS], "accepted", where)
        if not refused.violations:
            said = " ".join(str(text) for text in row.body.values()).format_map(refused.fields)
            where = f"{self.service.id}/service.json#/errors/{row.id}"
            documented = f"refused with {row.status}: {said}"
            yield Difference("request", "", row.id, documented[:_MOST_LETTERS], "accepted", where)


class BodyCopy:
    """A copy of a body that is forwarded in pieces, of at most ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._pieces, self._size, self._is_whole = limit, list[bytes](), 0, False

    @property
    def size(self) -> int:
        """How many bytes were forwarded."""
        return self._size

    def add(self, piece: bytes) -> None:
        """Copy a piece; of a body over the limit nothing is kept."""
        self._size += len(piece)
        if self._size <= self._limit:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def end(self) -> None:
        """Mark the body as complete."""
        self._is_whole = True

    def content(self, encoding: str) -> bytes:
        """Return the body with its content encoding decoded. Raises ``UnreadableBody``."""
        if not self._is_whole:
            raise UnreadableBody("it did not arrive to its end")
        if self._size > self._limit:
            raise UnreadableBody(f"it has {self._size} bytes, more than {self._limit}")
        return decoded(b"".join(self._pieces), encoding, self._limit)
