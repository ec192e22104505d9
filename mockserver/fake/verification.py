"""Verification: did the client send what it should have, and if not, what came nearest?

A pattern is a payload with most of it left out. An object must have the fields of the pattern, a list as many items,
each like the pattern's; a text of the pattern may contain ``*`` for anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY
from fnmatch import fnmatchcase

import jiter

from mockserver.fake.journal import Entry
from mockserver.types import JSON, Path, pointer, value

_NEAREST = 3
"""Requests that are shown beside an expectation that is not met; more would bury the one that matters."""

_SHOWN_LETTERS = 60
"""As much of a value is quoted in a reason: enough to know it by, and the line still fits a terminal."""


@value
class Expectation:
    """Requests that should be in the journal.

    ``where`` is a pattern of their body; ``times`` how many there should be, ``None`` for at least one.
    """

    _: KW_ONLY
    operation: str | None = None
    service: str | None = None
    account: str | None = None
    status: int | None = None
    rule: str | None = None
    where: Mapping[str, JSON] | None = None
    times: int | None = None


@value
class Miss:
    """A request that is not what was expected, and why."""

    number: int
    reasons: tuple[str, ...]


@value
class Verdict:
    """Whether an expectation is met, by which requests, and which came nearest."""

    is_met: bool
    found: tuple[int, ...]
    nearest: tuple[Miss, ...]


def verified(journal: Iterable[Entry], expected: Expectation) -> Verdict:
    """Check the journal against an expectation."""
    missed = {entry.number: tuple(reasons(entry, expected)) for entry in journal}
    found = tuple(sorted(number for number, why in missed.items() if not why))
    is_met = bool(found) if expected.times is None else len(found) == expected.times
    nearest = sorted((len(why), -number, why) for number, why in missed.items() if why)
    shown = () if is_met else tuple(Miss(-number, why) for _, number, why in nearest[:_NEAREST])
    return Verdict(is_met, found, shown)


def reasons(entry: Entry, expected: Expectation) -> list[str]:
    """Return why an exchange is not the expected one; nothing means that it is."""
    facts = [
        ("operation", entry.operation, expected.operation),
        ("service", entry.service, expected.service),
        ("status", entry.response.status, expected.status),
    ]
    found = [f"{name} is {is_}, not {wanted}" for name, is_, wanted in facts if wanted not in (None, is_)]
    if expected.account not in (None, entry.account):
        found.append("it belongs to another account")
    if expected.rule is not None and expected.rule not in {violation.rule.id for violation in entry.violations}:
        found.append(f"rule {expected.rule} is not broken")
    if expected.where is not None:
        try:
            body = jiter.from_json(entry.request.body)
        except ValueError:
            found.append("its body is not JSON, or was too long to keep")
        else:
            found.extend(misses(dict(expected.where), body))
    return found


def misses(pattern: JSON, value: JSON, path: Path = ()) -> Iterator[str]:
    """Yield each reason why a value does not match a pattern; nothing means that it does."""
    if isinstance(pattern, dict):
        yield from _object(pattern, value, path)
    elif isinstance(pattern, list):
        yield from _list(pattern, value, path)
    elif not _is_same(pattern, value):
        yield f"{pointer(path) or '/'} is {_shown(value)}, not {_shown(pattern)}"


def matches(pattern: JSON, value: JSON) -> bool:
    """Whether a value matches a pattern."""
    return next(misses(pattern, value), None) is None


def _object(pattern: dict[str, JSON], value: JSON, path: Path) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{pointer(path) or '/'} is not an object"
        return
    for name, part in pattern.items():
        if name in value:
            yield from misses(part, value[name], (*path, name))
        else:
            yield f"{pointer((*path, name))} is missing"


def _list(pattern: list[JSON], value: JSON, path: Path) -> Iterator[str]:
    if not isinstance(value, list) or len(value) != len(pattern):
        yield f"{pointer(path) or '/'} is not a list of {len(pattern)}"
        return
    for index, part in enumerate(pattern):
        yield from misses(part, value[index], (*path, index))


def _is_same(pattern: JSON, value: JSON) -> bool:
    if isinstance(pattern, str) and isinstance(value, str) and "*" in pattern:
        return fnmatchcase(value, _literal(pattern))
    return bool(pattern == value) and isinstance(pattern, bool) == isinstance(value, bool)


def _literal(pattern: str) -> str:
    """Escape the other wildcards of fnmatch, so that only ``*`` has a meaning."""
    return pattern.replace("[", "[[]").replace("?", "[?]")


def _shown(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_LETTERS else text[:_SHOWN_LETTERS] + "…"
