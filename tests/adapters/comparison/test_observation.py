"""Readings are read off a recording: each reading of each question of each service, from what a fake under it said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from mockserver.adapters.comparison import told
from mockserver.adapters.comparison.features import HEADERS
from mockserver.adapters.comparison.observation import Observation
from mockserver.adapters.comparison.unseen import UNSEEN, UNSURE
from mockserver.adapters.proxy.archives import Session
from mockserver.contract.catalog import load
from mockserver.contract.vectors import vectors
from mockserver.fake.core import Fake
from mockserver.har.archive import Archive
from mockserver.settings import Settings
from mockserver.types import Response
from tests.adapters.comparison.talk import Talk, talk

SERVICES = load().services
QUICK = ("kie", "302ai-web", "piapi", "new-api-videos")
"""The services that are asked in a moment; the others take up to a minute each."""

HIDING = {"gateway-query": "same-path", "failed-task": None, **dict.fromkeys(UNSEEN)}
"""Questions one of whose readings hides others: where no task is shown, hardly anything can be told. Each with the
reading that shows them, unless that is the default."""

SEEN = sorted({id for service in SERVICES.values() for id in service.questions} - UNSEEN.keys())

UNTOLD = {"models-retired=recorded"}
"""Readings under which everything is said as under another one."""


@dataclass(frozen=True)
class Round:
    """Readings that a fake has, and the questions of which each reading that says something else must be ruled out."""

    chosen: Mapping[str, str]
    asked: frozenset[str]


def rounds(service: str) -> Iterator[Round]:
    """Yield rounds in which each reading of each question is taken once, and those that hide others in one alone."""
    questions = SERVICES[service].questions
    showing = {id: HIDING[id] or questions[id].default for id in HIDING if id in questions}
    most = max((len(each.readings) for each in questions.values()), default=0)
    for n in range(most):
        chosen = {each.id: [*each.readings][min(n, len(each.readings) - 1)] for each in questions.values()}
        yield Round({**chosen, **showing}, frozenset(questions))
    hidden = {id: next(each for each in questions[id].readings if each != reading) for id, reading in showing.items()}
    if hidden:
        yield Round({id: each.default for id, each in questions.items()} | hidden, frozenset(hidden))


def of(found: Talk) -> dict[str, Observation]:
    session = Session(found.archive(), Settings(services=(found.service.id,)))
    return {each.question.id: each for each in session.observed()}


def said(service: str, readings: Mapping[str, str]) -> list[tuple[object, ...]]:
    """Return what goes over the wire in a talk."""
    return [
        (
            each.request.headers,
            each.request.body,
            each.response and (each.response.status, each.response.body, told_by(each.response)),
        )
        for each in talk(service, readings).archive().entries
    ]


def told_by(response: Response) -> dict[str, str]:
    return {name: text for name, text in response.headers.items() if name in HEADERS}


@pytest.mark.parametrize(
    "service", [pytest.param(id, marks=() if id in QUICK else pytest.mark.torture) for id in SERVICES]
)
def test_a_reading_is_read_off_what_a_fake_under_it_has_said(service: str) -> None:
    """Each that says something else is ruled out, and the one that is true never is."""
    for this in rounds(service):
        found, true = of(talk(service, this.chosen)), said(service, this.chosen)
        for id, question in SERVICES[service].questions.items():
            reading, observation = this.chosen[id], found.get(id)
            possible = observation.possible if observation else frozenset(question.readings)
            assert reading in possible, (id, reading, observation and told.as_json([observation]))
            if id in UNSEEN or id not in this.asked or f"{id}={reading}" in UNSURE:
                continue
            others = possible - {reading}
            left = {other for other in others if said(service, {**this.chosen, id: other}) != true}
            assert not left, (id, reading, left)


@pytest.mark.torture
@pytest.mark.parametrize(
    "question", sorted({id for each in SERVICES.values() for id in each.questions} - UNSEEN.keys())
)
def test_some_service_answers_otherwise_under_another_reading(question: str) -> None:
    for service in SERVICES.values():
        if question not in service.questions:
            continue
        asked, usual = service.questions[question], said(service.id, {})
        others = [reading for reading in asked.readings if reading != asked.default]
        if all(said(service.id, {question: each}) != usual for each in others if f"{question}={each}" not in UNTOLD):
            return
    raise AssertionError(question)


def test_what_cannot_be_seen_is_a_question_of_some_service() -> None:
    known = {id: question for service in SERVICES.values() for id, question in service.questions.items()}
    assert {*UNSEEN} <= known.keys()
    assert all(reading in known[id].readings for id, _, reading in (each.partition("=") for each in UNSURE))


def test_exchanges_that_contradict_each_other_settle_nothing() -> None:
    one, other = Talk("kling", {"missing-task": "400-1201"}), Talk("kling", {"missing-task": "404-1203"})
    for each in (one, other):
        each.send("GET", "/v1/images/omni-image/123456789012345678")
    both = Archive((*one.archive().entries, *other.archive().entries))
    (found,) = [each for each in Session(both, Settings()).observed() if each.question.id == "missing-task"]
    assert found.is_contradictory
    assert found.reading is None
    lines = [*told.lines([found])]
    assert "contradict each other" in lines[0]
    assert {line.partition("supports ")[2].partition(",")[0] for line in lines[1:3]} == {"400-1201", "404-1203"}
    assert "missing-task" not in told.table([found], "both.har")


def test_what_says_nothing_of_a_question_is_not_told() -> None:
    quiet = Talk("kling", {})
    quiet.send("GET", "/v1/images/omni-image/1", headers={"host": "localhost"})
    found = of(quiet)
    assert "missing-task" not in found
    assert "list-order" not in found


def test_a_refusal_for_another_reason_is_no_evidence() -> None:
    busy = Talk("kling", {"missing-task": "404-1203"}, faults=("1303 x1",))
    busy.send("GET", "/v1/images/omni-image/123456789012345678")
    assert "missing-task" not in of(busy)


def test_a_refusal_of_the_same_status_and_code_in_other_words_is_no_evidence() -> None:
    """At this gateway all refusals have one status and one code."""
    poor = Talk("new-api", {}, faults=("1102 x1",))
    create = SERVICES["new-api"].operations["new-api/omni-video.create"]
    rule = next(each for each in create.rules if each.id == "o1-five-or-ten-seconds")
    answer = poor.tell(create, vectors(rule, create.schema)[1][0])
    assert b"Account balance not enough" in answer.body
    assert "o1-duration" not in of(poor)


def test_comparing_leaves_nothing_in_the_fake_that_said_it() -> None:
    fake = Fake(Settings())
    assert Session(Archive(()), Settings()).observed() == []
    assert len(fake.requests) == 0
