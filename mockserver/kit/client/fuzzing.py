"""Fuzzing: a scenario is played with payloads generated from the contract; findings are shown with small ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import chain

import hypothesis
from hypothesis import Phase, Verbosity, given
from hypothesis.strategies import SearchStrategy

from mockserver.contract.catalog import Operation
from mockserver.contract.validation import Validator
from mockserver.errors import MockserverError
from mockserver.kit.client.plan import PlannedScenario
from mockserver.kit.generation.coverage import covering_payloads, with_fewest_fields, with_plain_fields
from mockserver.kit.generation.invalid import InvalidPayloads, NeverAlone
from mockserver.kit.generation.strategies import invalid_payloads, valid_payloads
from mockserver.kit.generation.valid import rule_levels, size
from mockserver.kit.scratch import scratch_folder
from mockserver.kit.verdict import Finding
from mockserver.types import JSON, Payload

_LARGEST_BYTES = 15_000
"""The largest payload that is sent. The kit reads what arrived from the journal, which cuts longer bodies."""

_MOST_SHRINKS = 60
"""How many more payloads are played to find the smallest one that shows the same."""

_MOST_SAMPLES = 200
"""How many samples are played at most: for a contract of long lists, all of them would take too long."""

VALID = "any-payload"
"""The scenario of valid payloads; in the other one, each payload breaks one rule."""

Play = Callable[[Payload], Sequence[Finding] | None]
"""Plays a payload and returns what the checks find; ``None`` if nothing more may be played."""

Drawn = tuple[Payload, str | None]
"""A payload, and the id of the rule that it breaks, if it breaks one."""


class Shown(AssertionError):
    """A payload shows a finding. Each check has a subclass of its own, so that Hypothesis shrinks for each."""


def fuzz(planned: PlannedScenario, play: Play, *, examples: int, seed: int = 0) -> list[Finding]:
    """Play a sample of each field, then ``examples`` drawn payloads; return one small finding for each check.

    Raises what ``play`` raises, if that is a ``MockserverError``.
    """
    plays = _Plays(play)
    plays.allow(_MOST_SAMPLES)
    for payload, rule in filter(_is_sendable, _samples(planned)):
        plays.findings(payload, rule)
    plays.allow(examples + _MOST_SHRINKS)
    _draw(planned, plays, examples, seed)
    plays.allow(_MOST_SHRINKS)
    smallest = [small for finding in plays.smallest() for small in _reduced(planned, plays, finding)]
    if plays.error is not None:
        raise plays.error
    return smallest


class _Plays:
    """The payloads played so far, and what each showed; none is played twice."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._shown: dict[str, list[Finding]] = {}
        self._most = 0
        self._is_over = False
        self.error: MockserverError | None = None

    def allow(self, more: int) -> None:
        """Allow so many more payloads to be played."""
        self._most = len(self._shown) + more

    def findings(self, payload: Payload, rule: str | None) -> list[Finding]:
        """Return what a payload shows, and play it if it is new and there is time."""
        key = json.dumps(payload, sort_keys=True)
        if key not in self._shown and not self._is_over and len(self._shown) < self._most:
            try:
                found = self._play(payload)
            except MockserverError as error:  # raised here, Hypothesis would take it for a finding and shrink it
                self.error, found = error, None
            if found is None:
                self._is_over = True
            else:
                self._shown[key] = [replace(finding, rule=rule) for finding in found]
        return self._shown.get(key, [])

    def checks(self) -> set[str]:
        """Return the checks that have found something."""
        return {finding.check for finding in chain.from_iterable(self._shown.values())}

    def smallest(self) -> list[Finding]:
        """Return one finding of each check, with the smallest payload that shows it."""
        least: dict[str, Finding] = {}
        for finding in chain.from_iterable(self._shown.values()):
            known = least.get(finding.check)
            if known is None or _size(finding.payload) < _size(known.payload):
                least[finding.check] = finding
        return [*least.values()]


def _draw(planned: PlannedScenario, plays: _Plays, examples: int, seed: int) -> None:
    """Play what Hypothesis draws. It does not shrink for checks that a sample fails already: samples are small."""
    failed: Collection[str] = plays.checks()

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        verbosity=Verbosity.quiet,
    )
    @given(_payloads(planned))
    def play(drawn: Drawn) -> None:
        for finding in plays.findings(*drawn):
            if finding.check not in failed:
                raise _shown(finding.check)

    try:
        with scratch_folder():
            play()
    except (Shown, BaseExceptionGroup) as raised:
        _reraise(raised)


def _reduced(planned: PlannedScenario, plays: _Plays, finding: Finding) -> list[Finding]:
    """Return what a check finds in the payload of a finding once all fields are plain or away that can be."""
    is_alike = _alike(planned.operation, finding.rule)

    def found_in(payload: Payload) -> list[Finding]:
        return [each for each in plays.findings(payload, finding.rule) if each.check == finding.check]

    def is_good(payload: Payload) -> bool:
        return is_alike(payload) and bool(found_in(payload))

    plain = with_plain_fields(finding.payload, next(covering_payloads(planned.operation)), is_good)
    return found_in(with_fewest_fields(plain, is_good))


def _samples(planned: PlannedScenario) -> Iterator[Drawn]:
    """Yield a valid payload for each field and value; in the scenario of mistakes, an invalid one for each rule."""
    if planned.scenario.id == VALID:
        callback = planned.service.layout.callback_field
        yield from ((payload, None) for payload in covering_payloads(planned.operation) if callback not in payload)
        return
    source, levels = InvalidPayloads.of(planned.operation), rule_levels(planned.operation, None)
    for rule in source.rules:
        if levels[rule.id] == "error":
            with suppress(NeverAlone):
                yield source.simplest(rule).payload, rule.id


def _payloads(planned: PlannedScenario) -> SearchStrategy[Drawn]:
    """Return valid payloads; in the scenario of mistakes, such as break one rule."""
    if planned.scenario.id != VALID:
        levels = rule_levels(planned.operation, None)
        refused = invalid_payloads(planned.operation).filter(lambda found: levels[found.rule.id] == "error")
        return refused.map(lambda found: (found.payload, found.rule.id)).filter(_is_sendable)
    callback = planned.service.layout.callback_field
    valid = valid_payloads(planned.operation, strict=True)
    return valid.map(lambda payload: (_without(payload, callback), None)).filter(_is_sendable)


def _without(payload: JSON, name: str) -> JSON:
    """Leave out the URL for callbacks: nobody listens there."""
    return {key: value for key, value in payload.items() if key != name} if isinstance(payload, dict) else payload


def _is_sendable(drawn: tuple[JSON, str | None]) -> bool:
    """Tell whether a payload fits into the protocol, which has only objects, and into the journal."""
    return isinstance(drawn[0], dict) and len(json.dumps(drawn[0])) <= _LARGEST_BYTES


@cache
def _shown(check: str) -> type[Shown]:
    return type(check, (Shown,), {})


def _reraise(raised: BaseException) -> None:
    """Raise what is not a finding, but a mistake of ours."""
    if isinstance(raised, BaseExceptionGroup):
        for each in raised.exceptions:
            _reraise(each)
    elif not isinstance(raised, Shown):
        raise raised


def _alike(operation: Operation, rule: str | None) -> Callable[[Payload], bool]:
    """Return a test whether a payload breaks this rule and no other; for ``None``, no rule at all."""
    validator = Validator(operation.schema, operation.rules, rule_levels(operation, None))
    wanted = set() if rule is None else {rule}
    return lambda payload: {violation.rule.id for violation in validator.violations(payload)} == wanted


def _size(payload: JSON) -> tuple[int, int]:
    return size(payload), len(json.dumps(payload))
