"""Observation: for each open question, which of its readings a recording supports, and which it rules out.

A reading is supported by an exchange if a fake under it answers as was recorded, at the first place at which the
readings make a difference; those under which it answers otherwise there are ruled out. Where none answers so, the
exchange says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Self

from mockserver.adapters.comparison.features import ABSENT, Answer, Features
from mockserver.adapters.comparison.prediction import Player, Predicted, recorded_answers
from mockserver.adapters.comparison.recording import Recorded
from mockserver.adapters.comparison.unseen import UNSEEN
from mockserver.contract.catalog import Catalog
from mockserver.contract.readings import Question
from mockserver.contract.service import Service
from mockserver.types import value

_MOST_ROUNDS = 3
"""How often the questions are asked again under the readings that others have been found to have."""


@value
class Sighting:
    """An exchange that tells readings apart.

    * ``place`` and ``pointer``: the exchange in its file, and where in the answer they differ
    * ``readings``: those that it supports; all others are ruled out
    * ``said``: what stood there
    * ``tier``: how direct it is: 0 for what came of a request, 1 for which fields there are, 2 for what is in them
    """

    place: str
    pointer: str
    readings: frozenset[str]
    said: str
    tier: int = 0


@value
class Observation:
    """What a recording says of one question, by its most direct sightings: what else differs may follow from those."""

    service: str
    question: Question
    sightings: tuple[Sighting, ...]

    @classmethod
    def of(cls, service: str, question: Question, sightings: Sequence[Sighting]) -> Self:
        """Keep the sightings of the most direct kind."""
        best = min((each.tier for each in sightings), default=0)
        return cls(service, question, tuple(each for each in sightings if each.tier == best))

    @property
    def possible(self) -> frozenset[str]:
        """The readings that no exchange rules out; none if exchanges contradict each other."""
        everything = frozenset(self.question.readings)
        return reduce(frozenset.intersection, (each.readings for each in self.sightings), everything)

    @property
    def reading(self) -> str | None:
        """The reading that it settles; ``None`` if it leaves more than one, or contradicts itself."""
        return next(iter(self.possible)) if len(self.possible) == 1 else None

    @property
    def is_contradictory(self) -> bool:
        """Whether its exchanges contradict each other."""
        return not self.possible


def observed(catalog: Catalog, service: Service, things: Sequence[Recorded]) -> tuple[Observation, ...]:
    """Return what a recording says of each open question of a service; nothing of those that it does not touch."""
    recorded = recorded_answers(service, things)
    taken = {id: question.default for id, question in service.questions.items()}
    seen: dict[tuple[object, ...], Answer] = {}
    found: dict[str, Observation] = {}
    for _ in range(_MOST_ROUNDS):
        usual = Player(catalog, service, taken, things, seen).answers()
        for id, question in service.questions.items():
            if id in UNSEEN:
                continue
            predicted: dict[str, Predicted] = {
                reading: usual
                if reading == taken[id]
                else Player(catalog, service, {**taken, id: reading}, things, seen).answers()
                for reading in question.readings
            }
            found[id] = Observation.of(service.id, question, [*_sightings(things, recorded, predicted)])
        settled = {id: each.reading for id, each in found.items() if each.reading is not None}
        if all(taken[id] == reading for id, reading in settled.items()):
            break
        taken |= settled
    return tuple(each for each in found.values() if each.sightings)


def _sightings(
    things: Sequence[Recorded], recorded: Predicted, predicted: Mapping[str, Predicted]
) -> Iterator[Sighting]:
    """Yield the exchanges that tell the readings of a question apart."""
    for place, (thing, came) in enumerate(zip(things, recorded, strict=True)):
        answers = {reading: each[place] for reading, each in predicted.items()}
        known = {reading: each for reading, each in answers.items() if each is not None}
        if came is None or len(known) < len(predicted):
            continue
        found = _told_apart(came, known)
        if found is not None:
            where, readings, said, tier = found
            yield Sighting(thing.entry.place, where, readings, said, tier)


def _told_apart(came: Answer, predicted: Mapping[str, Answer]) -> tuple[str, frozenset[str], str, int] | None:
    """Return the first place at which what came fits some of the readings alone, and those that fit everywhere."""
    left, first = frozenset(predicted), None
    if not any(each.outcome == came.outcome for each in predicted.values()):
        return None  # something else was the matter
    if came.sentence is not None and all(each.sentence != came.sentence for each in predicted.values()):
        return None  # as well, with the same status and code
    for tier in range(len(came.tiers)):
        tiers = {reading: predicted[reading].tiers[tier] for reading in left}
        for where in _differing(tiers):
            said = came.tiers[tier].get(where, ABSENT)
            if not _is_comparable(where, came, predicted[next(iter(left))], is_absent=said == ABSENT):
                continue
            fitting = frozenset(reading for reading in left if tiers[reading].get(where, ABSENT) == said)
            if fitting and fitting != left:
                first = first or (where, said, tier)
                left = fitting
                tiers = {reading: tiers[reading] for reading in left}
    return None if first is None else (first[0], left, first[1], first[2])


def _is_comparable(where: str, came: Answer, other: Answer, *, is_absent: bool) -> bool:
    """Whether what stands at a place says something.

    An answer of another form lacks the field, too; and in a list with another number of items its place is another one.
    """
    around, slash, _ = where.rpartition("/")
    if is_absent and slash and around not in came.forms:
        return False
    steps = where.split("/")
    lists = ["/".join(steps[:depth]) for depth, step in enumerate(steps) if step.isdigit()]
    return all(came.counts.get(each) == other.counts.get(each) for each in lists)


def _differing(tiers: Mapping[str, Features]) -> list[str]:
    """Return the places at which not all readings predict the same."""
    places = sorted({place for features in tiers.values() for place in features})
    return [where for where in places if len({features.get(where, ABSENT) for features in tiers.values()}) > 1]
