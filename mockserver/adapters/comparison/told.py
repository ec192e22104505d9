"""What is told of observations: lines for people, JSON for programs, and the table for ``mockserver.toml``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mockserver.adapters.comparison.observation import Observation, Sighting
from mockserver.adapters.comparison.unseen import UNSEEN
from mockserver.contract.service import Service
from mockserver.types import JSON

_SHOWN = 3
"""Exchanges that are shown of each question; ``--json`` has all."""

_LETTERS = 100


def lines(found: Sequence[Observation]) -> Iterator[str]:
    """Yield what was found out: a line for each question, and one for each of the first exchanges that show it."""
    for each in found:
        question, name = each.question, f"{each.service}/{each.question.id}"
        if each.is_contradictory:
            yield f"{name}: exchanges contradict each other. {question.question}"
            shown = _one_of_each(each.sightings)
        else:
            meant = " or ".join(
                f"{id} ({question.readings[id].means})" for id in question.readings if id in each.possible
            )
            more = "" if question.default in each.possible else f", not {question.default}, the default"
            yield f"{name}={' or '.join(sorted(each.possible))}: {question.question} {meant}{more}"
            shown = list(each.sightings[:_SHOWN])
        yield from (f"    {_line(sighting, each)}" for sighting in shown)
        if len(each.sightings) > len(shown):
            yield f"    and {len(each.sightings) - len(shown)} more"


def unseen(services: Iterable[Service]) -> Iterator[str]:
    """Yield a line for each question of some services that no traffic settles."""
    asked = {id for service in services for id in service.questions}
    yield from (f"{id} cannot be seen: {why}" for id, why in UNSEEN.items() if id in asked)


def summary(found: Sequence[Observation]) -> str:
    """Say in a line how much of what was open is settled now."""
    settled = [f"{each.question.id}={each.reading}" for each in found if each.reading is not None]
    others = [each.question.id for each in found if each.reading is not None and each.reading != each.question.default]
    against = [each.question.id for each in found if each.is_contradictory]
    told = f"{len(settled)} question{'s' * (len(settled) != 1)} settled"
    told += f" ({', '.join(settled)})" if settled else ""
    told += f"; not the default: {', '.join(others)}" if others else ""
    return told + (f"; contradictory: {', '.join(against)}" if against else "")


def as_json(found: Iterable[Observation]) -> list[JSON]:
    """Return all of it for programs."""
    return [
        {
            "service": each.service,
            "question": each.question.id,
            "reading": each.reading,
            "default": each.question.default,
            "possible": sorted(each.possible),
            "contradictory": each.is_contradictory,
            "seen": [
                {
                    "at": sighting.place,
                    "pointer": sighting.pointer,
                    "said": sighting.said,
                    "supports": sorted(sighting.readings),
                    "rules_out": sorted(each.question.readings.keys() - sighting.readings),
                }
                for sighting in each.sightings
            ],
        }
        for each in found
    ]


def table(found: Iterable[Observation], source: str) -> str:
    """Return the table of a ``mockserver.toml`` that takes the readings that are settled."""
    rows = [
        f'"{each.service}/{each.question.id}" = "{each.reading}"  # {each.sightings[0].place}'
        for each in found
        if each.reading is not None
    ]
    return "\n".join([f"# What {_plain(source)} says of the open questions.", "[readings]", *rows, ""])


def _line(found: Sighting, observed: Observation) -> str:
    out = sorted(observed.question.readings.keys() - found.readings)
    where = f" {found.pointer}" if found.pointer else ""
    said = found.said if len(found.said) <= _LETTERS else f"{found.said[:_LETTERS]}…"
    return f"{found.place}{where}: {said}: supports {', '.join(sorted(found.readings))}, rules out {', '.join(out)}"


def _one_of_each(sightings: Iterable[Sighting]) -> list[Sighting]:
    found: dict[frozenset[str], Sighting] = {}
    for each in sightings:
        found.setdefault(each.readings, each)
    return list(found.values())


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
