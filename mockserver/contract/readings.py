"""Readings: the open questions of a contract, each with its possible answers.

The documents contradict each other and leave gaps. Each such place is a question with an id. Code that depends on it
asks only ``readings[id]`` of its service. Services may answer the same question differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Self

from mockserver.contract.layout import STATES, path
from mockserver.errors import NoSuchQuestion, NoSuchReading
from mockserver.types import JSON, Lazy, Level, Millis, Path, value

Readings = Mapping[str, str]
"""The reading taken of each question of one service."""

Questions = Mapping[str, "Question"]


@value
class Reading:
    """One possible answer: what it means, and the levels that it gives to rules and the defaults to fields.

    * ``pauses``: where it is about failed callbacks, how long until each further attempt
    * ``fills``: by the name of an operation, the fields that count as sent where they are not
    """

    id: str
    means: str
    levels: Mapping[str, Level]
    defaults: Mapping[str, JSON] = field(default_factory=lambda: MappingProxyType({}))
    pauses: tuple[Millis, ...] = ()
    fills: Mapping[str, Mapping[str, JSON]] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def parse(cls, id: str, data: JSON) -> Self:
        """Read one of the ``readings`` of a question."""
        pauses = tuple(1000 * seconds for seconds in data.get("pauses", ()))
        levels, defaults = (MappingProxyType(data.get(name, {})) for name in ("levels", "defaults"))
        return cls(id, data["means"], levels, defaults, pauses, MappingProxyType(data.get("fills", {})))


@value
class Shown:
    """Where answers show which reading a server has.

    * ``by``: ``task`` for tasks in answers to queries, ``unmarked-result`` for results of tasks without watermarks,
      ``success`` and ``refusal`` for all answers that are one
    * ``at``: the place in it; it counts only where the field ``beside`` is beside it, if one is named
    * ``states`` and ``media``: the tasks that count; ``None`` is any medium
    """

    by: str
    at: Path
    beside: str | None
    states: frozenset[str]
    media: str | None

    @classmethod
    def parse(cls, data: JSON) -> Self:
        """Read the ``shown`` of a question."""
        states = frozenset(data.get("states", STATES))
        return cls(data["by"], path(data["at"]), data.get("beside"), states, data.get("media"))


@value
class Question:
    """One open question, its readings, and the default one.

    ``shown`` says where answers show which one a server has; ``None`` if they do not, or only by what it does.
    """

    id: str
    question: str
    default: str
    readings: Mapping[str, Reading]
    confidence: str
    source: str
    shown: Shown | None = None

    @classmethod
    def parse(cls, id: str, data: JSON) -> Question:
        """Read one entry of a ``service.json``."""
        readings = {name: Reading.parse(name, reading) for name, reading in data["readings"].items()}
        answers = MappingProxyType(readings)
        shown = Shown.parse(data["shown"]) if "shown" in data else None
        return cls(id, data["question"], data["default"], answers, data["confidence"], data["source"], shown)


def settled(asked: Mapping[str, Questions], chosen: Mapping[str, str]) -> Mapping[str, Readings]:
    """Return the readings of each service: what is chosen for it, or for all, or the default.

    Where nothing is chosen, the questions of a service are looked at when its readings are asked for.

    ``asked`` holds the questions by service; a key of ``chosen`` is ``question`` or ``service/question``.
    Raises ``NoSuchQuestion`` or ``NoSuchReading`` for a name that none of the services has.
    """
    for key, reading in chosen.items():
        service, slash, id = key.rpartition("/")
        askers = [questions for name, questions in asked.items() if service in ("", name) and id in questions]
        if not askers:
            raise NoSuchQuestion(
                key,
                sorted({name + slash + id if slash else id for name, questions in asked.items() for id in questions}),
            )
        known = {answer for questions in askers for answer in questions[id].readings}
        if reading not in known:
            raise NoSuchReading(f"{key}={reading}", [f"{key}={answer}" for answer in sorted(known)])

    def readings(service: str) -> Readings:
        return MappingProxyType(
            {
                id: chosen.get(f"{service}/{id}", chosen.get(id, question.default))
                for id, question in asked[service].items()
            }
        )

    return Lazy(asked.keys, readings)


def levels(questions: Questions, readings: Readings) -> dict[str, Level]:
    """Return the levels that the readings of a service give to its rules, by the rule's id."""
    return {
        rule: level
        for id, question in questions.items()
        for rule, level in question.readings[readings[id]].levels.items()
    }


def defaults(questions: Questions, readings: Readings) -> dict[str, JSON]:
    """Return the defaults of fields that the readings of a service give instead of the schema."""
    return {
        name: value
        for id, question in questions.items()
        for name, value in question.readings[readings[id]].defaults.items()
    }


def filled_in(questions: Questions, readings: Readings, operation: str) -> dict[str, JSON]:
    """Return the fields that the readings of a service let count as sent to an operation where they are not."""
    return {
        name: value
        for id, question in questions.items()
        for name, value in question.readings[readings[id]].fills.get(operation, {}).items()
    }


def deciding(rule: str, questions: Questions, readings: Readings) -> str | None:
    """Return the reading that gives a rule its level, ``question=reading``; ``None`` if the rule has its own."""
    deciders = [id for id, each in questions.items() if rule in each.readings[readings[id]].levels]
    return f"{deciders[-1]}={readings[deciders[-1]]}" if deciders else None  # as in ``levels``, the last one counts


def why_off(rule: str, questions: Questions, readings: Readings) -> str:
    """Say which reading has turned a rule off, and which other ones to choose for it to count."""
    for id, question in questions.items():
        levels_by_reading = {name: reading.levels.get(rule) for name, reading in question.readings.items()}
        waking = [name for name, level in levels_by_reading.items() if level not in (None, "off")]
        if waking and readings[id] not in waking:
            chosen = " or ".join(f"--reading {id}={name}" for name in waking)
            return f"is off under reading {id}={readings[id]}; choose {chosen}"
    return "is off under every reading"
