"""Inspection: both sides of an exchange with somebody else's service, held against the contract."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from mockserver.contract.differences import Answers, Difference
from mockserver.contract.forms import typed
from mockserver.contract.readings import levels
from mockserver.contract.routes import Match, NoMatch, Router
from mockserver.contract.validation import Validator, Violation
from mockserver.fake import auth, bodies
from mockserver.fake.admission import admitted, clamped
from mockserver.fake.refusal import Refused
from mockserver.fake.world import World
from mockserver.settings import Settings
from mockserver.types import JSON, Millis, Request, Response

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, both as they would be without a content encoding.

    ``unknown`` says of a body that is not whole here why not, by its side: ``request`` or ``answer``.
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
    """Knows the contract of one service, the first of a world."""

    def __init__(self, world: World) -> None:
        self._world, self._version = world, world.version
        self.service = world.services[0]
        self._answers = Answers(world.catalog, self.service)
        self._compile()

    def match(self, request: Request) -> Match | NoMatch:
        """Find what a request is for, wherever it was sent to."""
        return self.router.match(request.method, request.path, "")

    def account(self, request: Request, now: Millis) -> str | None:
        """Return whose request it is, as far as that can be seen."""
        with suppress(Refused):
            return auth.account(request, self.service, Settings(), self._readings, now)
        return None

    def inspect(self, exchange: Exchange, now: Millis) -> Inspection:
        """Hold an exchange against the contract. Of a path that is not in it nothing can be said."""
        if self._version != self._world.version:
            self._version = self._world.version
            self._compile()
        request, response = exchange.request, exchange.response
        account = self.account(request, now)
        match = self.match(request)
        if not isinstance(match, Match):
            return Inspection(None, account, (), ())
        violations: tuple[Violation, ...] = ()
        differences: list[Difference] = []
        if "request" not in exchange.unknown:
            try:
                violations = self._entered(request, match)
            except Refused as refused:
                violations = refused.violations
                if response.status == match.operation.answer_status:
                    differences += self._accepted(refused)
        body = None if "answer" in exchange.unknown else response.body
        media_type = response.headers.get("content-type", "")
        differences += self._answers.differences(match.operation, response.status, media_type, body)
        return Inspection(match.operation.id, account, violations, tuple(differences))

    def _compile(self) -> None:
        """Take the readings that are chosen now; a person may switch them while we look."""
        self._readings = self._world.readings[self.service.id]
        self.router = Router([(self.service, self._readings)], self._world.settings.prefixes)
        self._validators = {
            operation.id: Validator(operation.schema, operation.rules, levels(self.service.questions, self._readings))
            for operation in self.service.operations.values()
            if operation.schema
        }

    def _entered(self, request: Request, match: Match) -> tuple[Violation, ...]:
        """Return what is noted of a request that enters. Raises ``Refused``."""
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
        return admitted(self.service, self._readings, violations, is_strict=is_strict).violations

    def _accepted(self, refused: Refused) -> Iterator[Difference]:
        """Name what the contract refuses and the service does not: each rule, or what could not be read."""
        row = self.service.errors[refused.row]
        for found in refused.violations:
            if found.level == "error" or self._world.settings.strict:
                documented = f"refused with {row.status}: {found.fact} ({found.rule.source})"
                where = f"{found.rule.operation}#{found.rule.pointer}"
                yield Difference("request", found.pointer, found.rule.id, documented[:_SHOWN], "accepted", where)
        if not refused.violations:
            said = " ".join(str(text) for text in row.body.values()).format_map(refused.fields)
            where = f"{self.service.id}/service.json#/errors/{row.id}"
            documented = f"refused with {row.status}: {said}"
            yield Difference("request", "", row.id, documented[:_SHOWN], "accepted", where)


_GZIP = (zlib.MAX_WBITS | 16,)
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}
"""How each is undone; many servers misspell deflate, without its header."""

READABLE = frozenset({"identity", *_WINDOWS})
"""The content encodings that we can undo."""


class UnreadableBody(Exception):
    """A body is not known as it was meant; the text says why."""


class BodyCopy:
    """A body that passes by in pieces, up to ``limit`` bytes of it."""

    def __init__(self, limit: int) -> None:
        self._limit, self._pieces, self._size, self._is_whole = limit, list[bytes](), 0, False

    @property
    def size(self) -> int:
        """How much has passed by."""
        return self._size

    def add(self, piece: bytes) -> None:
        """Keep a piece, if there is room for it."""
        self._size += len(piece)
        if self._size <= self._limit:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def end(self) -> None:
        """Say that this was all."""
        self._is_whole = True

    def content(self, encoding: str) -> bytes:
        """Return what was meant, without its content encoding. Raises ``UnreadableBody``."""
        if not self._is_whole:
            raise UnreadableBody("its end did not come")
        if self._size > self._limit:
            raise UnreadableBody(f"it has {self._size} bytes, more than {self._limit}")
        body = b"".join(self._pieces)
        for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
            if name not in READABLE:
                raise UnreadableBody(f"it is encoded as {name}")
            if name != "identity" and body:
                body = _inflated(body, self._limit, _WINDOWS[name])
        return body


def _inflated(body: bytes, limit: int, windows: tuple[int, ...]) -> bytes:
    fact = ""
    for window in windows:
        try:
            return _members(body, limit, window)
        except zlib.error as error:
            fact = fact or str(error)
    raise UnreadableBody(f"it cannot be decompressed: {fact}")


def _members(body: bytes, limit: int, window: int) -> bytes:
    found: list[bytes] = []
    room = limit
    while body:
        inflater = zlib.decompressobj(window)
        found.append(inflater.decompress(body, room + 1))
        room -= len(found[-1])
        if room < 0 or inflater.unconsumed_tail:
            raise UnreadableBody(f"it has more than {limit} bytes when it is decompressed")
        if not inflater.eof:
            raise UnreadableBody("it is cut in the middle of its compression")
        body = inflater.unused_data
    return b"".join(found)
