"""Readings are read off a recording: each reading of each question of each service, from what a fake under it said."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mockserver.adapters.comparison import told
from mockserver.adapters.comparison.observation import Observation
from mockserver.adapters.comparison.unseen import UNSEEN, UNSURE
from mockserver.adapters.proxy.archives import Session
from mockserver.contract.catalog import load
from mockserver.fake.core import Fake
from mockserver.har.archive import Archive
from mockserver.settings import Settings
from tests.adapters.comparison.talk import Talk, talk

SERVICES = load().services
QUICK = ("kie", "302ai-web", "piapi", "new-api-videos")
"""The services that are asked in a moment; the others take up to a minute each."""

UNASKED = {"series-slots", "empty-pack", "models-retired=recorded"}
"""What this talk says to no service: it would take hundreds of tasks, or is about what an answer does not show."""


def rounds(service: str) -> list[Mapping[str, str]]:
    """Return choices of readings in which each reading of each question is taken once.

    Where tasks are shown nowhere, little else can be seen: that has a round of its own.
    """
    questions = SERVICES[service].questions
    most = max((len(each.readings) for each in questions.values()), default=0)
    nowhere = {"gateway-query": "none"} if "gateway-query" in questions else {}
    found: list[Mapping[str, str]] = [
        {each.id: [*each.readings][min(n, len(each.readings) - 1)] for each in questions.values()} for n in range(most)
    ]
    shown: list[Mapping[str, str]] = [{**each, **dict.fromkeys(nowhere, "same-path")} for each in found]
    return [*shown, {id: each.default for id, each in questions.items()} | nowhere] if nowhere else found


def of(found: Talk) -> dict[str, Observation]:
    session = Session(found.archive(), Settings(services=(found.service.id,)))
    return {each.question.id: each for each in session.observed()}


def said(service: str, readings: Mapping[str, str]) -> list[tuple[object, ...]]:
    """Return what goes over the wire in a talk."""
    return [
        (each.request.headers, each.request.body, each.response and (each.response.status, each.response.body))
        for each in talk(service, readings).archive().entries
    ]


@pytest.mark.parametrize(
    "service", [pytest.param(id, marks=() if id in QUICK else pytest.mark.torture) for id in SERVICES]
)
def test_a_reading_is_read_off_what_a_fake_under_it_has_said(service: str) -> None:
    """Each that says something else is ruled out, and the one that is true never is."""
    for chosen in rounds(service):
        found, true = of(talk(service, chosen)), said(service, chosen)
        for id, question in SERVICES[service].questions.items():
            observation = found.get(id)
            possible = observation.possible if observation else frozenset(question.readings)
            assert chosen[id] in possible, (id, chosen[id], observation and told.as_json([observation]))
            if id in UNSEEN or f"{id}={chosen[id]}" in UNSURE:
                continue
            left = {reading for reading in possible - {chosen[id]} if said(service, {**chosen, id: reading}) != true}
            assert not left, (id, chosen[id], left)


@pytest.mark.torture
@pytest.mark.parametrize("question", sorted({id for service in SERVICES.values() for id in service.questions}))
def test_some_service_answers_otherwise_under_another_reading(question: str) -> None:
    for service in SERVICES.values():
        if question in service.questions:
            usual = said(service.id, {})
            others = [
                reading
                for reading in service.questions[question].readings
                if reading != service.questions[question].default and f"{question}={reading}" not in UNASKED
            ]
            if all(said(service.id, {question: reading}) != usual for reading in others):
                assert question not in UNASKED or others == []
                return
    assert question in UNASKED


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


def test_comparing_leaves_nothing_in_the_fake_that_said_it() -> None:
    fake = Fake(Settings())
    assert Session(Archive(()), Settings()).observed() == []
    assert len(fake.requests) == 0
