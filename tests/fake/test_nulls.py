"""Nulls: a field that is null counts as absent at every service, at any depth, and the journal says where it was."""

import json
from typing import Any
from urllib.parse import unquote

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.contract.validation import Violation
from mockserver.contract.vectors import merged
from mockserver.fake.answering.headers import annotated
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from mockserver.types import JSON, Level, Request, Response, pointer
from tests.conftest import IMAGE, VIDEO, CheckedFake

CREATING = [
    operation
    for service in load().services.values()
    for operation in service.operations.values()
    if operation.method == "POST" and operation.schema and not operation.uploads
]
FIELDS = [
    pytest.param(operation, name, id=f"{operation.id}:{name}")
    for operation in CREATING
    for name in operation.schema["properties"]
]


def optional(operation: Operation) -> list[str]:
    return [name for name in operation.schema["properties"] if name not in operation.schema.get("required", ())]


def last(fake: Fake) -> tuple[Violation, ...]:
    """Return what the journal has of the last request."""
    return max(fake.requests, key=lambda entry: entry.number).violations


def noted(fake: Fake, operation: Operation, payload: JSON) -> tuple[int, dict[str, Level], list[str]]:
    """Send a payload; return the status, what the journal has of it by pointer, and the rules of level error."""
    headers = {"authorization": "Bearer me", "x-api-key": "me", "content-type": "application/json"}
    answer = fake.respond(Request("POST", operation.path, "", headers, json.dumps(payload).encode()))
    violations = last(fake)
    nulls = {found.pointer: found.level for found in violations if found.rule.id.endswith(".null")}
    return answer.status, nulls, [found.rule.id for found in violations if found.level == "error"]


@pytest.mark.parametrize(("operation", "name"), FIELDS)
def test_a_null_field_of_any_service_is_as_good_as_none_and_recorded(operation: Operation, name: str) -> None:
    example = operation.schema["examples"][0]
    settings = Settings(services=(operation.service,), readings=dict(operation.when))
    without = noted(Fake(settings), operation, merged(example, {name: None}))
    status, nulls, errors = noted(Fake(settings), operation, {**example, name: None})
    assert (status, errors) == (without[0], without[2])
    assert nulls == {pointer((name,)): "warning"}


@pytest.mark.parametrize("operation", [each for each in CREATING if optional(each)], ids=lambda each: each.id)
def test_a_reading_makes_null_a_value_of_the_wrong_type(operation: Operation) -> None:
    name = optional(operation)[0]
    fake = Fake(Settings(services=(operation.service,), readings={"null-field": "refused", **operation.when}))
    status, nulls, errors = noted(fake, operation, {**operation.schema["examples"][0], name: None})
    assert (status, nulls) == (load().service(operation.service).errors["invalid"].status, {})
    assert errors in ([f"{name}.type"], [f"{name}.enum"])


@pytest.mark.parametrize(
    ("path", "fields", "pointers", "refusing"),
    [
        (IMAGE, {"watermark_info": {"enabled": None}}, ["/watermark_info/enabled"], []),
        (IMAGE, {"image_list": [{"image": None}]}, ["/image_list/0/image"], ["image_list[].image.required"]),
        (VIDEO, {"image_list": [{"image_url": "https://a.b/c", "type": None}]}, ["/image_list/0/type"], []),
        (IMAGE, {"strange": None, "stranger": {"a/b": [{"~": None}]}}, ["/strange", "/stranger/a~1b/0/~0"], []),
        (IMAGE, {"image_list": [None]}, [], ["image_list[].type"]),
    ],
)
def test_nulls_within_fields_are_absent_and_a_null_in_a_list_is_none(
    path: str, fields: dict[str, Any], pointers: list[str], refusing: list[str]
) -> None:
    fake = CheckedFake(services=("kling",))
    answer = fake.create(path, **fields)
    found = last(fake)
    assert answer.status == (400 if refusing else 200)
    assert [each.pointer for each in found if each.rule.id.endswith(".null")] == pointers
    assert [each.rule.id for each in found if each.level == "error"] == refusing


def test_a_task_of_a_payload_with_nulls_is_that_of_one_without(fake: CheckedFake) -> None:
    nulls: dict[str, JSON] = {"n": None, "callback_url": None, "external_task_id": None}
    twins: list[dict[str, JSON]] = [{"watermark_info": {"enabled": None}, **nulls}, {"watermark_info": {}}]
    tasks = [fake.made(**fields) for fields in twins]
    fake.clock.advance(2000)
    shown = [fake.get(IMAGE, id).data for id in tasks]
    assert [each["watermark_info"] for each in shown] == [{"enabled": False}] * 2
    assert [[*each["task_result"]["images"][0]] for each in shown] == [["index", "url"]] * 2
    assert [fake.world.sent(task).get("n", "absent") for task in fake.world.tasks.newest()] == ["absent"] * 2


def test_under_strict_a_null_is_refused_like_any_warning() -> None:
    answer = CheckedFake(services=("kling",), strict=True).create(callback_url=None)
    assert (answer.status, answer.message) == (400, "callback_url: is null, which counts as absent")


def test_a_megabyte_of_nulls_is_told_by_its_beginning() -> None:
    fake = CheckedFake(services=("kling",))
    body = {"prompt": "A cat", "strange": {str(number): None for number in range(100_000)}}
    assert fake.post(IMAGE, body).status == 200
    assert len(last(fake)) <= 1001


UNKNOWN = ["\f", "a\r\nb: c", "a, b", "\u732b", "a b", "\x7f", "x" * 100_000]


@pytest.mark.parametrize("name", UNKNOWN, ids=lambda name: ascii(name[:9]))
def test_a_null_field_of_any_name_is_named_in_a_header_that_can_be_sent(name: str) -> None:
    answer = CheckedFake().post(IMAGE, {"prompt": "x", name: None})
    (rule,) = answer.rules
    assert (answer.status, rule.isascii(), rule.isprintable(), " " in rule) == (200, True, True, False)
    assert unquote(rule) == f"{name}.null"[:200]


def test_any_number_of_null_fields_has_a_header_that_clients_read() -> None:
    answer = CheckedFake().post(IMAGE, {"prompt": "x", **{f"{number:060}": None for number in range(2000)}})
    assert 0 < len(answer.headers["mockserver-rule"]) < 65_536


def test_a_header_names_each_rule_as_the_contract_does() -> None:
    rules = [rule for operation in CREATING for rule in operation.rules]
    found = [Violation(rule, rule.level, (), "", None) for rule in rules]
    written = [annotated(Response(400), (each,)).headers["mockserver-rule"] for each in found]
    assert written == [rule.id for rule in rules]
