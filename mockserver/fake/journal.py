"""The journal: every exchange, with what was wrong with it, bounded in number and in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from mockserver.contract.differences import Difference
from mockserver.contract.validation import Violation
from mockserver.curl import SECRETS
from mockserver.types import JSON, Millis, Request, Response

_MOST_BODY_BYTES = 64 * 1024
"""As much of a body is kept: whole for every payload without a picture, and 20 000 of them fit into memory."""

_MOST_VIOLATIONS = 100
"""Violations that are kept of one request; a list of unknown fields can have thousands."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange, with its first 100 violations. Bodies of more than 64 KiB are cut; ``sizes`` are in bytes, uncut.

    ``differences`` from the contract are found in answers of other services; our own answers have none.
    """

    number: int
    at: Millis
    service: str
    operation: str | None
    account: str | None
    request: Request
    response: Response
    violations: tuple[Violation, ...]
    sizes: tuple[int, int]
    differences: tuple[Difference, ...] = ()

    def as_json(self) -> dict[str, JSON]:
        """Return the exchange as JSON with its secrets masked."""
        return {
            "number": self.number,
            "at": self.at,
            "service": self.service,
            "operation": self.operation,
            "account": None if self.account is None else masked(self.account),
            "request": {
                "method": self.request.method,
                "path": self.request.path,
                "query": self.request.query,
                "headers": _shown(self.request.headers),
                "body": self.request.body.decode(errors="replace"),
                "size": self.sizes[0],
            },
            "response": {
                "status": self.response.status,
                "headers": _shown(self.response.headers),
                "body": self.response.body.decode(errors="replace"),
                "size": self.sizes[1],
                "wire": asdict(self.response.wire) if self.response.wire else None,
            },
            "violations": [
                {
                    "rule": violation.rule.id,
                    "pointer": violation.pointer,
                    "level": violation.level,
                    "fact": violation.fact,
                    "description": violation.rule.description,
                    "source": violation.rule.source,
                    "confidence": violation.rule.confidence,
                }
                for violation in self.violations
            ],
            "differences": [asdict(difference) for difference in self.differences],
        }


class Journal:
    """The last exchanges: at most ``entries`` of them, and ``size`` bytes of bodies, paths, headers and differences."""

    def __init__(self, entries: int = 20_000, size: int = 32 << 20) -> None:
        self._entries: deque[Entry] = deque()
        self._most, self._room = entries, size
        self._number = 0
        self._held = 0
        self._cleared = 0

    @property
    def version(self) -> int:
        """Another number whenever something has changed."""
        return self._number + self._cleared

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """Yield the exchanges, the newest first."""
        return iter(list(reversed(self._entries)))

    def write(
        self,
        at: Millis,
        service: str,
        operation: str | None,
        account: str | None,
        request: Request,
        response: Response,
        violations: tuple[Violation, ...],
        differences: tuple[Difference, ...] = (),
    ) -> Entry:
        """Record an exchange; the oldest go when there is no more room."""
        sizes = len(request.body), len(response.body)
        if sizes[0] > _MOST_BODY_BYTES:
            request = replace(request, body=request.body[:_MOST_BODY_BYTES])
        if sizes[1] > _MOST_BODY_BYTES:
            response = replace(response, body=response.body[:_MOST_BODY_BYTES])
        # The wrong value stands in the request already, and can be megabytes.
        violations = tuple(replace(violation, value=None) for violation in violations[:_MOST_VIOLATIONS])
        self._number += 1
        entry = Entry(self._number, at, service, operation, account, request, response, violations, sizes, differences)
        self._entries.append(entry)
        self._held += _weight(entry)
        while len(self._entries) > self._most or self._held > self._room:
            self._held -= _weight(self._entries.popleft())
        return entry

    def clear(self, account: str | None = None) -> None:
        """Forget the exchanges, or those of one account; the numbers go on."""
        self._cleared += 1
        kept = [entry for entry in self._entries if account not in (None, entry.account)]
        self._entries = deque(kept)
        self._held = sum(map(_weight, kept))


def masked(secret: str) -> str:
    """Return the ends of a secret, if the part between them is long enough to stay one."""
    return f"{secret[:4]}…{secret[-4:]}" if len(secret) > 16 else f"{secret[:2]}…"


def _weight(entry: Entry) -> int:
    request = entry.request
    text = len(request.path) + len(request.query) + sum(map(len, request.headers.values()))
    told = sum(len(found.documented) + len(found.received) for found in entry.differences)
    return text + told + len(request.body) + len(entry.response.body)


def _shown(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: masked(value) if name in SECRETS else value for name, value in headers.items()}
