"""One configuration: an option, a variable and a key of the file say the same, in this order."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from mockserver.cli import main
from mockserver.configuration.option import Command, Configurable
from mockserver.options.commands import COMMANDS, PYTHON
from mockserver.options.services import OWN_SERVICES
from tests.support.configured import CASES, NEEDED, environment, found, line, name, samples, variable, words

FOR_THE_COMMAND_LINE = {
    "check client --payload": "it repeats one play",
    "check client --reading": "it repeats one play, and is not what a fake is set to",
    "config --json": "it is how one look is printed",
    "example --break": "it is what one call is about",
    "example --count": "as --break",
    "import --force": "it is a decision of the moment",
    "import --out": "it is where one call writes",
    "import --service": "it is a new name",
    "new service --force": "as import --force",
    "new service --like": "it is what one call is about",
    "new service --out": "as import --out",
    "openapi --output": "as import --out",
    "readings --json": "as config --json",
    "rules --json": "as config --json",
    "token --case": "it is what one call is about",
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
        if isinstance(each, click.Option) and not isinstance(each, Configurable)
    }
    assert others == FOR_THE_COMMAND_LINE.keys()


@pytest.mark.parametrize(("command", "option"), CASES, ids=map(name, CASES))
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


@pytest.mark.parametrize(("command", "option"), CASES, ids=map(name, CASES))
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
