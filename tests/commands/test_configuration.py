"""One configuration: an option, a variable and a key of the file say the same, in this order."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from mockserver.adapters.http import server
from mockserver.cli import main
from mockserver.configuration.option import Command, Configurable
from mockserver.options.commands import COMMANDS, PYTHON, STEERING
from mockserver.options.services import OWN_SERVICES
from tests.support.configured import CASES, NEEDED, environment, found, line, parameters, samples, variable, words

FOR_THE_COMMAND_LINE = {
    "ca --json": "as config --json",
    "check client --payload": "it repeats one play",
    "check client --reading": "it repeats one play, and is not what a fake is set to",
    "check server --plan": "it is a decision of the moment",
    "check server --yes": "it is a decision of the moment",
    "config --json": "it is how one look is printed",
    "example --break": "it is what one call is about",
    "example --count": "as --break",
    "import --force": "it is a decision of the moment",
    "import --out": "it is where one call writes",
    "import --service": "it is a new name",
    "init --force": "as import --force",
    "init --lang": "it is what one call is about",
    "new service --force": "as import --force",
    "new service --like": "it is what one call is about",
    "new service --out": "as import --out",
    "openapi --output": "as import --out",
    "readings --force": "as import --force",
    "readings --from": "it is what one call is about",
    "readings --json": "as config --json",
    "readings --output": "as import --out",
    "readings --service": "it is whose exchanges those of one file are",
    "rules --json": "as config --json",
    "serve --stop-at-eof": "who holds the other end is a matter of one start",
    "token --case": "it is what one call is about",
    "validate --report": "as import --out",
    "validate --service": "as readings --service",
}
"""The options that neither a variable nor the file sets, and why."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go where a file would count."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str) -> None:
    Path("mockserver.toml").write_text(text, encoding="utf-8")


def commands(group: click.Group = main, before: Command = ()) -> dict[Command, click.Command]:
    found: dict[Command, click.Command] = {}
    for word in group.commands:
        command = group.commands[word]
        path = (*before, word)
        found |= commands(command, path) if isinstance(command, click.Group) else {path: command}
    return found


ALL = commands()


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_what_a_command_takes_is_what_can_be_configured_of_it(command: Command) -> None:
    options = [each for each in ALL[command].params if isinstance(each, Configurable)]
    assert {*COMMANDS.get(command, [OWN_SERVICES])} == {*options}
    assert all(option.secondary_opts for option in options if option.is_flag), "nobody could turn it off again"


def test_every_other_option_has_a_reason() -> None:
    others = {
        " ".join([*path, each.opts[0]])
        for path, command in ALL.items()
        for each in command.params
        if isinstance(each, click.Option) and not isinstance(each, Configurable) and path not in STEERING
    }
    assert others == FOR_THE_COMMAND_LINE.keys()


@pytest.mark.parametrize(("command", "option"), parameters())
def test_an_option_a_variable_and_a_key_say_the_same(command: Command, option: Configurable, here: Path) -> None:
    texts, _ = samples(option, here)
    default = None if option.opts[0] in NEEDED.get(command, {}) else found(command, option)
    with environment(variable(option, texts)):
        by_variable = found(command, option)
    if option.multiple:
        with environment({str(option.envvar): "\n".join([*texts, ""])}):
            assert found(command, option) == by_variable
    write(line(option, texts))
    by_file = found(command, option)
    assert by_variable == by_file != default
    if command != PYTHON:
        assert found(command, option, *words(option, texts)) == by_file


@pytest.mark.parametrize(("command", "option"), parameters())
def test_options_count_before_variables_and_those_before_the_file(
    command: Command, option: Configurable, here: Path
) -> None:
    one, other = samples(option, here)
    write(line(option, one))
    expected = found(command, option)
    write(line(option, other))
    assert (another := found(command, option)) != expected
    with environment(variable(option, one)):
        assert found(command, option) == expected
        if command != PYTHON:
            assert found(command, option, *words(option, other)) == another
    if option is not OWN_SERVICES:
        write(f"{line(option, other)}\n[{'.'.join(command)}]\n{line(option, one)}")
        assert found(command, option) == expected


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


PATHS = [case for case in CASES if isinstance(case[1].type, click.Path)]


@pytest.mark.parametrize(("command", "option"), parameters(PATHS))
def test_a_path_in_a_file_is_relative_to_its_folder(
    command: Command, option: Configurable, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(f"{option.key} = 'data/one'\n")
    (here / "inner").mkdir()
    monkeypatch.chdir(here / "inner")
    value = found(command, option)
    assert [str(each) for each in (value if option.multiple else [value])] == [str(here / "data" / "one")]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:data/one.db", "sqlite:{}/data/one.db"),
        ("sqlite:/data/one.db", "sqlite:/data/one.db"),
        ("sqlite:///data/one.db", "sqlite:///data/one.db"),
        ("redis://localhost/1", "redis://localhost/1"),
        ("memory:", "memory:"),
    ],
)
def test_so_is_the_file_of_a_store(url: str, expected: str, here: Path) -> None:
    write(f"store = '{url}'\n")
    store = next(option for option in COMMANDS["serve",] if option.key == "store")
    assert found(("serve",), store) == expected.format(here)


MISTAKES: dict[str, tuple[dict[str, str], str, tuple[str, ...], str]] = {
    "variable": ({"MOCKSERVER_PROT": "1"}, "", (), "MOCKSERVER_PROT: no option has this variable; did you mean 'MOCK"),
    "key": ({}, "prot = 1", ("list", "services"), "mockserver.toml, line 1: prot: no option has this key; did you me"),
    "toml": ({}, "prot", ("rules",), "mockserver.toml: it is not TOML"),
    "number": ({"MOCKSERVER_PORT": "http"}, "", (), "Invalid value for '--port' (MOCKSERVER_PORT): 'http' is not"),
    "number-in-file": ({}, "\nport = 'http'", (), "Invalid value for '--port' (mockserver.toml, line 2): 'http' is no"),
    "flag": ({"MOCKSERVER_STRICT": "perhaps"}, "", (), "Invalid value for '--strict' (MOCKSERVER_STRICT): 'perhaps'"),
    "setting": ({"MOCKSERVER_PACE": "slow"}, "", (), "with N from 1. (MOCKSERVER_PACE)"),
    "setting-in-file": ({}, "pace = 'slow'", ("run", "true"), "with N from 1. (mockserver.toml, line 1)"),
    "service": ({"MOCKSERVER_SERVICE": "klign"}, "", (), "did you mean 'kling'? (MOCKSERVER_SERVICE)"),
    "check": ({}, "skip = ['wier']", ("check", "client", "x"), "did you mean 'wire'? (mockserver.toml, line 1)"),
    "operation": (
        {"MOCKSERVER_OPERATION": "kling/omni-imag"},
        "",
        ("check", "server", "http://127.0.0.1:1"),
        "(MOCKSERVER_OPERATION)",
    ),
    "store": ({"MOCKSERVER_STORE": "sqlit:x"}, "", (), "Did you mean sqlite:? (MOCKSERVER_STORE)"),
    "schemas": ({}, "schemas = ['gone']", ("rules",), "gone' is no folder that can be read"),
    "two-services": (
        {},
        "service = ['kling', 'yutoai']",
        ("proxy", "http://x"),
        "'proxy' takes one value. Write that b",
    ),
    "command": ({}, "", ("config", "serv"), "'serv' has options that can be configured; did you mean 'serve'?"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_line_that_says_where_it_is(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "listen", lambda *_: pytest.fail("this passed for meant"))
    variables, text, words, told = MISTAKES[case]
    write(text)
    with environment(variables):
        result = run(*words)
        verbose = run("--verbose", *words)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    (line,) = result.stderr.splitlines()
    assert told in line
    assert verbose.stderr.startswith("Traceback")
    assert verbose.stderr.splitlines()[-1] == line


def test_an_option_is_not_blamed_on_what_it_overrules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKSERVER_PACE", "real")
    assert run("--pace", "slow").stderr.endswith("with N from 1.\n")


@pytest.mark.parametrize(
    ("text", "variables", "words", "expected"),
    [
        ("record = 'a'", {}, ["--replay", "b"], [None, "b"]),
        ("record = 'a'", {"MOCKSERVER_REPLAY": "b"}, [], [None, "b"]),
        ("record = '/a'", {}, [], ["/a", None]),
        ("replay = 'b'", {"MOCKSERVER_RECORD": "a"}, [], ["a", None]),
    ],
)
def test_of_options_that_exclude_each_other_the_nearer_counts(
    text: str, variables: dict[str, str], words: list[str], expected: list[str | None]
) -> None:
    write(text)
    options = {option.key: option for option in COMMANDS["proxy",]}
    with environment(variables):
        both = [found(("proxy",), options[key], *words) for key in ("record", "replay")]
    assert [each and str(each) for each in both] == expected


def test_whoever_is_isolated_has_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[serv]\nport = 1")
    monkeypatch.setenv("MOCKSERVER_PROT", "1")
    monkeypatch.setenv("MOCKSERVER_PACE", "real")
    result = run("--isolated", "config", "serve", "--json")
    settings = json.loads(result.stdout)["commands"]["serve"]
    assert {each["from"]["kind"] for each in settings.values()} == {"default"}
    assert settings["pace"]["value"] == "fast"


def test_a_port_that_a_cluster_has_set_is_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKSERVER_PORT", "tcp://10.0.0.11:8080")
    monkeypatch.setenv("MOCKSERVER_SERVICE_HOST", "10.0.0.11")
    port = next(option for option in COMMANDS["serve",] if option.key == "port")
    assert found(("serve",), port) == 8080
    told = run("config", "proxy").stdout
    assert "MOCKSERVER_PORT does not count: Kubernetes or Docker sets it to tcp://10.0.0.11:8080 for a service" in told


def test_config_shows_what_counts_and_where_it_is_from(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("pace = 'real'\nservice = ['kling', 'useapi']\n[serve]\nport = 9000\n")
    Path("pyproject.toml").write_text("[tool.mockserver]\npace = 'fast'\n", encoding="utf-8")
    monkeypatch.setenv("MOCKSERVER_KEY", "a-secret-of-some-length,AK:SK-that-nobody-must-know")
    monkeypatch.setenv("MOCKSERVER_STORE", "redis://me:password-of-redis@localhost")
    result = run("config", "serve")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [re.sub(" +", " ", line) for line in result.stdout.splitlines()]
    assert lines[:3] == [f"The file is {here}/mockserver.toml. pyproject.toml beside it does not count.", "", "serve"]
    assert " --host 127.0.0.1 [default]" in lines
    assert " --port 9000 [mockserver.toml, line 4: serve.port]" in lines
    assert " --service kling, useapi [mockserver.toml, line 2: service]" in lines
    assert " --strict false [default]" in lines
    assert " --key a-se…ngth, AK:S…know [MOCKSERVER_KEY]" in lines
    assert " --store redis://me…:pa…@localhost [MOCKSERVER_STORE]".replace("pa…", "pass…edis") in lines
    found = json.loads(run("config", "serve", "--json").stdout)
    assert (found["file"], found["ignored"]) == (str(here / "mockserver.toml"), str(here / "pyproject.toml"))
    assert found["commands"]["serve"]["port"] == {
        "value": 9000,
        "from": {"kind": "file", "name": str(here / "mockserver.toml"), "key": "serve.port", "line": 4},
        "error": None,
    }
    assert "password-of-redis" not in result.stdout


def test_config_hides_every_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"key", "control-token", "token", "other-token", "ak", "sk", "webhook-secret"}
    keys = {option.key for options in COMMANDS.values() for option in options}
    assert secrets <= keys
    for key in secrets:
        monkeypatch.setenv(
            f"MOCKSERVER_{key.upper().replace('-', '_')}", "whsec_dGhlIHNlY3JldCB0aGF0IG5vYm9keSBrbm93cw=="
        )
    assert "dGhlIHNlY3JldCB0aGF0" not in run("config").stdout + run("config", "--json").stdout


def test_config_shows_all_commands_and_what_is_wrong_with_one(here: Path) -> None:
    write("service = ['kling', 'yutoai']\n")
    result = run("config")
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if line and not line.startswith((" ", "The file"))] == [
        " ".join(command) for command in COMMANDS
    ]
    assert "'check server' takes one value" in result.stdout
    inside = json.loads(run("config", "check", "--json").stdout)["commands"]
    assert [*inside] == ["check client", "check server"]
    assert inside["check server"]["service"]["error"].endswith("Write that below [check.server].")


def test_help_shows_what_is_configured_and_minds_no_value_of_another_command() -> None:
    write("service = ['kling', 'yutoai']\nport = 9000\n")
    result = run("proxy", "--help")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "default: 9000" in re.sub(r"\s+", " ", result.stdout)


def test_without_a_file_config_says_so() -> None:
    assert run("config", "rules").stdout.startswith("There is no mockserver.toml, and no [tool.mockserver] in a pypr")


SEES = """
import json, os, sys, urllib.request
def get(path):
    with urllib.request.urlopen(os.environ["MOCKSERVER_URL"] + "/_mock" + path) as answer:
        return json.load(answer)
json.dump(get("/settings") | {"faults": [each["fault"] for each in get("/faults")["faults"]]}, sys.stdout)
"""


def test_run_starts_a_fake_with_all_that_counts_and_nothing_else(here: Path) -> None:
    write("pace = 'real'\nfault = ['hang']\nstrict = true\nport = 1\n[readings]\nmissing-task = '404-1203'\n")
    with environment({"MOCKSERVER_FAULT": "1303 x2, 5000", "MOCKSERVER_STRICT": "false"}):
        words = ["run", "--pace", "instant", "--", sys.executable, "-c", SEES]
        command = [sys.executable, "-m", "mockserver", *words]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    settings = json.loads(ended.stdout)
    assert (settings["pace"], settings["faults"], settings["strict"]) == ("instant", ["1303 x2", "5000"], False)
    assert settings["readings"]["kling"]["missing-task"] == "404-1203"


def test_who_configures_nothing_pays_for_nothing(here: Path) -> None:
    heavy = "{'tomllib', 'mockserver.configuration.option', 'mockserver.options.commands'}"
    code = f"import sys; from mockserver import live; live().__enter__(); print(*{heavy} & {{*sys.modules}})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
