"""An exchange as the journal has it: the request, the answer, and what was wrong with either."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from mockserver.contract.validation import Violation
from mockserver.types import JSON, Millis, Reason, Request, Response, value

if TYPE_CHECKING:
    from mockserver.contract.differences import Difference
    from mockserver.secrecy.mask import Mask

_MOST_BODY_BYTES = 64 * 1024
"""As much of a body is kept: whole for every payload without a picture, and 20 000 of them fit into memory."""

_MOST_VIOLATIONS = 100
"""Violations that are kept of one request; a list of unknown fields can have thousands."""

_MOST_LETTERS = 1000
"""Letters that are kept of a fact, and of each name in its path."""


@value
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

    def as_json(self, mask: Mask | None = None) -> dict[str, JSON]:
        """Return the exchange as JSON with its secrets masked; ``mask`` is its own, for whoever has it already."""
        from mockserver.secrecy.mask import masked

        mask = mask or self.mask
        return {
            "number": self.number,
            "at": self.at,
            "service": self.service,
            "operation": self.operation,
            "account": None if self.account is None else masked(self.account),
            "task": self.response.task,
            "took": self.response.latency,
            "reason": reason_as_json(self.response.reason, mask),
            "request": {
                "method": self.request.method,
                "path": mask.text(self.request.path),
                "query": mask.query(self.request.query),
                "headers": mask.json(dict(self.request.headers)),
                **_shown(self.request.body, self.sizes[0], mask),
            },
            "response": {
                "status": self.response.status,
                "headers": mask.json(dict(self.response.headers)),
                **_shown(self.response.body, self.sizes[1], mask),
                "wire": asdict(self.response.wire) if self.response.wire else None,
            },
            "violations": [violation_as_json(violation, mask) for violation in self.violations],
            "differences": [mask.json(asdict(difference)) for difference in self.differences],
        }

    @property
    def mask(self) -> Mask:
        """What hides the secrets of this exchange."""
        from mockserver.secrecy.mask import Mask

        return Mask.of(self.request, self.response)


def violation_as_json(violation: Violation, mask: Mask) -> dict[str, JSON]:
    """Return a broken rule as JSON with what it says of the payload masked."""
    return {
        "rule": violation.rule.id,
        "pointer": mask.text(violation.pointer),
        "level": violation.level,
        "fact": mask.text(violation.fact),
        "description": violation.rule.description,
        "source": violation.rule.source,
        "confidence": violation.rule.confidence,
    }


def reason_as_json(reason: Reason | None, mask: Mask) -> JSON:
    """Return a reason as JSON with its secrets masked."""
    return None if reason is None else mask.json(asdict(reason))


def cut(
    request: Request, response: Response, violations: tuple[Violation, ...]
) -> tuple[Request, Response, tuple[Violation, ...], tuple[int, int]]:
    """Return what is kept of an exchange, without the rest of what has megabytes, and how long the bodies were."""
    sizes = len(request.body), len(response.body)
    if sizes[0] > _MOST_BODY_BYTES:
        request = replace(request, body=request.body[:_MOST_BODY_BYTES])
    if sizes[1] > _MOST_BODY_BYTES:
        response = replace(response, body=response.body[:_MOST_BODY_BYTES])
    if violations:
        violations = tuple([_cut(violation) for violation in violations[:_MOST_VIOLATIONS]])
    return request, response, violations, sizes


def _cut(violation: Violation) -> Violation:
    """Leave out the wrong value, which stands in the request already, and the rest of names that are megabytes long."""
    path = tuple([step[:_MOST_LETTERS] if isinstance(step, str) else step for step in violation.path])
    return Violation(violation.rule, violation.level, path, violation.fact[:_MOST_LETTERS], None)


def weight(entry: Entry) -> int:
    """Return about how many bytes an exchange takes, rather more: the parts of this sum were measured."""
    request, response = entry.request, entry.response
    held = 700 + len(request.path) + len(request.query) + len(request.body) + len(response.body)
    held += 0 if entry.account is None else len(entry.account)
    for headers in (request.headers, response.headers):
        held += 130 * len(headers) + sum(map(len, headers.values()))
    if response.reason is not None:
        held += 150 + 4 * len(response.reason.sentence)
    if not entry.violations and not entry.differences:
        return held
    # Of these texts a letter takes up to four bytes; those of a request are bytes that were decoded as latin-1.
    told = [violation.fact for violation in entry.violations]
    told += [step for violation in entry.violations for step in violation.path if isinstance(step, str)]
    told += [text for found in entry.differences for text in (found.documented, found.received, found.pointer)]
    return held + sum([200 + 4 * len(text) for text in told])


def _shown(body: bytes, size: int, mask: Mask) -> dict[str, JSON]:
    """Return a body as it is shown, and its size with masks in it: one that is larger than what is shown was cut."""
    text = body.decode(errors="replace")
    masked_text = mask.text(text)
    return {"body": masked_text, "size": size + len(masked_text.encode()) - len(text.encode())}
