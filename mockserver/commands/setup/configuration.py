"""``mockserver config``: which value of each option counts, and where it is from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.configuration.environment import links
from mockserver.configuration.file import OWN, SHARED, Place, found
from mockserver.configuration.option import Command, Configurable, Origin, origins
from mockserver.configuration.resolution import Resolution
from mockserver.errors import BadSetting
from mockserver.options.commands import COMMANDS
from mockserver.secrecy.mask import Mask
from mockserver.suggestions import quoted, suggestion
from mockserver.types import JSON, value

if TYPE_CHECKING:
    from mockserver.configuration.file import File

_SECRETS = frozenset({"ak", "sk"})
"""Options of secrets whose names do not tell it."""


@value
class _Setting:
    """What counts for an option, where it is from, ``None`` for a default, and what is wrong with it, if anything."""

    option: str
    value: JSON
    origin: Origin | None
    error: str | None = None

    def line(self, width: int) -> str:
        """Write it for a person."""
        if self.error is not None:
            return f"  {self.option:{width}}  {self.error}"
        key = f": {'.'.join(self.origin.keys)}" if isinstance(self.origin, Place) else ""
        return f"  {self.option:{width}}  {_text(self.value)}  [{self.origin or 'default'}{key}]"

    def json(self) -> JSON:
        """Write it for a program."""
        return {"value": self.value, "from": _origin(self.origin), "error": self.error}


@click.command(
    "config",
    short_help="Show the value of each option, and where it is from.",
    epilog="\b\nExamples:\n  mockserver config serve\n  MOCKSERVER_SECONDS=60 mockserver config check server --json",
)
@click.argument("words", metavar="[COMMAND]", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def config(words: tuple[str, ...], as_json: bool) -> None:
    """Show which value counts for each option of COMMAND, or of all commands, and where it is from.

    What an option says comes first, then its MOCKSERVER_… variable, then mockserver.toml, or else [tool.mockserver] in
    pyproject.toml, in this folder or the nearest around it. As a COMMAND, python stands for live(), patch() and the
    fixtures of pytest. Secrets are masked.
    """
    file = found()
    resolution = Resolution.of(file)
    settings = {" ".join(command): [*_settings(resolution, command)] for command in _commands(words)}
    if as_json:
        click.echo(json.dumps(_json(file, settings), ensure_ascii=False, indent=2))
        return
    for line in _notes(file):
        click.echo(line)
    width = max(len(each.option) for options in settings.values() for each in options)
    for command, options in settings.items():
        click.echo("\n".join(["", command, *(each.line(width) for each in options)]))


def _commands(words: Sequence[str]) -> list[Command]:
    """Return the commands that begin with some words. Raises ``BadSetting``."""
    chosen = [command for command in COMMANDS if command[: len(words)] == (*words,)]
    if not chosen:
        name = " ".join(words)
        known = (" ".join(command[:count]) for command in COMMANDS for count in range(1, len(command) + 1))
        near = suggestion(name, known, "mockserver config")
        raise BadSetting("COMMAND", f"no command {quoted(name)} has options that can be configured; {near}")
    return chosen


def _settings(resolution: Resolution, command: Command) -> Iterator[_Setting]:
    """Yield what counts for each option of a command."""
    context = resolution.context(command)
    for option in COMMANDS[command]:
        name, shown, error = option.opts[0], None, None
        try:
            given, _ = option.consume_value(context, {})
            is_given = name in origins(context)
            shown = _shown(option, option.type_cast_value(context, given) if is_given else given)
        except click.UsageError as mistake:
            error = mistake.message
        except BadSetting as mistake:  # it says where
            error = str(mistake)
        yield _Setting(name, shown, origins(context).get(name, (None, None))[1], error)


def _shown(option: Configurable, found: object) -> JSON:
    """Return a value in JSON, without secrets."""
    if option.multiple:
        found = [*found] if isinstance(found, Sequence) else []
    elif option.is_flag:
        found = found is True
    elif isinstance(found, Path):
        found = str(found)
    elif not isinstance(found, str | int | float):
        return None
    return Mask().json(found, "secret" if option.key in _SECRETS else option.key)


def _text(shown: JSON) -> str:
    if isinstance(shown, list):
        return ", ".join(shown) or "-"
    return "-" if shown is None else str(shown).lower() if isinstance(shown, bool) else str(shown)


def _origin(origin: Origin | None) -> JSON:
    if isinstance(origin, Place):
        return {"kind": "file", "name": str(origin.file.path), "key": ".".join(origin.keys), "line": origin.line}
    return {"kind": "default"} if origin is None else {"kind": "variable", "name": origin}


def _json(file: File | None, settings: Mapping[str, Sequence[_Setting]]) -> JSON:
    return {
        "file": None if file is None else str(file.path),
        "ignored": None if file is None or file.ignored is None else str(file.ignored),
        "links": links(),
        "commands": {
            command: {each.option.removeprefix("--"): each.json() for each in options}
            for command, options in settings.items()
        },
    }


def _notes(file: File | None) -> Iterator[str]:
    """Yield what is to be known of the file and of the variables."""
    if file is None:
        yield f"There is no {OWN}, and no [tool.mockserver] in a {SHARED}, in this folder or around it."
    else:
        yield f"The file is {file.path}." + (f" {file.ignored.name} beside it does not count." if file.ignored else "")
    for name, text in links().items():
        yield f"{name} does not count: Kubernetes or Docker sets it to {text} for a service called mockserver."
