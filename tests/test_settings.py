"""Settings: whoever makes them is refused the same values in the same sentence."""

from __future__ import annotations

import inspect
import json
import math
import typing
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import click
import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from mockserver.adapters.http.asgi import application
from mockserver.adapters.testing.handle import Options
from mockserver.adapters.testing.live import live
from mockserver.adapters.testing.patch import patch
from mockserver.contract.description.control import description
from mockserver.errors import BadSetting
from mockserver.fake.core import Fake
from mockserver.options.fake import FAKE
from mockserver.settings import Key, Settings, checked_settings

FIELDS = [field.name for field in fields(Settings)]

ODD: dict[str, Any] = {
    "nothing": None,
    "yes": True,
    "zero": 0,
    "minus-one": -1,
    "ten": 10,
    "huge": 10**5000,
    "half": 1.5,
    "not-a-number": math.nan,
    "empty-text": "",
    "text": "a",
    "long-text": "a" * 10_000,
    "two-lines": "a\nb",
    "surrogate": "\ud83d",
    "bytes": b"a",
    "list": [],
    "tuple-of-a-number": (5,),
    "list-of-nothing": [None],
    "list-of-empty-text": [""],
    "list-of-a-list": [["a"]],
    "mapping": {},
    "mapping-of-a-number": {"missing-task": 404},
    "mapping-by-a-number": {404: "missing-task"},
    "mapping-of-nobody": {"no-such": "reading"},
    "set": {"a"},
    "generator": (text for text in ("a",)),
    "class": Settings,
    "key": Key("a"),
    "key-of-a-number": [Key(5)],  # type: ignore[arg-type]
    "key-without-secret": ["AK:"],
    "service-of-nobody": ["klign"],
    "fault-of-nobody": ["hangs"],
}


def told(make: Callable[[], object]) -> str | None:
    """Return what is said of a wrong value, or ``None`` if it is not wrong; any other exception fails the test."""
    try:
        make()
    except BadSetting as wrong:
        error = wrong
    else:
        return None
    assert (len(str(error).splitlines()), len(str(error)) < 400) == (1, True)
    assert error.option
    assert error.sentence in str(error)
    return str(error)


def is_json(value: object) -> bool:
    try:
        return bool(json.loads(json.dumps(value, ensure_ascii=False, allow_nan=False).encode()) == value)
    except (TypeError, ValueError):
        return False


@pytest.fixture(scope="module")
def control() -> Iterator[TestClient]:
    with TestClient(application(Fake()), base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as client:
        yield client


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_is_refused_in_the_same_sentence_wherever_it_is_set(name: str) -> None:
    fake = Fake()
    doors: list[Callable[..., Any]] = [
        lambda **settings: Fake(Settings(**settings)),
        patch,
        lambda **settings: live(**settings).__enter__(),
    ]
    for odd, value in ODD.items():
        said = told(lambda value=value: doors[0](**{name: value}))  # type: ignore[misc]
        for door in doors[1:] if said is not None else doors[1:2]:
            assert (odd, told(lambda door=door, value=value: door(**{name: value}))) == (odd, said)  # type: ignore[misc]
        changed = told(lambda value=value: fake.reconfigure(replace(Settings(), **{name: value})))  # type: ignore[misc]
        assert changed in (said, None), odd


@pytest.mark.parametrize("name", description()["components"]["schemas"]["Settings"]["properties"])
def test_the_control_api_says_what_python_says(name: str, control: TestClient) -> None:
    for odd, value in ODD.items():
        if is_json(value):
            said = told(lambda value=value: Fake(Settings(**{name: value})))  # type: ignore[misc]
            answer = control.patch("/_mock/settings", json={name: value})
            expected = 200 if said is None else 400
            assert (odd, answer.status_code, answer.json().get("error")) == (odd, expected, said)
    control.patch("/_mock/settings", json={"keys": [], "pace": "fast", "strict": False, "slots": None, "rate": None})


OPTIONS = {
    "services": "--service",
    "prefixes": "--prefix",
    "pace": "--pace",
    "keys": "--key",
    "slots": "--slots",
    "rate": "--rate",
    "faults": "--fault",
    "profile": "--profile",
    "seed": "--seed",
    "max_body": "--max-body",
    "max_tasks": "--max-tasks",
    "public_url": "--public-url",
    "webhook_secret": "--webhook-secret",
}


@pytest.mark.parametrize("text", ["", "a", "-1", "0", "10", "1.5", "a\nb", "a" * 10_000, "AK:", "1" * 5000, "foo bar"])
@pytest.mark.parametrize("name", OPTIONS)
def test_the_command_says_what_python_says(name: str, text: str) -> None:
    @click.command(params=[*FAKE])
    def made(**options: Any) -> None:
        Fake(Settings(**options))

    value: Any = [text] if name in ("services", "prefixes", "keys", "faults", "profile") else text
    if name in ("slots", "seed", "max_body", "max_tasks") and len(text) < 10 and text.lstrip("-").isdigit():
        value = int(text)
    said = told(lambda: Fake(Settings(**{name: value})))
    command = [OPTIONS[name], text]
    assert told(lambda: CliRunner().invoke(made, command, standalone_mode=False, catch_exceptions=False)) == said


REFUSED: dict[str, list[Any]] = {
    "services": ["kling", None, {"kling": 1}, {"kling"}],
    "prefixes": ["/proxy", [""], ["/"], ["//"], ["a//b"], ["a b"], ["/a?b"], ["/a#b"], ["/é"], ["/%zz"], ["/a\r\n"]],
    "pace": [None, "slow", "polls:", "polls:0", "polls:-1", "polls:1000000", "Fast", 5],
    "strict": [None, "yes", 0, 1],
    "readings": [None, "missing-task=404-1203", [("missing-task", "404-1203")], {"missing-task": None}],
    "keys": ["ak:sk", None, [""], ["AK:"], [":SK"], [5], [None], [Key("")], [Key("a", "")], {"a": "b"}],
    "slots": ["3", -1, 1.0, True, math.inf],
    "rate": [10, "10", "often", "", "0/s", "10/0s", "10/", "/s", "10/x", True],
    "faults": ["1303", None, [5], {"1303"}],
    "profile": ["flaky", None, [5], {"flaky"}],
    "profiles": [None, "flaky", ["flaky"], {"a": []}, {"a": "1303"}, {"a": [5]}, {"": ["1303"]}, {"a/b": ["1303"]}],
    "seed": ["a", "1", 1.0, True],
    "max_body": [-1, 0, None, "64", True, 1.0],
    "max_tasks": [-1, 0, None, "64", True, 1.0],
    "public_url": ["", "mock.example", "http://", "ftp://a", "https://a b", "https://a:x", "https://a:99999", "https://[",
                   "https://a?b", "https://a#b", "https://me@a", "javascript:alert(1)", "https://a\n", 5],
    "trust_proxy": [None, "yes", 1],
    "allow_callbacks_to": ["localhost", None, [5], [""], ["http://a"], ["10.0.0.0/33"], ["a:0"]],
    "deny_callbacks_to": ["localhost", None, [5], [""], ["a b"], ["a:b:c"]],
    "webhook_secret": ["", "foo", "whsec_", "whsec_!", "Zm9v", "whsec_é", b"whsec_Zm9v", 5],
}  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_what_cannot_be_meant_is_refused(name: str) -> None:
    assert [value for value in REFUSED[name] if told(lambda value=value: Settings(**{name: value})) is None] == []  # type: ignore[misc]


def test_nothing_of_a_secret_is_shown() -> None:
    for settings in ({"keys": "hush:hush"}, {"keys": [("hush",)]}, {"keys": ["hush:"]}, {"webhook_secret": "hush!"}):
        assert "hush" not in (told(lambda settings=settings: Settings(**settings)) or "hush")  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"keys": ["token", "AK:SK", Key("other")]}, {"keys": (Key("token"), Key("AK", "SK"), Key("other"))}),
        ({"services": ["kling"]}, {"services": ("kling",)}),
        ({"prefixes": ["a/", "/b/c//", "d"]}, {"prefixes": ("/a", "/b/c", "/d")}),
        ({"public_url": "https://mock.example/"}, {"public_url": "https://mock.example"}),
        ({"readings": {"missing-task": "404-1203"}}, {"readings": {"missing-task": "404-1203"}}),
        ({"pace": "polls:007"}, {"pace": "polls:007"}),
    ],
)
def test_values_are_kept_in_one_form_and_equal_settings_have_equal_hashes(
    given: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert Settings(**given) == Settings(**kept)
    assert hash(Settings(**given)) == hash(Settings(**kept))
    assert {name: getattr(Settings(**given), name) for name in kept} == kept
    assert Settings(**given) != Settings()


def test_settings_do_not_change_with_what_they_were_made_of() -> None:
    readings = {"missing-task": "404-1203"}
    settings = Settings(readings=readings)
    readings.clear()
    assert settings.readings == {"missing-task": "404-1203"}
    with pytest.raises(TypeError):
        settings.readings["missing-task"] = "400-1201"  # type: ignore[index]


@pytest.mark.parametrize(
    "make", [Settings.named, lambda options: patch(**options), lambda options: live(**options).__enter__()]
)
def test_a_name_that_no_setting_has_is_told_with_what_is_near(make: Any) -> None:
    with pytest.raises(BadSetting, match=r"^settings: no setting 'pase'; did you mean 'pace'\?"):
        make({"pase": "instant"})


def test_the_control_api_tells_of_a_name_with_what_is_near(control: TestClient) -> None:
    answer = control.patch("/_mock/settings", json={"pase": "instant"})
    assert (answer.status_code, answer.json()["error"]) == (400, "settings: no setting 'pase'; did you mean 'pace'?")
    bodies: list[Any] = [{}, [], None, "pace", {"seed": 1}]
    for body in bodies:
        answer = control.patch("/_mock/settings", json=body)
        assert (answer.status_code, "\n" in answer.json()["error"]) == (400, False)


@pytest.mark.parametrize("make", [patch, lambda *args, **settings: live(*args, **settings).__enter__()])
def test_a_fake_that_is_handed_over_has_its_settings(make: Any) -> None:
    assert told(lambda: make(Fake(), pace="instant")) == (
        "pace: a fake that is handed over has its settings. Write one or the other."
    )
    assert told(lambda: make("instant")) == "fake: str is no Fake. Write settings by name, such as pace='instant'."


@pytest.mark.parametrize("wrong", ["instant", {"pace": "instant"}, 5])
def test_a_fake_is_made_of_settings(wrong: Any) -> None:
    assert (told(lambda: Fake(wrong)) or "").startswith("settings: ")
    assert checked_settings(None) == Settings()


@pytest.mark.parametrize("function", [patch, live])
def test_the_types_of_the_options_are_those_of_the_settings(function: Any) -> None:
    assert [*Options.__annotations__] == FIELDS
    assert not Options.__required_keys__
    overloads = typing.get_overloads(function) or [inspect.unwrap(function)]
    assert inspect.signature(overloads[-1]).parameters["settings"].annotation == "Unpack[Options]"
    for field in fields(Settings):
        assert (Options.__annotations__[field.name].__forward_arg__ == field.type) or "Sequence" in str(
            Options.__annotations__[field.name]
        )


def test_limits_of_one_account_are_refused_in_the_same_sentences() -> None:
    fake = Fake()
    assert told(lambda: fake.limit("a", rate=10)) == told(lambda: Settings(rate=10))  # type: ignore[arg-type]
    assert told(lambda: fake.limit("a", slots=-1)) == told(lambda: Settings(slots=-1))
    assert told(lambda: fake.limit("a", rate="")) is not None
