"""Readings: every open question has its answers, a choice is heard, and a choice that cannot be meant is named."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.readings import Question, levels, settled
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation, Service
from mockserver.contract.validation import Validator
from mockserver.contract.vectors import vectors
from mockserver.errors import NoSuchReading
from mockserver.fake import core
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from mockserver.types import Request

SERVICES = load().services
QUESTIONS = [
    pytest.param(service, question, id=f"{service.id}:{question.id}")
    for service in SERVICES.values()
    for question in service.questions.values()
]


def question(id: str, *answers: str) -> Question:
    readings = {answer: {"means": "so"} for answer in answers}
    data = {"question": "?", "default": answers[0], "readings": readings, "confidence": "unknown", "source": "kling 9"}
    return Question.parse(id, data)


ASKED = {
    "one": {"missing": question("missing", "400", "404"), "sound": question("sound", "on", "off")},
    "two": {"missing": question("missing", "404", "410")},
}


def test_nothing_chosen_means_the_defaults() -> None:
    assert settled(ASKED, {}) == {"one": {"missing": "400", "sound": "on"}, "two": {"missing": "404"}}


def test_a_choice_is_heard_by_every_service_that_asks() -> None:
    assert settled(ASKED, {"missing": "404", "sound": "off"}) == {
        "one": {"missing": "404", "sound": "off"},
        "two": {"missing": "404"},
    }


def test_a_choice_for_one_service_goes_before_one_for_all() -> None:
    assert settled(ASKED, {"missing": "404", "one/missing": "400"})["one"]["missing"] == "400"
    assert settled(ASKED, {"two/missing": "410"}) == {
        "one": {"missing": "400", "sound": "on"},
        "two": {"missing": "410"},
    }


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ({"mising": "404"}, "no question 'mising'; did you mean 'missing'?"),
        ({"missing": "405"}, "no reading 'missing=405'; did you mean"),
        ({"two/missing": "400"}, "no reading 'two/missing=400'; did you mean"),
        ({"two/sound": "on"}, "no question 'two/sound'; did you mean 'two/missing' or 'one/sound'?"),
        ({"three/missing": "400"}, "no question 'three/missing'; did you mean 'two/missing' or 'one/missing'?"),
    ],
)
def test_a_choice_that_does_not_exist_is_named(chosen: dict[str, str], text: str) -> None:
    with pytest.raises(NoSuchReading) as caught:
        settled(ASKED, chosen)
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(("service", "question"), QUESTIONS)
def test_a_question_is_asked_in_words_with_a_default_and_a_source(service: Service, question: Question) -> None:
    assert question.question.rstrip().endswith(("?", "."))
    assert question.default in question.readings
    assert len(question.readings) > 1
    assert all(reading.means for reading in question.readings.values())
    assert question.source
    assert service.questions[question.id] is question


def asked_in_code() -> str:
    """Return the source of all of the fake: a question without levels must be asked there."""
    return "\n".join(path.read_text(encoding="utf-8") for path in Path(core.__file__).parent.rglob("*.py"))


def test_no_question_is_asked_in_vain() -> None:
    """Each gives levels to rules, decides whether an operation exists, or is asked by name in the code or the data."""
    source = asked_in_code()
    for service in SERVICES.values():
        for id, question in service.questions.items():
            has_levels = any(reading.levels for reading in question.readings.values())
            decides = any(id in operation.when for operation in service.operations.values())
            is_of_library = any(id == library.unknown for library in service.libraries.values())
            fills = {f"{service.id}/{name}" for reading in question.readings.values() for name in reading.fills}
            assert fills <= service.operations.keys(), f"{service.id}/{id}"
            is_filled_in = f"reading.{id}" in str(dict(service.templates))
            is_asked = has_levels or decides or is_of_library or fills or is_filled_in or f'"{id}"' in source
            assert is_asked, f"{service.id}/{id}"


def levelled() -> Iterator[object]:
    """Yield each reading of each service that gives a level to a rule of that service."""
    for service in SERVICES.values():
        for operation in service.operations.values():
            rules = {rule.id: rule for rule in operation.rules}
            for question in service.questions.values():
                for reading in question.readings.values():
                    for id in (each for each in reading.levels if each in rules):
                        name = f"{operation.id}:{question.id}={reading.id}:{id}"
                        yield pytest.param(service, operation, {question.id: reading.id}, rules[id], id=name)


@pytest.mark.parametrize(("service", "operation", "chosen", "rule"), list(levelled()))
def test_a_reading_gives_its_rules_their_level(
    service: Service, operation: Operation, chosen: dict[str, str], rule: Rule
) -> None:
    readings = settled({service.id: service.questions}, chosen)[service.id]
    ((question, answer),) = chosen.items()
    wanted = service.questions[question].readings[answer].levels[rule.id]
    validator = Validator(operation.schema, operation.rules, levels(service.questions, readings))
    _, reject = vectors(rule, operation.schema)
    for payload in reject:
        found = {each.rule.id: each.level for each in validator.violations(payload)}
        assert found == ({} if wanted == "off" else {rule.id: wanted})


def test_the_default_of_a_levelled_question_is_the_rules_own_level() -> None:
    """Otherwise ``mockserver rules`` would print a level that does not count."""
    for service in SERVICES.values():
        own = {rule.id: rule.level for operation in service.operations.values() for rule in operation.rules}
        defaults = settled({service.id: service.questions}, {})[service.id]
        for id, level in levels(service.questions, defaults).items():
            assert own.get(id, level) == level, f"{service.id}: {id}"


@pytest.mark.parametrize("service", ["chainhub", "yutoai"])
def test_a_gateway_may_show_its_tasks_nowhere(service: str) -> None:
    fake = Fake(Settings(services=(service,), readings={"gateway-query": "none"}))
    headers = {"authorization": "Bearer k"}
    path = "/kling/v1/images/omni-image"
    found = [fake.respond(Request("GET", at, "", headers)) for at in (path, f"{path}/1")]
    assert [(each.status, json.loads(each.body)["code"]) for each in found] == [(404, 1202), (404, 1203)]


@pytest.mark.parametrize(("reading", "status"), [("accepted", 200), ("refused", 400)])
def test_a_body_without_a_type_is_json_where_the_reading_says_so(reading: str, status: int) -> None:
    fake = Fake(Settings(services=("chainhub",), readings={"chainhub/content-type": reading}))
    body = b'{"model_name": "kling-image-o1", "prompt": "A cat"}'
    request = Request("POST", "/kling/v1/images/omni-image", "", {"authorization": "Bearer k"}, body)
    assert fake.respond(request).status == status
