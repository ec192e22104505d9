"""Verification: did the client send what it should have, and if not, what came nearest?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jiter

from mockserver.fake.journal import Entry, Journal
from mockserver.fake.patterns import misses
from mockserver.types import JSON

_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """Requests that should be in the journal.

    ``where`` is a pattern of their body; ``times`` how many there should be, ``None`` for at least one.
    """

    operation: str | None = None
    service: str | None = None
    account: str | None = None
    status: int | None = None
    rule: str | None = None
    where: Mapping[str, JSON] | None = None
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Miss:
    """A request that is not what was expected, and why."""

    number: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an expectation is met, by which requests, and which came nearest."""

    is_met: bool
    found: tuple[int, ...]
    nearest: tuple[Miss, ...]


def verified(journal: Journal, expected: Expectation) -> Verdict:
    """Hold the journal against an expectation."""
    missed = {entry.number: tuple(reasons(entry, expected)) for entry in journal}
    found = tuple(sorted(number for number, why in missed.items() if not why))
    is_met = bool(found) if expected.times is None else len(found) == expected.times
    nearest = sorted((len(why), -number, why) for number, why in missed.items() if why)
    shown = () if is_met else tuple(Miss(-number, why) for _, number, why in nearest[:_SHOWN])
    return Verdict(is_met, found, shown)


def reasons(entry: Entry, expected: Expectation) -> list[str]:
    """Say why an exchange is not what was expected; nothing means that it is."""
    facts = [
        ("operation", entry.operation, expected.operation),
        ("service", entry.service, expected.service),
        ("status", entry.response.status, expected.status),
    ]
    found = [f"{name} is {is_}, not {wanted}" for name, is_, wanted in facts if wanted not in (None, is_)]
    if expected.account not in (None, entry.account):
        found.append("it is another account's")
    if expected.rule is not None and expected.rule not in {violation.rule.id for violation in entry.violations}:
        found.append(f"rule {expected.rule} is not broken")
    if expected.where is not None:
        try:
            body = jiter.from_json(entry.request.body)
        except ValueError:
            found.append("its body is no JSON, or was too long to keep")
        else:
            found.extend(misses(dict(expected.where), body))
    return found
