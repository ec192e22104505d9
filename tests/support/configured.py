"""Commands whose options are set by options, variables or a file, and what they then find."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.configuration.option import Command, Configurable
from mockserver.configuration.resolution import Resolution
from mockserver.options.commands import COMMANDS, PYTHON
from mockserver.resources import own_schemas

Texts = list[str]
"""What is written after an option each time that it is: once, unless it can be repeated."""

CASES = [(command, option) for command, options in COMMANDS.items() for option in options]

WORDS: Mapping[Command, Sequence[str]] = {
    ("run",): ["true"],
    ("check", "client"): ["testee"],
    ("check", "server"): ["http://127.0.0.1:1"],
    ("validate",): ["kling/omni-image", "-"],
    ("example",): ["kling/omni-image"],
    ("clock", "advance"): ["1s"],
    ("clock", "set"): ["5"],
    ("fault", "add"): ["1303"],
    ("fault", "remove"): ["1"],
    ("verify",): ["kling/omni-image.create"],
}
"""The arguments that a command cannot do without."""

NEEDED: Mapping[Command, Mapping[str, str]] = {("proxy",): {"--service": "kling"}}
"""The options that it cannot."""


def name(case: tuple[Command, Configurable]) -> str:
    return " ".join([*case[0], case[1].opts[0]])


def found(command: Command, option: Configurable, *words: str) -> Any:
    """Return the value that a command is called with."""
    if command == PYTHON:
        assert words == (), "a function has no command line"
        return python(option)
    seen: list[Any] = []
    target = main.commands[command[0]]
    for word in command[1:]:
        assert isinstance(target, click.Group)
        target = target.commands[word]

    def see(*_: Any, **values: Any) -> None:
        seen.append(values[str(option.name)] if option.expose_value else own_schemas())

    before, target.callback = target.callback, see
    needed = {} if option.opts[0] in NEEDED.get(command, {}) and words else NEEDED.get(command, {})
    try:
        more = [word for pair in needed.items() if pair[0] != option.opts[0] for word in pair]
        result = CliRunner().invoke(main, [*command, *more, *words, *WORDS.get(command, [])], catch_exceptions=False)
    finally:
        target.callback = before
    assert result.exit_code == 0, result.output
    return seen.pop()


def python(option: Configurable) -> Any:
    """Return the value that ``live()`` is given; what is not given is the default."""
    if not option.expose_value:
        return own_schemas()
    resolution = Resolution.here()
    values = {} if resolution is None else resolution.values(PYTHON, [str(option.name)], ())[0]
    return values.get(str(option.name))


def words(option: Configurable, texts: Texts) -> list[str]:
    """Return words of a command line."""
    if option.is_flag:
        return [option.opts[0] if texts == ["true"] else option.secondary_opts[0]]
    return [word for text in texts for word in (option.opts[0], text)]


def variable(option: Configurable, texts: Texts) -> dict[str, str]:
    """Return the variable that says so."""
    separator = os.pathsep if isinstance(option.type, click.Path) else ","
    return {str(option.envvar): separator.join(texts)}


def line(option: Configurable, texts: Texts) -> str:
    """Return the line of a file that says so."""
    if option.is_flag:
        return f"{option.key} = {texts[0]}\n"
    return f"{option.key} = {json.dumps(texts if option.multiple else texts[0])}\n"


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set some variables for a while."""
    before = {**os.environ}
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def samples(option: Configurable, folder: Path) -> tuple[Texts, Texts]:
    """Return two values of an option that are no default."""
    if option.is_flag:
        return ["true"], ["false"]
    if option.table:
        return ["missing-task=404-1203", "list-order=oldest-first"], ["missing-task=400-1201"]
    if isinstance(option.type, click.Path):
        one, two = ([str(folder / each)] for each in ("one", "two"))
        return ([*one, *two], two) if option.multiple else (one, two)
    if isinstance(option.type, click.Choice):
        _, one, two = option.type.choices  # the first is the default
        return [str(one)], [str(two)]
    if option.key == "store":
        return [f"sqlite:{folder}/one"], ["redis://localhost:6379/2"]
    return (["7", "8 x2"], ["9"]) if option.multiple else (["7"], ["8"])
