"""A snapshot: the state of a fake as JSON, put back later."""

from __future__ import annotations

import json
import math
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import urlsplit

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.contract.vectors import picture
from mockserver.errors import BadSetting
from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.fake.intake.auth import digest
from mockserver.fake.media.render import render
from mockserver.fake.media.results import Result
from mockserver.kit import valid_payloads
from mockserver.settings import Settings
from mockserver.types import JSON, Request, Response
from tests.conftest import HOST, IMAGE, NOON, TOKEN, CheckedFake
from tests.support.results import result_at
from tests.support.sampling import draws


def test_a_snapshot_in_another_fake_is_the_same_fake(fake: CheckedFake) -> None:
    fake.clock.freeze()
    ids = [fake.made(prompt=f"Cat {n}", external_task_id=f"cat-{n}") for n in range(3)]
    fake.clock.advance(600)
    fake.faults.add("1303 x1 on kling", account="me")
    state = json.loads(json.dumps(fake.snapshot()))
    other = CheckedFake(seed=2)
    other.restore(state)
    assert other.clock.now() == NOON + 600
    assert other.clock.is_frozen
    assert other.get(IMAGE).data == fake.get(IMAGE).data
    assert other.get(IMAGE, "cat-1").data["task_id"] == ids[1]
    assert other.create(external_task_id="cat-2").message == "External_task_id cat-2 already exists"
    assert [str(fault) for _, fault, _ in other.faults] == [str(fault) for _, fault, _ in fake.faults]


def test_callbacks_that_are_still_to_come_come_after_a_restore(fake: CheckedFake) -> None:
    fake.clock.freeze()
    fake.made(callback_url="http://127.0.0.1:1/hook")
    fake.delivered()
    state = fake.snapshot()
    other = CheckedFake(seed=2)
    other.restore(state)
    other.clock.advance("1m")
    assert [delivery.status for delivery in other.delivered()] == ["processing", "succeed"]


def test_uploads_go_along_with_their_contents() -> None:
    fake, other = Fake(Settings(seed=1)), Fake(Settings(seed=2))
    image = b64decode(picture(300, 300))
    headers = {"host": "localhost", "authorization": "Bearer me", "content-type": "image/png"}
    answer = fake.respond(Request("POST", "/v1/kling/assets", "", headers, image))
    path = urlsplit(json.loads(answer.body)["url"]).path
    other.restore(json.loads(json.dumps(fake.snapshot())))
    found = result_at(other, path)
    assert isinstance(found, Result)
    assert render(found.artifact) == image


def test_the_ids_of_new_tasks_are_those_of_no_restored_one(fake: CheckedFake) -> None:
    ids = {fake.made() for _ in range(3)}
    other = CheckedFake()
    other.restore(fake.snapshot())
    ids |= {other.made() for _ in range(3)}
    assert (len(ids), len(other.tasks)) == (6, 6)


@pytest.mark.parametrize("was_frozen", [False, True])
@pytest.mark.parametrize("is_frozen", [False, True])
@pytest.mark.parametrize("time", ["then", "now", None])
def test_time_goes_on_from_then_or_from_now_and_stands_if_it_stood(
    was_frozen: bool, is_frozen: bool, time: Literal["then", "now"] | None
) -> None:
    source = [NOON, NOON + 86_400_000]
    fake, other = CheckedFake(clock=Clock(lambda: source[0])), CheckedFake(clock=Clock(lambda: source[1]))
    id = fake.made(callback_url="http://127.0.0.1:1/hook")
    fake.delivered()
    for each, is_to_freeze in ((fake, was_frozen), (other, is_frozen)):
        if is_to_freeze:
            each.clock.freeze()
    other.restore(fake.snapshot(), **({} if time is None else {"time": time}))
    assert (other.clock.now(), other.clock.is_frozen) == (source[1] if time == "now" else NOON, was_frozen)
    assert other.status(id) == ("succeed" if time == "now" else "submitted")
    assert [delivery.status for delivery in other.delivered()] == (["processing", "succeed"] if time == "now" else [])
    source[1] += 5
    assert other.clock.now() == (source[1] if time == "now" else NOON + 5) - (5 if was_frozen else 0)


def test_a_time_to_go_on_from_is_one_of_two(fake: CheckedFake) -> None:
    with pytest.raises(BadSetting, match=r"^time: 'later' is not a time to go on from. Write then or now.$"):
        fake.restore(fake.snapshot(), time="later")  # type: ignore[arg-type]


def test_a_fault_keeps_whom_it_is_for_and_how_often_it_happened(fake: CheckedFake) -> None:
    fake.faults.add("1303 x3 on kling", account=TOKEN, path="/v1/images/*", where={"prompt": "*cat*"})
    fake.faults.add("truncated #3 12.3456789% on kling/omni-image.get")
    fake.faults.add("hang on useapi")
    assert [fake.create(prompt="a cat").code, fake.create(prompt="a dog").code] == [1303, 0]
    other = CheckedFake()
    other.restore(json.loads(json.dumps(fake.snapshot())))
    assert [(fault, happened) for _, fault, happened in other.faults] == [
        (replace(fault, account=fault.account and digest(fault.account)), happened)
        for _, fault, happened in fake.faults
    ]
    assert [other.create(prompt=prompt).code for prompt in ("a dog", "a cat", "a cat", "a cat")] == [0, 1303, 1303, 0]


def test_the_faults_of_a_prompt_go_on_counting(fake: CheckedFake) -> None:
    prompt = "A cat [[mock: 1303 x2]]"
    assert fake.create(prompt=prompt).code == 1303
    other = CheckedFake()
    other.restore(fake.snapshot())
    assert [other.create(prompt=prompt).code for _ in range(2)] == [1303, 0]


def test_limits_and_counted_queries_go_along() -> None:
    fake, other = CheckedFake(pace="polls:3"), CheckedFake(pace="polls:3")
    fake.limit(TOKEN, slots=1, rate="10/30d")
    id = fake.made()
    assert [fake.status(id) for _ in range(2)] == ["submitted"] * 2
    other.restore(fake.snapshot())
    assert (other.status(id), other.create().code) == ("processing", 1303)
    assert [other.get(IMAGE, id).status for _ in range(6)] == [200, 200, 200, 200, 200, 429]


ODD_VALUES: list[JSON] = [5, 0, -1, 1.0, "", "5", "true", None, "猫", "a" * 5000, True, [], {}, [5], "\ud83d", 10**30]
READINGS: list[tuple[JSON, dict[str, str]]] = [
    ("", {"empty-field": "absent"}),
    (None, {"null-field": "absent"}),
    ("5", {"number-as-text": "accepted"}),
]
"""Readings, each after the value that it is about; with all others they are tried in ``make torture``."""
SWEPT = [
    *(pytest.param(value, {}, id=repr(value)[:20]) for value in ODD_VALUES),
    *(
        pytest.param(value, chosen, id=f"{chosen}-{value!r}"[:40], marks=() if of == value else pytest.mark.torture)
        for value in ODD_VALUES
        for of, chosen in READINGS
    ),
]


@pytest.mark.parametrize(("value", "readings"), SWEPT)
def test_a_snapshot_of_whatever_was_accepted_is_taken(value: JSON, readings: dict[str, str]) -> None:
    """Law: each field of each operation, with a value of any kind: refused, or in a snapshot that is taken."""
    for service in load().services.values():
        known = {name: reading for name, reading in readings.items() if name in service.questions}
        fake = Fake(Settings(services=(service.id,), seed=1, readings=known))
        for create in (each for each in service.operations.values() if each.task):
            for field in (*create.schema["properties"], "no_such"):
                ask(fake, create, {**create.schema["examples"][0], field: value})
        state = json.loads(json.dumps(fake.snapshot()))
        other = Fake(Settings(services=(service.id,), seed=2))
        other.restore(state)
        assert json.loads(json.dumps({**other.snapshot(), "now": state["now"]})) == state


def ask(fake: Fake, operation: Operation, payload: JSON) -> Response:
    headers = {"host": HOST, "authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    return fake.respond(Request(operation.method, operation.path, "", headers, json.dumps(payload).encode()))


CREATES = {
    operation.id: operation
    for service in load().services.values()
    for operation in service.operations.values()
    if operation.task
}
FAULTS = [
    "1303 x2",
    "fail moderation after 1s x1",
    "never-ends #2",
    "extra-fields 50%",
    "jumps on kling",
    "hang on useapi",
]


@st.composite
def lives(draw: st.DrawFn) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    """Draw how a fake is set up, and what happens to it."""
    settings = {
        "pace": draw(st.sampled_from(["real", "fast", "instant", "polls:2"])),
        "readings": draw(st.sampled_from([{}, {"external-id-again": "allowed"}, {"media-fault": "task-failed"}])),
        "slots": draw(st.sampled_from([None, 3])),
    }
    operation = st.sampled_from([*CREATES])
    step = st.one_of(
        operation.flatmap(lambda name: st.tuples(st.just("create"), st.just(name), valid_payloads(name))),
        st.tuples(st.just("again"), operation, st.sampled_from(["a", "b"])),
        st.tuples(st.just("advance"), st.integers(0, 5000)),
        st.tuples(st.just("query")),
        st.tuples(st.just("force"), st.sampled_from(["submitted", "processing", "succeed", "failed"])),
        st.tuples(st.just("fault"), st.sampled_from(FAULTS)),
        st.tuples(st.just("limit"), st.sampled_from([None, "5/30d"])),
        st.tuples(st.just("clock"), st.sampled_from(["freeze", "resume"])),
    )
    return settings, draw(st.lists(step, max_size=8))


def live(fake: Fake, steps: list[tuple[Any, ...]]) -> None:
    for name, *arguments in steps:
        if name == "create":
            ask(fake, CREATES[arguments[0]], arguments[1])
        elif name == "again":
            example = CREATES[arguments[0]].schema["examples"][0]
            ask(fake, CREATES[arguments[0]], {**example, "external_task_id": arguments[1], "replyRef": arguments[1]})
        elif name == "query":
            answers(fake)
        elif name == "force":
            for task in [*fake.tasks][:1]:
                fake.tasks.force(task, *arguments)
        elif name == "limit":
            fake.limit(TOKEN, rate=arguments[0])
        elif name == "clock":
            getattr(fake.clock, arguments[0])()
        elif name == "fault":
            fake.faults.add(arguments[0])
        else:
            fake.clock.advance(arguments[0])


def answers(fake: Fake) -> list[tuple[int, JSON]]:
    """Return what a fake answers to queries of all that it has, without what is new in each answer."""
    found = []
    for operation in (each for service in load().services.values() for each in service.operations.values()):
        if operation.method == "GET":
            ids = [task.id for task in fake.tasks] if "{" in operation.path else [""]
            for id in ids:
                path = operation.path.replace("{id}", id).replace("{task_id}", id)
                headers = {"host": HOST, "authorization": f"Bearer {TOKEN}"}
                answer = fake.respond(Request("GET", f"/{operation.service}{path}", "", headers))
                body = json.loads(answer.body)
                found.append((answer.status, {**body, "request_id": ""} if isinstance(body, dict) else body))
    return found


def taken(fake: Fake) -> JSON:
    """Return a snapshot without the ids: a fake never gives one twice, so its own may be further on."""
    return {**json.loads(json.dumps(fake.snapshot())), "ids": {}}


@given(lives())
@hypothesis.settings(max_examples=draws(25))
def test_a_restored_fake_is_the_same_fake(life: tuple[dict[str, Any], list[tuple[Any, ...]]]) -> None:
    """Law: the snapshot of what was restored from a snapshot is equal to it, and both answer the same."""
    settings, steps = life
    fake, other = (Fake(Settings(seed=seed, **settings), clock=Clock(lambda: NOON)) for seed in (1, 2))
    live(fake, steps)
    for number, fault, _ in fake.faults:
        if fault.chance is not None:
            fake.faults.remove(number)  # chance itself is not kept
    state = json.loads(json.dumps(fake.snapshot()))
    other.restore(state)
    assert taken(other) == {**state, "ids": {}}
    assert answers(other) == answers(fake)
    assert taken(other) == taken(fake)


HUGE = 10**400


def changed(place: str, value: Any) -> Callable[[dict[str, Any]], Any]:
    """Return what puts a value at a pointer of a state; ``...`` takes what is there away."""

    def change(state: dict[str, Any]) -> Any:
        state = json.loads(json.dumps(state))
        *steps, last = [int(step) if step.isdigit() else step for step in place.split("/")[1:]]
        at: Any = state
        for step in steps:
            at = at[step]
        if value is ...:
            del at[last]
        elif last == "-":
            at.append(value)
        else:
            at[last] = value
        return state

    return change


def doubled(change: dict[str, Any]) -> Callable[[dict[str, Any]], Any]:
    return lambda state: {**state, "tasks": [*state["tasks"], {**state["tasks"][0], **change}]}


DOCUMENTS = [
    "", "not JSON", "[]", "null", "5", '"text"', "{", '{"prompt": 5}', "{}", '{"prompt": "x", "n": "many"}',
    '{"prompt": "x", "n": 1000000000}', '{"prompt": "x", "n": 1e999}', '{"prompt": "x", "n": [1]}',
    '{"prompt": "x", "resolution": "9k"}', '{"prompt": "x", "image_list": "all"}', '{"prompt": "x", "n": NaN}',
    '{"prompt": "x", "watermark_info": 5}', '{"prompt": "x", "a": 1, "a": 2}', "[" * 100_000,
]  # fmt: skip

ODD_PARTS: dict[str, list[Any]] = {
    "id": ["", "../x", "<b>", 5, "1" * 30, None],
    "operation": ["kling/nothing", "kling/omni-image.get", "nobody/omni-image.create", "", 5, "kling"],
    "account": ["", 5, None],
    "base_url": ["javascript:alert(1)", "", "mock.example", 5, None, "file:///etc/passwd"],
    "created_at": [-1, HUGE, 1.5, "noon", None],
    "timeline": [[], [[5, "submitted"], [2, "succeed"]], None, "submitted", {}],
    "timeline/0": [[0, "done"], [-1, "submitted"], [HUGE, "submitted"], [0], [0, "submitted", 1], []],
    "slots": [-1, HUGE, "1", 1.5],
    "looks": [-1, HUGE, "1"],
    "looked": [-1, HUGE, "1", None],
    "model": [5, None],
    "external_id": [5, [], True],
    "callback_url": [5, [], {"url": "http://127.0.0.1"}],
    "reason": [5, []],
    "ratio": [5],
    "document": [5, None, {}, *DOCUMENTS],
}
ODD_UPLOADS: dict[str, list[Any]] = {
    "id": ["", "a", 5],
    "service": ["nobody", 5],
    "account": ["", None],
    "kind": ["text"],
    "content_type": ["a", "text/html\r\nx: y", "image/é"],
    "suffix": ["../x", ""],
    "base_url": ["javascript:alert(1)"],
    "created_at": [-1, HUGE],
    "measure/width": [-1, HUGE, "1"],
    "content": ["%", "abc", 5, "猫"],
}

HOSTILE: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no object": (lambda _: [], "/"),
    "nothing": (lambda _: None, "/"),
    "bytes": (lambda _: b"{}", "JSON"),
    "infinite": (changed("/now", math.inf), "JSON"),
    "half a letter": (changed("/tasks/0/account", "\ud83d"), "JSON"),
    "version": (changed("/version", 99), "/version"),
    "no version": (changed("/version", ...), "/"),
    "unknown": (changed("/color", "red"), "/"),
    "frozen": (changed("/is_frozen", 1), "/is_frozen"),
    **{
        f"now {value}": (changed("/now", value), "/now") for value in (-1, 253_402_300_800_000, 1.5, "noon", None, True)
    },
    "huge now": (changed("/now", HUGE), "/now"),
    **{
        f"{name} {str(value)[:20]}": (changed(f"/tasks/0/{name}", value), f"/tasks/0/{name}")
        for name, values in ODD_PARTS.items()
        for value in values
    },
    "ratio in words": (changed("/tasks/0/ratio", "wide"), "/tasks/0"),
    "ratio of nothing": (changed("/tasks/0/ratio", "0:1"), "/tasks/0"),
    "ratio too long": (changed("/tasks/0/ratio", "1:99999999"), "/tasks/0/ratio"),
    "failed without reason": (changed("/tasks/0/timeline/-", [9000, "failed"]), "/tasks/0/reason"),
    "task of nothing": (changed("/tasks/-", {}), "/tasks/1"),
    "task twice": (doubled({}), "/tasks/1/id"),
    "external id twice": (doubled({"id": "7"}), "/tasks/1/external_id"),
    "upload twice": (lambda state: {**state, "uploads": state["uploads"] * 2}, "/uploads/1/id"),
    **{
        f"upload {name} {str(value)[:20]}": (changed(f"/uploads/0/{name}", value), f"/uploads/0/{name}")
        for name, values in ODD_UPLOADS.items()
        for value in values
    },
    "fault": (changed("/faults/0/fault", "nonsense"), "/faults/0/fault"),
    "fault in many words": (changed("/faults/0/fault", "bare " + "1" * 5000), "/faults/0/fault"),
    "empty fault": (changed("/faults/0/fault", ""), "/faults/0/fault"),
    "fault of a service of nobody": (changed("/faults/0/fault", "hang on nobody"), "/faults/0/fault"),
    "fault of a number": (changed("/faults/0/account", 5), "/faults/0/account"),
    "fault where": (changed("/faults/0/where", []), "/faults/0/where"),
    "fault happened": (changed("/faults/0/happened", -1), "/faults/0/happened"),
    "fault path": (changed("/faults/0/path", 5), "/faults/0/path"),
    "prompt": (changed("/prompts/-", {"service": "kling", "account": "a", "prompt": "", "faults": [{}]}), "/prompts/0"),
    "limit": (changed("/limits/0/left", None), "/limits/0"),
    "limit of half a rate": (changed("/limits/0/own/span", None), "/limits/0/own"),
    "limit of no time": (changed("/limits/0/own/span", 0), "/limits/0/own"),
}


@pytest.fixture
def full(fake: CheckedFake) -> CheckedFake:
    """Return a fake with one of everything that a snapshot holds."""
    image = b64decode(picture(300, 300))
    headers = {"host": "localhost", "authorization": "Bearer me", "content-type": "image/png"}
    assert fake.respond(Request("POST", "/v1/kling/assets", "", headers, image)).status == 200
    fake.limit(TOKEN, rate="100/s")
    fake.made(external_task_id="mine", callback_url="http://127.0.0.1:1/hook")
    fake.faults.add("1303 x1 on kling", account="other", path="/x", where={"prompt": "x"})
    return fake


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_snapshot_is_refused_with_its_place_and_changes_nothing(full: CheckedFake, case: str) -> None:
    change, place = HOSTILE[case]
    state = full.snapshot()
    with pytest.raises(BadSetting) as error:
        full.restore(change(state))
    assert error.value.option == "snapshot"
    assert place in str(error.value)
    assert (len(str(error.value).splitlines()), len(str(error.value)) < 500) == (1, True)
    assert full.snapshot() == state
    full.restore(state)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state,
        changed("/tasks/0/created_at", float(NOON)),
        changed("/tasks/0/document", '{"prompt": "x", "n": "3", "external_task_id": null, "aspect_ratio": ""}'),
        changed("/tasks/0/base_url", "https://mock.example/under"),
        changed("/tasks/0/looked", ...),
        changed("/tasks/0/external_id", None),
        changed("/uploads", ...),
        changed("/limits", ...),
        changed("/prompts", ...),
        changed("/uploads/0/content", None),
        doubled({"id": "7", "account": "other"}),
        doubled({"id": "7", "external_id": "other"}),
        doubled({"id": "7", "operation": "yutoai/omni-image.create"}),
        lambda state: {**state, "faults": [{"fault": "1303 #5", "account": None}]},
    ],
)
def test_what_is_a_snapshot_is_taken_and_can_be_queried(full: CheckedFake, change: Any) -> None:
    full.restore(change(full.snapshot()))
    assert full.get(IMAGE).status == 200
    full.clock.advance("1h")
    assert full.get(IMAGE).status == 200
    assert [delivery.status for delivery in full.delivered()][-1:] == ["succeed"]


def test_ids_go_on_from_a_snapshot_though_the_seed_is_the_same_and_the_tasks_are_gone() -> None:
    fake = CheckedFake(seed=5)
    given = {fake.made() for _ in range(3)}
    fake.reset()
    other = CheckedFake(seed=5)
    other.restore(json.loads(json.dumps(fake.snapshot())))
    assert not given & {other.made() for _ in range(3)}
