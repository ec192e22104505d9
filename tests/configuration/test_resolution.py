"""The resolution: what counts for functions of Python, and where an error says that its value is from."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver import kit, live, patch
from mockserver.cli import main
from mockserver.commands.judging.run import _serve_options, run
from mockserver.configuration.environment import isolated, variable
from mockserver.configuration.resolution import Resolution, words_of
from mockserver.contract.catalog import load
from mockserver.errors import BadSetting, MockserverError
from mockserver.importing.folder import write as make
from mockserver.importing.notes import Notes
from mockserver.importing.skeleton import skeleton
from mockserver.kit.client import runner as client
from mockserver.kit.client.settings import Settings as ClientSettings
from mockserver.kit.server import runner as server
from mockserver.kit.server.settings import Settings as ServerSettings
from mockserver.options.commands import COMMANDS
from mockserver.options.fake import FAKE
from mockserver.settings import Settings

Made = Callable[..., Any]


def write(text: str) -> None:
    Path("mockserver.toml").write_text(text, encoding="utf-8")


def refused() -> str:
    with pytest.raises(BadSetting) as caught:
        Resolution.here()
    (line,) = str(caught.value).splitlines()
    return line


def settings_of_live(**options: Any) -> Settings:
    with live(**options) as running:
        return running.fake.settings


def settings_of_patch(**options: Any) -> Settings:
    return patch(**options).fake.settings


BOTH = pytest.mark.parametrize("made", [settings_of_live, settings_of_patch])


@BOTH
def test_functions_take_what_is_not_said_from_variables_and_the_file(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("pace = 'real'\nslots = 3\nfault = ['1303']\n[readings]\nmissing-task = '404-1203'\n[serve]\nslots = 9\n")
    monkeypatch.setenv("MOCKSERVER_FAULT", "hang,5000")
    monkeypatch.setenv("MOCKSERVER_PORT", "1")  # of no concern to a function
    settings = made(pace="instant")
    assert (settings.pace, settings.slots, settings.faults) == ("instant", 3, ("hang", "5000"))
    assert settings.readings == {"missing-task": "404-1203"}
    write("slots = 3\n[python]\nslots = 4\n")
    assert (made().slots, made(slots=None).slots) == (4, None)


@BOTH
def test_functions_refuse_what_commands_refuse(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    write("[serv]\npace = 'real'\n")
    with pytest.raises(BadSetting, match=r"mockserver\.toml, line 1: serv: .* did you mean 'serve'\?"):
        made()
    Path("mockserver.toml").unlink()
    monkeypatch.setenv("MOCKSERVER_PACEE", "real")
    with pytest.raises(BadSetting, match=r"MOCKSERVER_PACEE: .* did you mean 'MOCKSERVER_PACE'"):
        made()


BAD = {
    "services": "klign",
    "prefixes": "a b",
    "pace": "slow",
    "strict": "maybe",
    "readings": "mising-task=404-1203",
    "keys": "AK:",
    "slots": "many",
    "rate": "often",
    "faults": "hangs",
    "profile": "flakey",
    "profiles": "bad-day=hangs",
    "seed": "x",
    "max_body": "0",
    "max_tasks": "0",
    "public_url": "mock.example",
    "trust_proxy": "maybe",
    "webhook_secret": "whsec_",
    "allow_callbacks_to": "a:b:c:d e",
    "deny_callbacks_to": "a:b:c:d e",
}
"""A value that each setting refuses."""


@pytest.mark.parametrize("option", FAKE, ids=lambda option: option.key)
def test_what_is_wrong_with_a_value_is_told_with_where_it_is_from(option: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    text = BAD[option.name]
    with monkeypatch.context() as patched:
        patched.setenv(variable(option.key), text)
        with pytest.raises(MockserverError, match=rf" \({variable(option.key)}\)$"):
            settings_of_patch()
    write(f"\n{option.key} = '{text}'\n")
    with pytest.raises(MockserverError, match=r" \(mockserver\.toml, line 2\)$") as caught:
        settings_of_patch()
    assert "\n" not in str(caught.value)


def test_each_setting_can_be_configured() -> None:
    assert {each.name for each in FAKE} == {field.name for field in fields(Settings)} == BAD.keys()


KEYS = [
    (command, option.key)
    for command, options in COMMANDS.items()
    for option in options
    if len(option.key) > 2 and option.expose_value
]


@pytest.mark.parametrize(("command", "key"), KEYS, ids=lambda each: each if isinstance(each, str) else " ".join(each))
def test_a_misspelt_key_is_refused_with_what_is_near_and_its_line(command: Sequence[str], key: str) -> None:
    wrong = key[:-2] + key[-1] + key[-2] if key[-1] != key[-2] else key + "x"
    write(f"[{'.'.join(command)}]\n{wrong} = 1\n")
    line = refused()
    assert line.startswith(f"mockserver.toml, line 2: {'.'.join([*command, wrong])}: no option has this key; did you ")
    assert repr(key) in line


TABLES = sorted({command[:count] for command in COMMANDS for count in range(1, len(command) + 1)})


@pytest.mark.parametrize("table", TABLES, ids=" ".join)
def test_a_misspelt_table_is_refused_with_what_is_near_and_its_line(table: Sequence[str]) -> None:
    wrong = (*table[:-1], table[-1] + "e")
    write(f"\n[{'.'.join(wrong)}]\nschemas = []\n")
    assert refused().startswith(f"mockserver.toml, line 2: {'.'.join(wrong)}: no option has this key; did you mean ")
    assert repr(table[-1]) in refused()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[serve]\nschemas = ['a']", "line 2: serve.schemas: it holds for all commands. Write it at the top"),
        ("[proxy]\nslots = 1", "line 2: proxy.slots: no option has this key"),
    ],
)
def test_what_stands_in_the_wrong_place_is_refused(text: str, told: str) -> None:
    write(text)
    assert f"mockserver.toml, {told}" in refused()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("pace = ['real']\n", None),
        ("pace = ['a', 'b']", "line 1: pace: this is a list, and 'python' takes one value. Write that below [python]"),
        ("pace = 2026-01-01", "line 1: pace: this is a time"),
        ("pace = { a = 1 }", "line 1: pace: this is a table"),
        ("fault = [['1303']]", "line 1: fault: this is a list in a list"),
        ("readings = 'missing-task=404-1203'", "line 1: readings: this is no table. Write [readings]"),
        ("[readings]\nmissing-task = [['404-1203']]", "line 2: readings.missing-task: this is a list in a list"),
        ("[readings]\nmissing-task = []", "line 2: readings.missing-task: this list is empty"),
        ("profiles = 5", "line 1: profiles: this is no table. Write [profiles]"),
        ("[profiles]\nbusy = []", "line 2: profiles.busy: this list is empty"),
        ("[profiles]\n'b c' = ['1303']", "--own-profile: 'b c' is not the name of a profile. Write one such as bad"),
        ("\n[profiles]\nbusy = ['1303', 'hangs']", "'busy' has the line 'hangs': "),
        (
            "max-body = 1.5",
            "--max-body: '1.5' is not a number of bytes. Write a whole number from 1. (mocks",
        ),
        ("slots = true", "--slots: 'true' is not a number of tasks"),
    ],
)
def test_a_value_of_another_kind_is_refused_in_a_line(text: str, told: str | None) -> None:
    write(text)
    if told is None:
        assert settings_of_patch().pace == "real"
        return
    with pytest.raises(BadSetting) as caught:
        settings_of_patch()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_both_forms_of_readings_add_up() -> None:
    write("reading = ['missing-task=404-1203']\n[readings]\nlist-order = 'oldest-first'\n")
    assert settings_of_patch().readings == {"list-order": "oldest-first", "missing-task": "404-1203"}


JUDGES: Mapping[str, tuple[Any, Any, Callable[..., Any]]] = {
    "client": (client, ClientSettings, lambda **options: kit.check_client(["testee"], **options)),
    "server": (server, ServerSettings, lambda **options: kit.check_server("http://127.0.0.1:1", **options)),
}


@pytest.fixture(params=JUDGES)
def judged(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return what tells with which settings a judge would run."""
    module, _, judge = JUDGES[request.param]
    monkeypatch.setattr(module, "run", lambda settings: settings)
    return judge


def test_judges_take_what_is_not_said_from_variables_and_the_file(
    judged: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("pace = 'no concern of theirs'\nseconds = 7\nskip = ['wire']\n[check]\nseed = 3\n")
    monkeypatch.setenv("MOCKSERVER_SKIP", "retry,create")
    settings = judged(seconds=9.5)
    assert (settings.seconds, settings.skip, settings.seed) == (9.5, ("retry", "create"), 3)


def test_what_cannot_go_with_an_argument_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "run", lambda settings: settings)
    monkeypatch.setenv("MOCKSERVER_AK", "ak")
    monkeypatch.setenv("MOCKSERVER_SK", "sk")

    def secrets(**options: Any) -> list[Any]:
        settings: Any = kit.check_server("http://127.0.0.1:1", **options)
        return [settings.token, settings.ak, settings.sk]

    assert secrets() == [None, "ak", "sk"]
    assert secrets(token="mine") == ["mine", None, None]
    write("token = 'of the file'")
    assert secrets() == [None, "ak", "sk"]
    assert secrets(ak="a", sk="b") == [None, "a", "b"]
    monkeypatch.setenv("MOCKSERVER_TOKEN", "of a variable")
    settings: Any = kit.check_server("http://127.0.0.1:1")
    with pytest.raises(BadSetting, match="Give either a token or an access key"):
        settings.target()


def test_the_file_names_folders_of_services_for_all(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("acme", "other"):
        make(here / name / name, skeleton(name, "kling"), Notes(), "kling")
    write("schemas = ['acme']\nservice = ['acme']\n")
    (here / "inner").mkdir()
    monkeypatch.chdir(here / "inner")
    assert settings_of_live().services == ("acme",)
    assert "acme" in load().services
    monkeypatch.setenv("MOCKSERVER_SCHEMAS", str(here / "other"))
    assert ("acme" in load().services, "other" in load().services) == (False, True)
    with live(schemas=[here / "acme"]) as running:
        assert {"acme", "other"} <= running.fake.world.catalog.services.keys()


@pytest.mark.parametrize("of", ["client", "server"])
def test_a_line_that_repeats_a_finding_follows_no_configuration(of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def repeated() -> list[str]:
        if of == "client":
            return shlex.split(ClientSettings(testee=["testee"]).repetition("a-check", "kling/omni-image", "plain"))
        return shlex.split(ServerSettings(url="http://127.0.0.1:1", token="me").repetition("a-check", None))

    plain = repeated()
    assert plain[:3] == ["mockserver", "check", of]
    monkeypatch.setenv("MOCKSERVER_TOKEN", "me")
    assert repeated() == plain
    write("seed = 5\n")
    assert repeated() == ["mockserver", "--isolated", *plain[1:]]
    with isolated():
        assert repeated() == ["mockserver", "--isolated", *plain[1:]]
    write("[serve]\nseed = 5\n")
    assert repeated() == plain
    assert words_of(("serve",)) == ["mockserver", "--isolated", "serve"]


def test_a_profile_of_the_file_is_on_where_it_is_named(here: Path) -> None:
    write('profile = ["bad-day"]\n[profiles]\nbad-day = ["1303 x2", "hang"]\n')
    with live() as running:
        assert [str(fault) for _, fault, _ in running.faults] == ["1303 x2", "hang"]
    shown = CliRunner().invoke(main, ["list", "profiles"]).output
    assert "bad-day" in shown
    assert "from the configuration (1303 x2; hang)" in shown


def test_run_tells_its_fake_all_that_is_configured(here: Path) -> None:
    write('profile = "flaky"\nstrict = true\n[profiles]\nbad-day = ["1303 x2", "hang"]\n[run.readings]\na = "b"\n')
    resolution = Resolution.here()
    assert resolution is not None
    above = resolution.context(("run",)).parent
    context = run.make_context("run", ["--profile", "bad-day", "--no-strict", "true"], parent=above)
    profiles = ["--own-profile", "bad-day=1303 x2", "--own-profile", "bad-day=hang"]
    assert [*_serve_options(context)] == ["--no-strict", "--reading", "a=b", "--profile", "bad-day", *profiles]
