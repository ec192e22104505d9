"""Improvisation: a scene is played with payloads that Hypothesis draws from the contract, and shrinks if they tell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from hypothesis import Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.strategies import SearchStrategy

from mockserver.errors import MockserverError
from mockserver.kit.audition import Audition
from mockserver.kit.casting import Cast
from mockserver.kit.findings import Finding
from mockserver.kit.mutations import broken
from mockserver.kit.payloads import ruled, size
from mockserver.kit.records import LAYOUTS
from mockserver.kit.strategies import strategy
from mockserver.types import JSON

_LARGEST = 15_000
"""Bytes of a payload; the journal, in which the judge reads what arrived, keeps no more than a few times as many."""

_SHRINKS = 80
"""So many more payloads are played to find the smallest one that tells the same."""

Drawn = tuple[dict[str, JSON], str | None]
"""A payload, and the rule that it breaks, if it breaks one."""


class Broken(AssertionError):
    """A payload that shows a finding; each check has a subclass of its own, so that Hypothesis shrinks for each."""


def improvise(audition: Audition, each: Cast, *, examples: int, seed: int = 0) -> None:
    """Play a cast with so many payloads, and keep of each check what it found in the smallest.

    Raises ``MockserverError`` where there is no stage any more.
    """
    if audition.end is not None:
        audition.unplayed.append(each)
        return
    found: dict[str, list[Finding]] = {}
    troubles: list[MockserverError] = []

    def heard(payload: dict[str, JSON], rule: str | None) -> list[Finding]:
        key = json.dumps(payload, sort_keys=True)
        is_over = troubles or audition.end or len(found) >= examples + _SHRINKS
        if key not in found and not is_over:
            if len(found) < examples:
                audition.told(each)
            try:
                found[key] = [replace(finding, rule=rule) for finding in audition.heard(each, payload)]
            except MockserverError as error:  # no finding, and nothing to shrink
                troubles.append(error)
        return found.get(key, [])

    @seeded(seed)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        verbosity=Verbosity.quiet,
    )
    @given(_payloads(each))
    def tell(drawn: Drawn) -> None:
        for finding in heard(*drawn):
            raise _broken(finding.check)

    try:
        tell()
    except (Broken, BaseExceptionGroup) as shown:
        _pass_on(shown)
    if troubles:
        raise troubles[0]
    audition.keep(_smallest(finding for findings in found.values() for finding in findings))


def _payloads(each: Cast) -> SearchStrategy[Drawn]:
    """Return valid payloads, or in the scene of mistakes such as break one rule."""
    callback = LAYOUTS[each.service.dialect].callback_field
    if each.scene.id == "any-mistake":
        levels = ruled(each.operation, None)
        refused = broken(each.operation).filter(lambda found: levels[found.rule.id] == "error")
        return refused.map(lambda found: (found.payload, found.rule.id)).filter(_is_sendable)
    valid = strategy(each.operation, strict=True)
    return valid.map(lambda payload: (_without(payload, callback), None)).filter(_is_sendable)


def _without(payload: JSON, name: str) -> JSON:
    """Leave out where to call back: nobody listens there."""
    return {key: value for key, value in payload.items() if key != name} if isinstance(payload, dict) else payload


def _is_sendable(drawn: tuple[JSON, str | None]) -> bool:
    """Whether a payload fits the protocol, which has objects only, and the journal."""
    return isinstance(drawn[0], dict) and len(json.dumps(drawn[0])) <= _LARGEST


@cache
def _broken(check: str) -> type[Broken]:
    return type(check, (Broken,), {})


def _pass_on(shown: BaseException) -> None:
    """Raise what is no finding, but a mistake of ours."""
    if isinstance(shown, BaseExceptionGroup):
        for each in shown.exceptions:
            _pass_on(each)
    elif not isinstance(shown, Broken):
        raise shown


def _smallest(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield of each check what it found in the smallest payload."""
    by_check: dict[str, list[Finding]] = {}
    for finding in findings:
        by_check.setdefault(finding.check, []).append(finding)
    for found in by_check.values():
        least = min((finding.payload for finding in found), key=_size)
        yield from (finding for finding in found if finding.payload == least)


def _size(payload: JSON) -> tuple[int, int]:
    return size(payload), len(json.dumps(payload))
