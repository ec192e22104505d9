"""Readings: where a question was settled, answers are as the reading has it. An open question gives no finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from mockserver.contract.catalog import load
from mockserver.contract.readings import Question, Shown
from mockserver.kit.checks import Check, Family, NothingToJudge
from mockserver.kit.server.evidence import Attempt, Evidence
from mockserver.kit.server.findings import finding, short
from mockserver.kit.task_view import at
from mockserver.kit.verdict import Finding
from mockserver.types import JSON

READINGS = Family[Evidence, Finding]("readings", "authentication", "task lifecycle", "malformed")

Seen = Iterator[tuple[Attempt, JSON]]
"""Documents that show a reading, and the attempts that got them."""


def _of_question(evidence: Evidence, id: str) -> Iterator[Finding]:
    """Yield where answers do not keep the settled reading of a question."""
    question = evidence.expectations.service.questions.get(id)
    if question is None or question.shown is None:
        raise NothingToJudge("the service has no such question")
    if id not in evidence.expectations.chosen:
        raise NothingToJudge(f"the documents leave this open; choose with --reading {id}=…")
    wanted, is_shown = evidence.expectations.chosen[id], False
    for attempt, document in _documents(evidence, question.shown):
        reading = _reading(document, question, question.shown)
        is_shown = is_shown or reading is not None
        if reading not in (None, wanted):
            means = question.readings[wanted].means
            place = ".".join(map(str, question.shown.at))
            yield finding(attempt, f"{place}: {short(reading)}", documented=f"{wanted}: {means}")
    if not is_shown:
        raise NothingToJudge("no answer shows it")


def _documents(evidence: Evidence, shown: Shown) -> Seen:
    """Yield the documents that a question is about."""
    if shown.by == "task":
        yield from _tasks(evidence, shown)
    elif shown.by == "unmarked-result":
        yield from _unmarked_results(evidence)
    else:
        for attempt in evidence.attempts:
            body = attempt.exchange.received
            is_refusal = isinstance(body, dict) and evidence.expectations.refusal_fields <= body.keys()
            if attempt.is_accepted if shown.by == "success" else (is_refusal and not attempt.is_accepted):
                yield attempt, body


def _tasks(evidence: Evidence, shown: Shown) -> Seen:
    for history in evidence.histories:
        for look in history.looks[1:] if shown.media in (None, history.task.media) else ():
            if look.view.state in shown.states:
                yield look.attempt, look.view.document


def _unmarked_results(evidence: Evidence) -> Seen:
    for history in evidence.histories:
        if history.end is not None and not history.task.watermark:
            yield from ((history.end.attempt, item) for item in history.end.view.results)


def _reading(document: JSON, question: Question, shown: Shown) -> JSON:
    """Return the reading that a document shows, or its value if that is none; ``None`` if it shows nothing."""
    *way, name = shown.at
    holder = at(document, tuple(way))
    if not isinstance(holder, dict) or (way and not holder):
        return None
    if shown.beside is not None and shown.beside not in holder:
        return None
    if name not in holder:
        # An answer of another form has no such field, either; that is for other checks.
        return "absent" if "absent" in question.readings or "present" in question.readings else None
    value = holder[name]
    if isinstance(value, str) and value in question.readings:
        return value
    if value is None or value in ("", {}, []):
        return "null" if value is None else "empty"
    return "present" if "present" in question.readings else short(value)


def _shown_questions() -> Mapping[str, Question]:
    """Return the questions of all services whose reading can be seen in answers, by id."""
    questions = (question for service in load().services.values() for question in service.questions.values())
    return {question.id: question for question in questions if question.shown is not None}


for _id in _shown_questions():
    READINGS.add(
        Check(
            f"reading-{_id}",
            READINGS.name,
            "error",
            f"Answers are as the chosen reading of {_id} says.",
            "A reading is chosen because clients rely on it.",
            "mockserver readings",
            find=partial(_of_question, id=_id),
        )
    )
