"""Improvisation: a scene is played with payloads that Hypothesis draws from the contract, and shrinks if they tell."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import chain

from hypothesis import Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.strategies import SearchStrategy

from mockserver.contract.catalog import Operation
from mockserver.contract.validation import Validator
from mockserver.errors import MockserverError
from mockserver.kit.client.plan import Cast
from mockserver.kit.client.session import Audition
from mockserver.kit.generation.coverage import covering_payloads, with_fewest_fields
from mockserver.kit.generation.invalid import InvalidPayloads, NeverAlone
from mockserver.kit.generation.strategies import invalid_payloads, valid_payloads
from mockserver.kit.generation.valid import rule_levels, size
from mockserver.kit.verdict import Finding
from mockserver.types import JSON, Payload

_LARGEST = 15_000
"""Bytes of a payload; the journal, in which the judge reads what arrived, keeps no more than a few times as many."""

_SHRINKS = 60
"""So many more payloads are played to find the smallest one that tells the same."""

_SAMPLES = 200
"""As many samples are played at most: a contract of long lists would take too long."""

VALID = "any-payload"
"""The scene of valid payloads; in the other one each breaks a rule."""

Drawn = tuple[dict[str, JSON], str | None]
"""A payload, and the rule that it breaks, if it breaks one."""


class Broken(AssertionError):
    """A payload that shows a finding; each check has a subclass of its own, so that Hypothesis shrinks for each."""


def improvise(audition: Audition, each: Cast, *, examples: int, seed: int = 0) -> None:
    """Play a cast with a sample of each field, and with so many payloads more; keep what the smallest of them show.

    Raises ``MockserverError`` where there is no stage any more.
    """
    if audition.end is None:
        audition.told(each)
        _Improvisation(audition, each, examples).play(seed)
    else:
        audition.unplayed.append(each)


class _Improvisation:
    def __init__(self, audition: Audition, each: Cast, examples: int) -> None:
        self._audition, self._cast, self._examples = audition, each, examples
        self._heard: dict[str, list[Finding]] = {}
        self._room = 0
        self._trouble: MockserverError | None = None

    def play(self, seed: int) -> None:
        self._room = _SAMPLES
        for drawn in filter(_is_sendable, _samples(self._cast)):
            self._findings(*drawn)
        self._room = len(self._heard) + self._examples + _SHRINKS
        self._draw(seed, {finding.check for finding in chain.from_iterable(self._heard.values())})
        self._room = len(self._heard) + _SHRINKS
        self._audition.keep([found for finding in self._smallest() for found in self._fewest(finding)])
        if self._trouble is not None:
            raise self._trouble

    def _findings(self, payload: Payload, rule: str | None) -> list[Finding]:
        """Play a payload, unless it was played before, and return what it shows."""
        key = json.dumps(payload, sort_keys=True)
        is_over = self._trouble is not None or self._audition.end is not None or len(self._heard) >= self._room
        if key not in self._heard and not is_over:
            try:
                found = self._audition.heard(self._cast, payload)
            except MockserverError as error:  # no finding, and nothing to shrink
                self._trouble = error
                return []
            self._heard[key] = [replace(finding, rule=rule) for finding in found]
        return self._heard.get(key, [])

    def _draw(self, seed: int, shown: Collection[str]) -> None:
        """Play what Hypothesis draws; what a sample has ``shown`` is as small as it can be."""

        @seeded(seed)
        @settings(
            max_examples=self._examples,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            verbosity=Verbosity.quiet,
        )
        @given(_payloads(self._cast))
        def tell(drawn: Drawn) -> None:
            for finding in self._findings(*drawn):
                if finding.check not in shown:
                    raise _broken(finding.check)

        try:
            tell()
        except (Broken, BaseExceptionGroup) as raised:
            _pass_on(raised)

    def _smallest(self) -> list[Finding]:
        """Return one finding of each check, with the smallest payload that shows it."""
        least: dict[str, Finding] = {}
        for finding in chain.from_iterable(self._heard.values()):
            known = least.get(finding.check)
            if known is None or _size(finding.payload) < _size(known.payload):
                least[finding.check] = finding
        return [*least.values()]

    def _fewest(self, finding: Finding) -> list[Finding]:
        """Return what a check finds in the payload of a finding once all fields are away that can be."""
        is_alike = _alike(self._cast.operation, finding.rule)

        def shows(payload: Payload) -> bool:
            return is_alike(payload) and any(
                each.check == finding.check for each in self._findings(payload, finding.rule)
            )

        payload = with_fewest_fields(finding.payload, shows)
        return [each for each in self._findings(payload, finding.rule) if each.check == finding.check]


def _samples(each: Cast) -> Iterator[Drawn]:
    """Yield valid payloads with each field, or in the scene of mistakes one for each rule that they can break."""
    if each.scene.id == VALID:
        callback = each.service.layout.callback_field
        yield from ((payload, None) for payload in covering_payloads(each.operation) if callback not in payload)
        return
    source, levels = InvalidPayloads.of(each.operation), rule_levels(each.operation, None)
    for rule in source.rules:
        if levels[rule.id] == "error":
            with suppress(NeverAlone):
                yield source.simplest(rule).payload, rule.id


def _payloads(each: Cast) -> SearchStrategy[Drawn]:
    """Return valid payloads, or in the scene of mistakes such as break one rule."""
    callback = each.service.layout.callback_field
    if each.scene.id != VALID:
        levels = rule_levels(each.operation, None)
        refused = invalid_payloads(each.operation).filter(lambda found: levels[found.rule.id] == "error")
        return refused.map(lambda found: (found.payload, found.rule.id)).filter(_is_sendable)
    valid = valid_payloads(each.operation, strict=True)
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


def _pass_on(raised: BaseException) -> None:
    """Raise what is no finding, but a mistake of ours."""
    if isinstance(raised, BaseExceptionGroup):
        for each in raised.exceptions:
            _pass_on(each)
    elif not isinstance(raised, Broken):
        raise raised


def _alike(operation: Operation, rule: str | None) -> Callable[[Payload], bool]:
    """Return a test whether a payload breaks this rule alone, or none."""
    judge = Validator(operation.schema, operation.rules, rule_levels(operation, None))
    wanted = set() if rule is None else {rule}
    return lambda payload: {violation.rule.id for violation in judge.violations(payload)} == wanted


def _size(payload: JSON) -> tuple[int, int]:
    return size(payload), len(json.dumps(payload))
