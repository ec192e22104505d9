"""Commands whose options are set by options, variables or a file, and what they then find."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.configuration.option import Command, Configurable
from mockserver.configuration.resolution import Resolution
from mockserver.options.commands import COMMANDS, PYTHON
from mockserver.resources import own_schemas

Texts = list[str]
"""What is written after an option each time that it is: once, unless it can be repeated."""

CASES = [(command, option) for command, options in COMMANDS.items() for option in options]


def parameters(cases: Sequence[tuple[Command, Configurable]] = CASES) -> list[Any]:
    """Return cases for a sweep; an option that another command has, too, is tried with the first, and in torture."""
    seen: set[object] = set()
    found = []
    for command, option in cases:
        key = (option, command == PYTHON)
        marks = [pytest.mark.torture] if key in seen else []
        found.append(pytest.param(command, option, id=" ".join([*command, option.opts[0]]), marks=marks))
        seen.add(key)
    return found


NEEDED: Mapping[Command, Mapping[str, str]] = {("proxy",): {"--service": "kling"}}
"""The options that it cannot."""


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

    arguments = [each for each in target.params if isinstance(each, click.Argument) and each.required]
    texts = ["-" if isinstance(each.type, click.File) else "1" for each in arguments]
    before, target.callback = target.callback, see
    needed = {} if option.opts[0] in NEEDED.get(command, {}) and words else NEEDED.get(command, {})
    try:
        more = [word for pair in needed.items() if pair[0] != option.opts[0] for word in pair]
        result = CliRunner().invoke(main, [*command, *more, *words, *texts], catch_exceptions=False)
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
    if isinstance(option.type, click.Choice):
        one, two = (each for each in option.type.choices if each != option.default)
        return [one], [two]
    if option.table == "profiles":
        return ["bad-day=1303 x2", "bad-day=hang", "slow=hang"], ["bad-day=5000"]
    if option.table:
        return ["missing-task=404-1203", "list-order=oldest-first"], ["missing-task=400-1201"]
    if isinstance(option.type, click.Path):
        one, two = ([str(folder / each)] for each in ("one", "two"))
        return ([*one, *two], two) if option.multiple else (one, two)
    if option.key == "store":
        return [f"sqlite:{folder}/one"], ["redis://localhost:6379/2"]
    return (["7", "8 x2"], ["9"]) if option.multiple else (["7"], ["8"])
