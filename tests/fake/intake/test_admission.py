"""Admission: which broken rules refuse, which are noted, and what the service says of them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.readings import levels, settled
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator, Violation
from mockserver.contract.vectors import picture, vectors
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.intake.admission import Admission, admitted, clamped
from mockserver.types import Payload, kind_of
from tests.conftest import IMAGE, VIDEO, CheckedFake

KLING = load().service("kling")
OPERATIONS = {
    IMAGE: load().operation("kling/omni-image"),
    VIDEO: load().operation("kling/omni-video"),
    "list": load().operation("kling/omni-image.list"),
}
EVERY = [each for service in load().services.values() for each in service.operations.values() if each.rules]


def breaking(operation: Operation, rule: Rule) -> Iterator[tuple[Payload, tuple[Violation, ...]]]:
    """Yield what breaks a rule, one that is off by default, too, with what it breaks."""
    if rule.keyword == "x-image-bytes":
        return  # its vectors have megabytes, and its words are those of the others
    validator = Validator(operation.schema, operation.rules, {rule.id: "error"})
    for payload in vectors(rule, operation.schema)[1]:
        yield payload, validator.violations(payload)


UNRESOLVED = "Failed to resolve the request body"


def broken(payload: Any, path: str = IMAGE, **readings: str) -> tuple[dict[str, str], tuple[Violation, ...]]:
    """Return the readings of kling, and what a payload breaks under them."""
    operation = OPERATIONS[path]
    named = {name.replace("_", "-"): reading for name, reading in readings.items()}
    chosen = dict(settled({"kling": KLING.questions}, named)["kling"])
    validator = Validator(operation.schema, operation.rules, levels(KLING.questions, chosen))
    return chosen, validator.violations(payload)


def judge(payload: Any, path: str = IMAGE, *, is_strict: bool = False, **readings: str) -> Admission:
    chosen, violations = broken(payload, path, **readings)
    return admitted(KLING, chosen, violations, {}, is_strict=is_strict)


def message(payload: Any, path: str = IMAGE, *, is_strict: bool = False, **readings: str) -> str:
    with pytest.raises(Refused) as refused:
        judge(payload, path, is_strict=is_strict, **readings)
    assert refused.value.row == "invalid"
    return str(refused.value.fields["message"])


@pytest.mark.parametrize("is_strict", [False, True])
def test_a_payload_that_keeps_every_rule_enters_without_a_note(is_strict: bool) -> None:
    assert judge({"prompt": "A cat"}, is_strict=is_strict) == Admission((), None)


def test_a_warning_is_noted_and_lets_enter() -> None:
    noted = judge({"prompt": "A cat <<<image_3>>>", "mode": "std"})
    assert [(violation.rule.id, violation.level) for violation in noted.violations] == [
        ("additionalProperties", "warning"),
        ("references-exist", "warning"),
    ]
    assert noted.failure is None


def test_under_strict_a_warning_refuses_too() -> None:
    assert message({"prompt": "A cat", "mode": "std"}, is_strict=True) == "mode: is not a field of this request"


def test_an_error_is_what_is_said_though_a_warning_stands_before_it() -> None:
    payload = {"mode": "std", "prompt": "A cat", "n": 10}
    assert message(payload) == message(payload, is_strict=True) == "n value '10' is invalid"


def test_a_refusal_carries_every_broken_rule_errors_first() -> None:
    with pytest.raises(Refused) as refused:
        judge({"mode": "std", "prompt": "", "n": 10})
    found = [(violation.rule.id, violation.level) for violation in refused.value.violations]
    assert sorted(found[:2]) == [("n.maximum", "error"), ("prompt.minLength", "error")]
    assert found[2:] == [("additionalProperties", "warning")]


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        (IMAGE, {"model_name": "kling-v9"}, "model_name value 'kling-v9' is invalid"),
        (VIDEO, {"mode": "standard"}, "mode value 'standard' is invalid"),
        (VIDEO, {"duration": "16"}, "duration value '16' is invalid"),
        (IMAGE, {"n": 0}, "n value '0' is invalid"),
        (IMAGE, {"n": 10}, "n value '10' is invalid"),
        (IMAGE, {"n": "two"}, UNRESOLVED),
        (IMAGE, {"n": [1, {"é": 2}]}, UNRESOLVED),
        (IMAGE, {"n": "two", "prompt": "", "resolution": "16k"}, UNRESOLVED),
        (IMAGE, {"image_list": [None]}, UNRESOLVED),
        (IMAGE, {"element_list": [{"element_id": 2**63}]}, UNRESOLVED),
        (VIDEO, {"sound": True}, UNRESOLVED),
        (VIDEO, {"duration": [5]}, UNRESOLVED),
        (VIDEO, {"duration": 16}, "duration value '16' is invalid"),
        (IMAGE, {"prompt": ""}, "prompt: must not be blank"),
        (IMAGE, {"prompt": "x" * 2501}, "prompt: has more than 2500 characters"),
        (VIDEO, {"image_list": [{}]}, "imageUrl: must not be blank"),
        (VIDEO, {"image_list": [{"image_url": ""}]}, "imageUrl: must not be blank"),
        (IMAGE, {"image_list": [{"image": ""}]}, "image: must not be blank"),
        (IMAGE, {"image_list": [{"image": "data:image/png;base64,AAAA"}]}, "File is not in a valid base64 format"),
        (IMAGE, {"image_list": [{"image": picture(299, 300)}]}, "Image pixel is invalid"),
        (VIDEO, {"video_list": [{"video_url": "AAAA"}]}, "Video URL is invalid"),
        (IMAGE, {"resolution": "4k"}, "resolution value '4k' is invalid"),
        (IMAGE, {"image_list": [{"image": "https://a.b/c"}] * 11}, "Images and elements together are at most 10."),
    ],
)
def test_a_broken_rule_is_worded_as_the_service_is_known_to(path: str, fields: dict[str, Any], expected: str) -> None:
    assert message({"prompt": "A cat", "aspect_ratio": "1:1", **fields}, path) == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, "prompt: must not be blank"),
        ([], UNRESOLVED),
        ("A cat", UNRESOLVED),
        (None, UNRESOLVED),
    ],
)
def test_a_payload_without_its_prompt_or_that_is_no_object_is_refused(payload: Any, expected: str) -> None:
    assert message(payload) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"n": "two"}, "n value 'two' is invalid"),
        ({"n": True}, "n value 'true' is invalid"),
        ({"n": None}, "n value 'null' is invalid"),
        ({"n": [1, {"é": 2}]}, "n value '[1, {\"é\": 2}]' is invalid"),
    ],
)
def test_a_wrong_type_has_the_words_of_a_wrong_value_under_a_reading(fields: dict[str, Any], expected: str) -> None:
    assert message({"prompt": "A cat", **fields}, type_text="by-field") == expected


BODIES = [each for service in load().services.values() for each in service.operations.values() if each.method == "POST"]


@pytest.mark.parametrize("operation", BODIES, ids=lambda operation: operation.id)
def test_only_a_wrong_type_has_the_text_for_one_in_the_kling_family(operation: Operation) -> None:
    """Every field of every service that lists its values or its types."""
    service = load().service(operation.service)
    readings = settled({service.id: service.questions}, {"null-field": "refused"})[service.id]
    for rule in operation.rules:
        if rule.keyword not in ("type", "enum"):
            continue
        kinds = {kind_of(value) for value in rule.value} if rule.keyword == "enum" else set()
        for payload, violations in breaking(operation, rule):
            with pytest.raises(Refused) as refused:
                admitted(service, readings, violations, {}, is_strict=True)
            is_wrong_type = rule.keyword == "type" or kind_of(violations[0].value) not in kinds
            is_of_family = service.dialect == "kling"
            is_unresolved = refused.value.fields["message"] == UNRESOLVED
            assert is_unresolved is (is_wrong_type and is_of_family), (rule.id, payload)


def test_a_long_value_is_cut() -> None:
    assert message({"prompt": "A cat", "model_name": "猫" * 10_000}) == f"model_name value '{'猫' * 100}…' is invalid"


@pytest.mark.parametrize("operation", EVERY, ids=lambda operation: operation.id)
def test_every_rule_of_every_service_has_words_for_what_breaks_it(operation: Operation) -> None:
    service = load().service(operation.service)
    readings = settled({service.id: service.questions}, {})[service.id]
    for rule in operation.rules:
        for payload, violations in breaking(operation, rule):
            with pytest.raises(Refused) as refused:
                admitted(service, {**readings, "media-fault": "refused"}, violations, payload, is_strict=True)
            words = str(refused.value.fields["message"])
            assert 5 < len(words) < 400, (rule.id, words)
            assert "{field}" not in words


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (picture(299, 300), "Image pixel is invalid"),
        (picture(800, 300), "image_list[0].image: 800 x 300 px, ratio from 0.4 to 2.5"),
        (picture(300, 300, "GIF"), "image_list[0].image: a GIF picture, but only PNG or JPEG is accepted"),
    ],
)
def test_when_a_picture_fails_is_a_reading(image: str, reason: str) -> None:
    payload = {"prompt": "A cat", "image_list": [{"image": image}]}
    assert message(payload) == reason
    later = judge(payload, media_fault="task-failed")
    assert later.failure == reason
    assert {violation.level for violation in later.violations} == {"warning"}


def test_a_picture_that_fails_later_does_not_save_a_payload_that_breaks_another_rule() -> None:
    payload = {"prompt": "A cat", "n": 10, "image_list": [{"image": picture(299, 300)}]}
    assert message(payload, media_fault="task-failed") == "n value '10' is invalid"


def test_what_is_no_base64_is_refused_at_once_under_every_reading() -> None:
    payload = {"prompt": "A cat", "image_list": [{"image": "no Base64 at all"}]}
    assert message(payload, media_fault="task-failed") == "File is not in a valid base64 format"


def clamp(payload: dict[str, Any], reading: str) -> tuple[Any, list[str]]:
    chosen, violations = broken(payload, "list", page_range=reading)
    moved, left = clamped(OPERATIONS["list"], chosen, payload, violations)
    return moved, [violation.rule.id for violation in left]


@pytest.mark.parametrize(
    ("payload", "moved"),
    [
        ({"pageNum": 0, "pageSize": 501}, {"pageNum": 1, "pageSize": 500}),
        ({"pageNum": 1001, "pageSize": 0}, {"pageNum": 1000, "pageSize": 1}),
        ({"pageNum": -(10**17)}, {"pageNum": 1}),
    ],
)
def test_a_page_out_of_its_range_is_moved_into_it_or_not(payload: dict[str, int], moved: dict[str, int]) -> None:
    assert clamp(payload, "clamped") == (moved, [])
    assert clamp(payload, "refused")[0] == payload
    assert clamp(payload, "refused")[1] != []


def test_a_page_that_is_no_number_is_not_moved() -> None:
    assert clamp({"pageNum": "abc", "pageSize": 0}, "clamped") == ({"pageNum": "abc", "pageSize": 1}, ["pageNum.type"])


def test_only_pages_are_moved() -> None:
    payload = {"prompt": "A cat", "n": 10}
    chosen, violations = broken(payload, page_range="clamped")
    assert clamped(OPERATIONS[IMAGE], chosen, payload, violations) == (payload, violations)


def test_a_picture_that_fails_later_fails_its_task_with_the_reason() -> None:
    fake = CheckedFake(readings={"media-fault": "task-failed"})
    answer = fake.create(image_list=[{"image": picture(299, 300)}])
    assert (answer.status, answer.headers["mockserver-level"]) == (200, "warning")
    fake.clock.advance(2000)
    data = fake.get(IMAGE, answer.data["task_id"]).data
    assert (data["task_status"], data["task_status_msg"]) == ("failed", "Image pixel is invalid")
    assert data["final_unit_deduction"] == "0"


def test_which_rule_was_broken_travels_in_headers_and_never_in_the_body(fake: CheckedFake) -> None:
    answer = fake.create(image_list=[{"image": "https://a.b/c"}, {"image": "", "größe": 1}])
    assert answer.rules == ["image_list[].image.minLength", "image_list[].additionalProperties"]
    assert answer.headers["mockserver-pointer"] == "/image_list/1/image, /image_list/1/gr%C3%B6%C3%9Fe"
    assert answer.headers["mockserver-level"] == "error"
    assert "mockserver" not in json.dumps(answer.json)
    assert all(value.isascii() for value in answer.headers.values())


def test_a_pointer_in_a_header_is_ascii_whatever_the_field_is_called(fake: CheckedFake) -> None:
    strange: dict[str, Any] = {"gr\u00f6\u00dfe/\r\n~": 1}
    answer = fake.create(**strange)
    assert answer.headers["mockserver-pointer"] == "/gr%C3%B6%C3%9Fe~1%0D%0A~0"
