"""Profiles: each works at each service, strikes the same way each time, and goes as it came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mockserver.cli import main
from mockserver.contract.catalog import load
from mockserver.contract.credentials import KEY_HEADER
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator
from mockserver.errors import BadSetting
from mockserver.fake.core import Fake
from mockserver.fake.faults.fault import Happening, Target
from mockserver.fake.faults.line import fault
from mockserver.fake.faults.profiles import NoSuchProfile, known
from mockserver.fake.stores.store import Bounds
from mockserver.kit.examples import examples
from mockserver.resources import folder
from mockserver.settings import Settings
from mockserver.types import JSON, Request, Response
from tests.fake.stores.makers import MAKERS, Times

SERVICES = load().services
OURS = known({})

_LEAST: tuple[JSON, ...] = (
    {"prompt": "A cat"},
    {"prompt": "A cat", "aspect_ratio": "16:9"},
    {"model_name": "kling-image-o1", "prompt": "A cat"},
    {"model": "kling-v2-6", "prompt": "A cat"},
    {"model": "kling-3.0/video", "input": {"mode": "std"}},
    {"model": "kling", "task_type": "video_generation", "input": {}},
    {"contents": [{"type": "first_frame", "url": "https://example.com/cat.png"}]},
)
"""Payloads of which each service takes one; to search for one takes seconds."""


@cache
def least(service: str) -> tuple[Operation, JSON]:
    """Return an operation of a service that makes a task, and the least that it takes."""
    operations = [each for each in SERVICES[service].operations.values() if each.task and not each.when]
    for operation in operations:
        validator = Validator(operation.schema, operation.rules, {})
        for payload in _LEAST:
            if not [*validator.violations(payload)]:
                return operation, payload
    return operations[0], next(examples(operations[0]))


def create(fake: Fake, service: str = "kling", token: str = "me") -> Response:
    operation, payload = least(service)
    headers = {
        "host": "localhost",
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        KEY_HEADER: token,
    }
    return fake.respond(Request(operation.method, operation.path, "", headers, json.dumps(payload).encode()))


def seen(fake: Fake, service: str = "kling", count: int = 40, token: str = "me") -> list[Any]:
    """Return what a client sees of so many creates."""
    answers = [create(fake, service, token) for _ in range(count)]
    return [(each.status, each.wire, len(each.body) < 40) for each in answers]


def in_force(fake: Fake) -> list[Any]:
    return [(number, str(each), each.account, each.origin, happened) for number, each, happened in fake.faults]


def test_the_file_fits_what_is_said_of_it() -> None:
    form, found = (
        json.loads((folder("schemas") / name).read_text(encoding="utf-8"))
        for name in ("profiles.meta.json", "profiles.json")
    )
    Draft202012Validator.check_schema(form)
    assert [error.message for error in Draft202012Validator(form).iter_errors(found)] == []


@pytest.mark.parametrize(
    ("name", "line"), [(profile.name, line) for profile in OURS.values() for line in profile.lines]
)
def test_each_line_of_ours_is_a_fault(name: str, line: str) -> None:
    assert str(fault(line, SERVICES)) == line, name


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name", OURS)
def test_each_fault_of_a_profile_can_happen_at_each_service(name: str, service: str) -> None:
    fake = Fake(Settings(services=(service,), seed=1, profile=(name,)))
    operation, payload = least(service)
    target = Target(service, operation.id, "me", operation.path, payload)
    faults = [each for _, each, _ in fake.faults]
    assert faults
    for each in faults:
        _, is_hit = Happening(replace(each, chance=None)).met(each.stage, target, lambda _: 0.0)
        assert is_hit, str(each)
    assert all(100 <= create(fake, service).status < 600 for _ in range(5))
    assert fake.failures == 0
    fake.profiles.stop(name)
    assert list(fake.faults) == []
    assert create(fake, service).wire is None


@pytest.mark.parametrize("service", ["kling", "useapi", "new-api-videos"])
@pytest.mark.parametrize("name", OURS)
def test_with_a_seed_a_profile_strikes_the_same_way_each_time(name: str, service: str) -> None:
    fake, other = (Fake(Settings(services=(service,), seed=7)) for _ in range(2))
    fake.profiles.start(name)
    first = seen(fake, service)
    fake.profiles.stop(name)
    other.faults.add("slow-body 1ms #1000")  # its number is another one
    other.profiles.start(name)
    fake.profiles.start(name)
    assert first == seen(fake, service) == seen(other, service)


def test_another_seed_strikes_otherwise() -> None:
    assert seen(Fake(Settings(seed=1, profile=("busy-hour",)))) != seen(Fake(Settings(seed=2, profile=("busy-hour",))))


def test_each_account_meets_a_profile_of_its_own_in_the_same_way() -> None:
    fake = Fake(Settings(seed=3))
    fake.profiles.start("busy-hour", account="me")
    fake.profiles.start("busy-hour", account="you")
    assert seen(fake, token="me") == seen(fake, token="you")
    fake.profiles.stop("busy-hour", account="you")
    assert {account for _, _, account, _, _ in in_force(fake)} == {fake.world.known_as("me")}
    assert {status for status, _, _ in seen(fake, token="you")} == {200}


LINES = st.sampled_from(["1303 x2", "hang #3", "truncated 50% on kling", "callback-lost", "unavailable 4%"])
Step = tuple[str, str, str | None]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.tuples(st.just("add"), LINES, st.sampled_from([None, "me"])),
        st.tuples(st.just("start"), st.sampled_from([*OURS]), st.sampled_from([None, "me", "you"])),
        st.tuples(st.just("stop"), st.sampled_from([*OURS]), st.sampled_from([None, "me", "you"])),
        st.tuples(st.just("send"), st.just(""), st.just(None)),
    ),
    max_size=12,
)


@given(STEPS)
def test_whatever_is_started_and_stopped_other_faults_stay_as_they_are(steps: list[Step]) -> None:
    fake = Fake(Settings(services=("kling",), seed=1))
    added = 0
    for step, what, account in steps:
        if step == "add":
            fake.faults.add(what, account=account)
            added += 1
        elif step == "send":
            create(fake)
        else:
            before = [each for each in in_force(fake) if each[3] != f"profile {what}"]
            getattr(fake.profiles, step)(what, account=account)
            assert [each for each in in_force(fake) if each[3] != f"profile {what}"] == before
            is_on = any(each[3] == f"profile {what}" for each in in_force(fake))
            assert is_on or step == "stop"
    for name in OURS:
        fake.profiles.stop(name)
    assert [origin for _, _, _, origin, _ in in_force(fake)] == ["python"] * added


def test_what_is_on_stays_as_it_is_and_what_was_taken_from_it_comes_back() -> None:
    fake = Fake(Settings(seed=1))
    numbers = fake.profiles.start("flaky")
    assert fake.profiles.start("flaky") == numbers
    fake.faults.remove(numbers[2])
    again = fake.profiles.start("flaky")
    assert (again[:2], again[3:]) == (numbers[:2], numbers[3:])
    assert [line for _, line, _, _, _ in sorted(in_force(fake))[:-1]] == [
        line for index, line in enumerate(OURS["flaky"].lines) if index != 2
    ]


def test_a_snapshot_brings_a_profile_back_and_it_goes_on_as_it_would_have() -> None:
    settings = Settings(services=("kling",), seed=5)
    fake, other = Fake(settings), Fake(settings)
    fake.profiles.start("busy-hour", account="me")
    fake.profiles.start("slow")
    seen(fake, count=10)
    other.restore(json.loads(json.dumps(fake.snapshot())))
    assert seen(other) == seen(fake)
    other.profiles.start("slow")
    assert len(in_force(other)) == len(in_force(fake))
    other.profiles.stop("slow")
    other.profiles.stop("busy-hour", account="me")
    assert in_force(other) == []


def test_a_reset_ends_a_profile() -> None:
    fake = Fake(Settings(profile=("slow",)))
    fake.reset()
    assert list(fake.faults) == []


@pytest.mark.parametrize("maker", [name for name, maker in MAKERS.items() if maker.url is not None])
def test_all_who_share_a_store_share_its_profiles(maker: str, tmp_path: Path) -> None:
    settings = Settings(seed=1, profile=("offline",), profiles={"mine": ("bare 418",)})
    one, two = (Fake(settings, store=MAKERS[maker].open(tmp_path, Bounds(), Times())) for _ in range(2))
    three = Fake(store=MAKERS[maker].open(tmp_path, Bounds(), Times()))
    assert len(in_force(two)) == len(OURS["offline"].lines)
    one.profiles.stop("offline")
    one.profiles.start("mine")
    for other in (two, three):
        assert create(other).status == 418
        assert [each.name for each in other.profiles if other.profiles.in_force(each.name)] == ["mine"]
    three.profiles.stop("mine")  # which its own settings do not have
    assert create(one).status == 200
    for fake in (one, two, three):
        fake.store.close()
    again = Fake(settings, store=MAKERS[maker].open(tmp_path, Bounds(), Times()))
    assert in_force(again) == []
    again.store.close()


def test_a_profile_of_ones_own_takes_the_place_of_ours() -> None:
    fake = Fake(Settings(profiles={"flaky": ("bare 418",), "night": ("1303 x1", "hang #9 for somebody")}))
    assert [(each.name, each.is_own) for each in fake.profiles if each.is_own] == [("flaky", True), ("night", True)]
    fake.profiles.start("flaky")
    assert [line for _, line, _, _, _ in in_force(fake)] == ["bare 418"]
    fake.profiles.start("night")
    assert [each[2] for each in in_force(fake)][1:] == [None, fake.world.known_as("somebody")]


def test_a_line_that_only_other_services_know_is_left_out() -> None:
    own = {"mixed": ("1303", "capacity")}
    for service, line in (("kling", "1303 on kling"), ("useapi", "capacity on useapi")):
        fake = Fake(Settings(services=(service,), profiles=own, profile=("mixed",)))
        assert [each[1] for each in in_force(fake)] == [line]
    fake = Fake(Settings(services=("kling",), profiles={"none": ("capacity",)}))
    with pytest.raises(BadSetting, match="no fault of the profile 'none' can happen at kling"):
        fake.profiles.start("none")


@pytest.mark.parametrize(
    ("settings", "error", "text"),
    [
        ({"profile": ["flakey"]}, NoSuchProfile, "no profile 'flakey'; did you mean 'flaky'"),
        ({"profile": ["x"]}, NoSuchProfile, "`mockserver list profiles` lists all"),
        ({"profile": ["nigth"], "profiles": {"night": ["hang"]}}, NoSuchProfile, "did you mean 'night'"),
        (
            {"profiles": {"night": ["hnag"]}},
            BadSetting,
            "has the line 'hnag': no fault 'hnag'; did you mean 'hang'",
        ),
        (
            {"profiles": {"night": ["hang now"]}},
            BadSetting,
            "has the line 'hang now': hang: this",
        ),
        ({"profiles": {"night": []}}, BadSetting, "the profile 'night' has no fault"),
        ({"profiles": {"night": "hang"}}, BadSetting, "'hang' is not a list of faults"),
        ({"profiles": {"a b": ["hang"]}}, BadSetting, "'a b' is not the name of a profile"),
        ({"profiles": ["hang"]}, BadSetting, "does not map names to lists of faults"),
    ],
)
def test_a_mistake_is_refused_at_the_start(settings: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text.replace("(", r"\(")):
        Fake(Settings(**settings))


def test_what_no_profile_is_called_cannot_be_switched() -> None:
    fake = Fake(Settings())
    for switch in (fake.profiles.start, fake.profiles.stop):
        with pytest.raises(NoSuchProfile, match="did you mean 'slow'"):
            switch("slwo")


def listed() -> Iterator[str]:
    for profile in OURS.values():
        yield f"{profile.name}  {profile.imitates} ({'; '.join(profile.lines)})"


def test_the_command_lists_profiles_and_refuses_what_is_none() -> None:
    assert CliRunner().invoke(main, ["list", "profiles"]).output.splitlines() == [*listed()]
    refused = CliRunner().invoke(main, ["serve", "--port", "0", "--profile", "flakey"])
    assert (refused.exit_code, "did you mean 'flaky'" in refused.output) == (2, True), refused.output
