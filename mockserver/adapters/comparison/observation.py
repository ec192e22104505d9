"""Observation: for each open question, which of its readings a recording supports, and which it rules out.

A reading is supported by an exchange if a fake under it answers as was recorded, at the first place at which the
readings make a difference; those under which it answers otherwise there are ruled out. Where none answers so, the
exchange says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce

from mockserver.adapters.comparison.features import ABSENT, Answer, Features
from mockserver.adapters.comparison.prediction import Player, Predicted, recorded_answers
from mockserver.adapters.comparison.recording import Recorded
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
    """

    place: str
    pointer: str
    readings: frozenset[str]
    said: str


@value
class Observation:
    """What a recording says of one question."""

    service: str
    question: Question
    sightings: tuple[Sighting, ...]

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
            predicted: dict[str, Predicted] = {
                reading: usual
                if reading == taken[id]
                else Player(catalog, service, {**taken, id: reading}, things, seen).answers()
                for reading in question.readings
            }
            found[id] = Observation(service.id, question, tuple(_sightings(things, recorded, predicted)))
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
            where, readings, said = found
            yield Sighting(thing.entry.place, where, readings, said)


def _told_apart(came: Answer, predicted: Mapping[str, Answer]) -> tuple[str, frozenset[str], str] | None:
    """Return the first place at which what came fits some of the readings alone, and those that fit everywhere."""
    left, first = frozenset(predicted), None
    if not any(each.outcome == came.outcome for each in predicted.values()):
        return None  # something else was the matter
    for tier in range(len(came.tiers)):
        tiers = {reading: predicted[reading].tiers[tier] for reading in left}
        for where in _differing(tiers):
            said = came.tiers[tier].get(where, ABSENT)
            if said == ABSENT and not _is_around(where, came):
                continue  # an answer of another form has no such field, either
            fitting = frozenset(reading for reading in left if tiers[reading].get(where, ABSENT) == said)
            if fitting and fitting != left:
                first = first or (where, said)
                left = fitting
                tiers = {reading: tiers[reading] for reading in left}
    return None if first is None else (first[0], left, first[1])


def _is_around(where: str, came: Answer) -> bool:
    """Whether an answer has what is around a place."""
    around, slash, _ = where.rpartition("/")
    return not slash or around in came.forms


def _differing(tiers: Mapping[str, Features]) -> list[str]:
    """Return the places at which not all readings predict the same."""
    places = sorted({place for features in tiers.values() for place in features})
    return [where for where in places if len({features.get(where, ABSENT) for features in tiers.values()}) > 1]
