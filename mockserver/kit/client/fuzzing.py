"""Fuzzing: a scenario is played with payloads generated from the contract; findings are shown with small ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from itertools import chain
from typing import Any

import hypothesis
from hypothesis import Phase, Verbosity, given
from hypothesis.strategies import SearchStrategy

from mockserver.errors import MockserverError
from mockserver.kit.client.plan import PlannedScenario, breaking
from mockserver.kit.generation.coverage import covering_payloads, with_fewest_fields, with_plain_fields
from mockserver.kit.generation.invalid import InvalidPayloads, NeverAlone
from mockserver.kit.generation.strategies import invalid_payloads, valid_payloads
from mockserver.kit.generation.valid import rule_levels, size
from mockserver.kit.scratch import scratch_folder
from mockserver.kit.verdict import Finding
from mockserver.secrecy.mask import Mask
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

Each = Callable[[Callable[[Drawn], object], Iterable[Drawn]], None]
"""Calls something for each of some payloads, perhaps for several at once."""


def one_by_one(do: Callable[[Drawn], object], drawn: Iterable[Drawn]) -> None:
    """Call something for one payload after the other."""
    for each in drawn:
        do(each)


class Shown(AssertionError):
    """A payload shows a finding. Each check has a subclass of its own, so that Hypothesis shrinks for each."""


class _Over(BaseException):
    """Nothing more may be played. Hypothesis lets it pass: it is no ``Exception``."""


def fuzz(
    planned: PlannedScenario, play: Play, *, examples: int, seed: int = 0, each: Each = one_by_one
) -> list[Finding]:
    """Play a sample of each field, then ``examples`` drawn payloads; return one small finding for each check.

    ``each`` plays the samples. Raises what ``play`` raises, if that is a ``MockserverError``.
    """
    plays = _Plays(play)
    plays.allow(_MOST_SAMPLES)
    each(lambda drawn: plays.findings(*drawn), _sendable(planned, plays))
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
        self._asked: set[str] = set()
        self._most = 0
        self._lock = threading.Lock()
        self.is_over = False
        self.error: MockserverError | None = None

    def allow(self, more: int) -> None:
        """Allow so many more payloads to be played."""
        self._most = len(self._asked) + more

    def findings(self, payload: Payload, rule: str | None) -> list[Finding]:
        """Return what a payload shows, and play it if it is new and there is time."""
        key = json.dumps(payload, sort_keys=True)
        with self._lock:
            is_new = key not in self._asked and not self.is_over and len(self._asked) < self._most
            self._asked |= {key} if is_new else set()
        if is_new:
            try:
                found = self._play(payload)
            except MockserverError as error:  # raised here, Hypothesis would take it for a finding and shrink it
                self.error, found = error, None
            if found is None:
                self.is_over = True
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
            if known is None or size_of(finding.payload) < size_of(known.payload):
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
        if plays.is_over:
            raise _Over
        for finding in plays.findings(*drawn):
            if finding.check not in failed:
                raise _shown(finding.check)

    try:
        with scratch_folder(), suppress(_Over):
            play()
    except (Shown, BaseExceptionGroup) as raised:
        _reraise(raised)


def _reduced(planned: PlannedScenario, plays: _Plays, finding: Finding) -> list[Finding]:
    """Return what a check finds in the payload of a finding once all fields are plain or away that can be."""
    is_alike = breaking(planned.operation, finding.rule)

    def found_in(payload: Payload) -> list[Finding]:
        return [each for each in plays.findings(payload, finding.rule) if each.check == finding.check]

    def is_good(payload: Payload) -> bool:
        return is_alike(payload) and bool(found_in(payload))

    plainest = planned.sendable(next(covering_payloads(planned.operation))) or {}
    plain = with_plain_fields(finding.payload, plainest, is_good)
    return found_in(with_fewest_fields(plain, is_good))


def _sendable(planned: PlannedScenario, plays: _Plays) -> Iterator[Drawn]:
    """Yield the samples, as far as they can be sent and there is time."""
    for drawn in _samples(planned):
        if plays.is_over:
            return
        if (sent := _sent(planned, drawn)) is not None:
            yield sent


def _samples(planned: PlannedScenario) -> Iterator[Drawn]:
    """Yield a valid payload for each field and value; in the scenario of mistakes, an invalid one for each rule."""
    if planned.scenario.id == VALID:
        yield from (
            (each, None)
            for each in covering_payloads(planned.operation)
            if planned.service.layout.unheard(each) == each
        )
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
        return _all_sent(planned, refused.map(lambda found: (found.payload, found.rule.id)))
    valid = valid_payloads(planned.operation, strict=True)
    return _all_sent(planned, valid.map(lambda payload: (planned.service.layout.unheard(payload), None)))


def _all_sent(planned: PlannedScenario, drawn: SearchStrategy[Any]) -> SearchStrategy[Drawn]:
    """Return what is drawn as it is sent, without what cannot be."""
    sent: SearchStrategy[Any] = drawn.map(partial(_sent, planned))
    return sent.filter(lambda each: each is not None)


def _sent(planned: PlannedScenario, drawn: tuple[JSON, str | None]) -> Drawn | None:
    """Return a payload as it is sent; ``None`` if it fits neither into the protocol, which has only objects, nor into
    the journal, which masks secrets, or if the client cannot keep its numbers.
    """
    payload, rule = drawn
    if not isinstance(payload, dict) or len(json.dumps(payload)) > _LARGEST_BYTES or Mask().json(payload) != payload:
        return None
    sent = planned.sendable(payload, rule)
    return (sent, rule) if sent is not None else None


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


def size_of(payload: JSON) -> tuple[int, int, str]:
    """Return what is less for a smaller payload, and never the same for two."""
    text = json.dumps(payload, sort_keys=True)
    return size(payload), len(text), text
