"""Each answer that is not the usual one says why: in the journal, in a header, in lists."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mockserver
from mockserver.contract.catalog import load
from mockserver.contract.readings import deciding
from mockserver.contract.rules import Rule
from mockserver.contract.service import Service
from mockserver.fake.answering.headers import annotated
from mockserver.fake.answering.reasons import _ROWS
from mockserver.fake.journal import Entry
from mockserver.fake.media.results import Gone, Result
from mockserver.resources import folder
from mockserver.types import Reason, Request, Response
from tests.conftest import IMAGE, NOON, TOKEN, VIDEO, CheckedFake

CREATE = "kling/omni-image.create"
KINDS = json.loads((folder("schemas") / "control.json").read_text(encoding="utf-8"))["components"]["schemas"]["Reason"][
    "properties"
]["kind"]["enum"]


def last(fake: CheckedFake) -> Entry:
    return next(iter(fake.requests))


def why(fake: CheckedFake) -> Reason:
    found = last(fake).response.reason
    assert found is not None
    return found


def refused_rows() -> Iterator[str]:
    """Yield the rows that our code refuses with by name."""
    for path in (Path(mockserver.__file__).parent).rglob("*.py"):
        if "kit" not in path.parts:
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                is_one = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Refused"
                if is_one and isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant):
                    yield str(call.args[0].value)


def test_each_row_that_the_code_refuses_with_has_a_sentence() -> None:
    assert {*refused_rows()} <= _ROWS.keys()


@pytest.mark.parametrize("service", load().services.values(), ids=list(load().services))
def test_each_row_that_a_service_names_has_a_sentence_of_its_own_or_of_the_code(service: Service) -> None:
    libraries = [row for each in service.libraries.values() for row in (each.missing, each.preset, each.deleted)]
    withdrawn = [operation.refuses for operation in service.operations.values() if operation.refuses]
    assert [row for row in (*libraries, *withdrawn) if service.errors[row].reason is None and row not in _ROWS] == []


def test_each_kind_is_one_that_the_control_api_describes() -> None:
    told = [row.reason for service in load().services.values() for row in service.errors.values() if row.reason]
    assert {kind for kind, _ in (*_ROWS.values(), *told)} <= set(KINDS)


def test_an_answer_as_usual_has_no_reason(fake: CheckedFake) -> None:
    answer = fake.create()
    assert last(fake).response.reason is None
    assert "mockserver-reason" not in answer.headers


def test_a_broken_rule_is_named_with_its_place_and_its_source(fake: CheckedFake) -> None:
    answer = fake.create(n=10)
    found = why(fake)
    assert (found.kind, found.id, found.reading) == ("rule", "n.maximum", None)
    assert found.sentence.startswith("/n is more than 9.")
    assert found.source == next(rule.source for rule in rules(CREATE) if rule.id == "n.maximum")
    assert answer.headers["mockserver-reason"].startswith("rule; /n is more than 9.")


def rules(operation: str) -> tuple[Rule, ...]:
    return load().services["kling"].operations[operation].rules


LEVELS = [
    (service.id, question.id, reading.id, rule)
    for service in load().services.values()
    for question in service.questions.values()
    for reading in question.readings.values()
    for rule in reading.levels
]


@pytest.mark.parametrize(("service", "question", "reading", "rule"), LEVELS)
def test_the_reading_that_gives_a_rule_its_level_is_found(service: str, question: str, reading: str, rule: str) -> None:
    asked = load().services[service].questions
    usual = {each.id: each.default for each in asked.values()}
    assert deciding(rule, asked, {**usual, question: reading}) == f"{question}={reading}"


def test_the_reading_that_has_made_a_rule_refuse_is_named() -> None:
    fake = CheckedFake()
    fake.create(resolution="4k")
    assert (why(fake).kind, why(fake).id, why(fake).reading) == ("rule", "o1-up-to-2k", "o1-abilities=refused")
    assert last(fake).response.headers["mockserver-reason"].endswith(" [reading o1-abilities=refused]")


CAUSES: dict[str, tuple[str, str, Callable[[CheckedFake], object], dict[str, Any]]] = {
    "no credentials": ("credential", "no-credentials", lambda fake: fake.get(IMAGE, "1", token=None), {}),
    "an unknown key": ("credential", "unknown-key", lambda fake: fake.get(IMAGE, "1"), {"keys": ["another"]}),
    "an unknown task": ("missing", "missing-task", lambda fake: fake.get(IMAGE, "12"), {}),
    "an unknown path": ("route", "no-route", lambda fake: fake.get("/v1/images/none"), {}),
    "a wrong method": ("route", "no-method", lambda fake: fake.send("DELETE", IMAGE), {}),
    "a name twice": (
        "duplicate",
        "duplicate-external-id",
        lambda fake: [fake.create(external_task_id="a") for _ in range(2)],
        {},
    ),
    "no slot": ("limit", "no-slot", lambda fake: fake.create(), {"slots": 0}),
    "too fast": ("limit", "too-fast", lambda fake: [fake.create() for _ in range(2)], {"rate": "1/m"}),
    "a body that is no JSON": ("form", "unreadable", lambda fake: fake.send("POST", IMAGE, b"{"), {}),
    "a fault": ("fault", "1303 x2", lambda fake: fake.create(), {"faults": ["1303 x2"]}),
    "a fault in the prompt": (
        "fault",
        "5000 on kling/omni-image.create",
        lambda fake: fake.create(prompt="A cat [[mock: 5000]]"),
        {},
    ),
    "a wrong fault in the prompt": ("fault", "invalid", lambda fake: fake.create(prompt="[[mock: nonsense]]"), {}),
}


@pytest.mark.parametrize("case", CAUSES)
def test_what_decided_is_named(case: str) -> None:
    kind, id, act, settings = CAUSES[case]
    fake = CheckedFake(**settings)
    act(fake)
    assert (why(fake).kind, why(fake).id) == (kind, id)
    assert last(fake).response.headers["mockserver-reason"].startswith(f"{kind}; ")


def test_the_reading_behind_a_missing_task_is_named() -> None:
    for reading in load().services["kling"].questions["missing-task"].readings:
        fake = CheckedFake(readings={"missing-task": reading})
        fake.get(IMAGE, "12")
        assert why(fake).reading == f"missing-task={reading}"


@pytest.mark.parametrize("origin", ["option", "control", "prompt", "python"])
def test_a_fault_says_where_it_was_asked_for(origin: str) -> None:
    fake = CheckedFake(faults=["1303"] if origin == "option" else [])
    if origin in ("control", "python"):
        fake.faults.add("1303", origin=origin)
    fake.create(prompt="A cat [[mock: 1303]]" if origin == "prompt" else "A cat")
    words = {"option": "started", "control": "control API", "prompt": "prompt", "python": "Python"}
    assert words[origin] in why(fake).sentence
    assert why(fake).number == (None if origin == "prompt" else 1)


def test_an_answer_that_a_fault_has_changed_says_so_whatever_its_status(fake: CheckedFake) -> None:
    fake.faults.add("slow-headers 1s")
    fake.create()
    assert last(fake).response.status == 200
    assert (why(fake).kind, why(fake).id) == ("fault", "slow-headers 1s")


def test_all_faults_of_one_answer_are_told(fake: CheckedFake) -> None:
    fake.faults.add("slow-headers 1s")
    fake.faults.add("wrong-type")
    request = Request("GET", IMAGE, headers={"host": "localhost", "authorization": f"Bearer {TOKEN}"})
    super(CheckedFake, fake).respond(request)
    assert "slow-headers 1s" in why(fake).sentence
    assert "wrong-type" in why(fake).sentence


def test_a_create_a_query_and_a_refusal_are_of_the_task_that_they_are_about(fake: CheckedFake) -> None:
    id = fake.made()
    assert last(fake).response.task == id
    fake.get(IMAGE, id)
    assert last(fake).response.task == id
    fake.get(IMAGE)
    assert last(fake).response.task is None


def test_a_task_that_a_fault_lets_fail_knows_why(fake: CheckedFake) -> None:
    fake.faults.add("fail moderation")
    id = fake.made()
    (task,) = fake.tasks
    assert task.id == id
    assert task.cause is not None
    assert (task.cause.kind, task.cause.id, task.cause.number) == ("fault", "fail moderation", 1)


def test_a_task_that_was_forced_knows_why(fake: CheckedFake) -> None:
    fake.made()
    forced = fake.tasks.force(next(iter(fake.tasks)), "failed")
    assert forced.cause is not None
    assert forced.cause.kind == "force"


def test_a_task_that_fails_for_its_picture_knows_the_rule_and_the_reading() -> None:
    fake = CheckedFake(readings={"media-fault": "task-failed"})
    fake.made(image_list=[{"image": "bm8gcGljdHVyZQ=="}])
    cause = next(iter(fake.tasks)).cause
    assert cause is not None
    assert (cause.kind, cause.reading) == ("rule", "media-fault=task-failed")


def test_a_cause_survives_a_snapshot(fake: CheckedFake) -> None:
    fake.faults.add("fail moderation x1", origin="control")
    fake.made()
    other = CheckedFake()
    other.restore(fake.snapshot())
    assert next(iter(other.tasks)).cause == next(iter(fake.tasks)).cause
    assert [fault.origin for _, fault, _ in other.faults] == ["control"]


def test_a_result_that_is_not_there_says_why(fake: CheckedFake) -> None:
    id = fake.made(VIDEO)
    path = f"/results/kling/{id}/0.mp4"
    request = Request("GET", path, headers={"host": "localhost"})
    missing = fake.fetch(request)
    assert isinstance(missing, Gone)
    assert (missing.status, missing.reason.kind) == (404, "missing")
    fake.clock.advance("1h")
    assert isinstance(fake.fetch(request), Result)
    assert last(fake).response.task == id
    fake.faults.add("result-expired x1")
    gone = fake.fetch(request)
    assert isinstance(gone, Gone)
    assert (gone.status, gone.reason.kind, gone.reason.id) == (403, "fault", "result-expired x1")
    fake.clock.advance("800h")
    expired = fake.fetch(request)
    assert isinstance(expired, Gone)
    assert expired.reason.reading is not None
    assert expired.reason.reading.startswith("expired-result=")


def test_no_secret_is_in_a_reason_that_is_shown() -> None:
    fake, secret = CheckedFake(strict=True), "key-0123456789abcdef"
    fake.post(IMAGE, {"prompt": "A cat", secret: 1}, token=secret)
    assert why(fake).sentence.startswith("/key-")
    assert secret not in json.dumps(last(fake).as_json())


@pytest.mark.parametrize("letters", [1, 300, 5000])
@pytest.mark.parametrize("letter", ["a", "猫", "\n", "\x7f", "é", '"', "%"])
def test_headers_are_of_plain_letters_and_below_8_kib(letter: str, letters: int) -> None:
    fake = CheckedFake(strict=True)
    fake.post(IMAGE, {"prompt": "A cat", **{f"{n}{letter * letters}": 1 for n in range(300)}})
    entry = last(fake)
    assert entry.response.status == 400
    for name, value in entry.response.headers.items():
        assert len(name) + len(value) < 8192
        assert value.isascii()
        assert value.isprintable()
    rules, pointers = (entry.response.headers[f"mockserver-{each}"].split(", ") for each in ("rule", "pointer"))
    assert len(rules) == len(pointers)


def test_each_pointer_stands_at_the_place_of_its_rule(fake: CheckedFake) -> None:
    answer = fake.create(n=10, resolution="8k", prompt="")
    found = dict(zip(answer.rules, answer.headers["mockserver-pointer"].split(", "), strict=True))
    assert found == {"prompt.minLength": "/prompt", "n.maximum": "/n", "resolution.enum": "/resolution"}


def test_a_reason_is_in_the_journal_as_json(fake: CheckedFake) -> None:
    fake.create(n=10)
    shown = last(fake).as_json()
    assert shown["reason"]["kind"] == "rule"
    assert shown["task"] is None
    assert shown["at"] == NOON


def test_a_reason_alone_is_a_header_of_its_own() -> None:
    answer = annotated(Response(503, reason=Reason("internal", "No\r\nheader: of another", reading="a=b")), ())
    assert answer.headers == {"mockserver-reason": "internal; No%0D%0Aheader: of another [reading a=b]"}
