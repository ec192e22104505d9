"""Readings: the open questions of a contract, each with its possible answers.

The documents contradict each other and leave gaps. Each such place is a question with an id. Code that depends on it
asks only ``readings[id]`` of its service. Services may answer the same question differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mockserver.errors import NoSuchQuestion, NoSuchReading
from mockserver.types import JSON, Level

Readings = Mapping[str, str]
"""The reading taken of each question of one service."""

Questions = Mapping[str, "Question"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One possible answer: what it means, and the levels that it gives to rules."""

    id: str
    means: str
    levels: Mapping[str, Level]


@dataclass(frozen=True, slots=True)
class Question:
    """One open question, its readings, and the default one."""

    id: str
    question: str
    default: str
    readings: Mapping[str, Reading]
    confidence: str
    source: str

    @classmethod
    def parse(cls, id: str, data: JSON) -> Question:
        """Read one entry of a ``service.json``."""
        readings = {
            name: Reading(name, reading["means"], MappingProxyType(reading.get("levels", {})))
            for name, reading in data["readings"].items()
        }
        answers = MappingProxyType(readings)
        return cls(id, data["question"], data["default"], answers, data["confidence"], data["source"])


def settled(asked: Mapping[str, Questions], chosen: Mapping[str, str]) -> dict[str, Readings]:
    """Return the readings of each service: what is chosen for it, or for all, or the default.

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
    return {
        service: MappingProxyType(
            {id: chosen.get(f"{service}/{id}", chosen.get(id, question.default)) for id, question in questions.items()}
        )
        for service, questions in asked.items()
    }


def levels(questions: Questions, readings: Readings) -> dict[str, Level]:
    """Return the levels that the readings of a service give to its rules, by the rule's id."""
    return {
        rule: level
        for id, question in questions.items()
        for rule, level in question.readings[readings[id]].levels.items()
    }
