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

ALIKE = {"models-retired": frozenset({"taken", "recorded"}), "several-accounts": frozenset({"one", "balanced"})}
"""Readings that lead to the same traffic: what is recorded, and by whom a job is done, is not in it."""

NEEDS = {
    **dict.fromkeys(("jwt-lifetime", "jwt-nbf"), "a service that takes signed tokens"),
    **dict.fromkeys(("resource-packs", "costs-rate", "pack-lag"), "a query for costs"),
    **dict.fromkeys(("list-order", "page-range", "external-id-query"), "a list"),
    **dict.fromkeys(("missing-task", "external-id-again", "id-precedence", "expired-result"), "a query for a task"),
    **dict.fromkeys(("result-type", "images-beside-series", "watermark-off", "balance-deduction"), "images of its own"),
    **dict.fromkeys(("unknown-element", "unknown-voice", "missing-video", "deleted-data"), "a request that names one"),
    **dict.fromkeys(("media-fault", "filters-together", "generations-model", "type-text"), "a request that asks it"),
    **dict.fromkeys(("unknown-email", "stop-answer", "asset-too-large", "account-removed"), "a request of its own"),
    "callback-result": "a callback with what its page does not show",
    "error-data": "a refusal that shows what is beside its code",
    **dict.fromkeys(("failed-task", "eta-unit"), "a task that has failed, or runs, while others look"),
}
"""What a service, or this talk, must have for a question to be asked; without it, a recording says nothing of it."""


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


@pytest.mark.parametrize(
    "service", [pytest.param(id, marks=() if id in QUICK else pytest.mark.torture) for id in SERVICES]
)
def test_a_reading_is_read_off_what_a_fake_under_it_has_said(service: str) -> None:
    seen = set[str]()
    for chosen in rounds(service):
        found = of(talk(service, chosen))
        for id, observation in found.items():
            assert not observation.is_contradictory, (id, chosen[id], told.as_json([observation]))
            alike = ALIKE.get(id, frozenset({chosen[id]}))
            assert chosen[id] in observation.possible, (id, chosen[id])
            if observation.possible <= alike | {chosen[id]}:
                seen.add(f"{id}={chosen[id]}")
    missed = {f"{id}={each}" for chosen in rounds(service) for id, each in chosen.items()} - seen
    unexplained = {each for each in missed if each.partition("=")[0] not in {**UNSEEN, **NEEDS} and each not in UNSURE}
    assert {each.partition("=")[0] for each in unexplained} <= {"callback-retries"}, unexplained


def test_what_cannot_be_seen_is_a_question_of_some_service() -> None:
    known = {id: question for service in SERVICES.values() for id, question in service.questions.items()}
    assert {*UNSEEN, *NEEDS, *ALIKE} <= known.keys()
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
