"""The contents of a file: which option of which command each key is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

from mockserver.configuration.file import File, Keys, Place
from mockserver.configuration.option import Command, Configurable
from mockserver.suggestions import suggestion
from mockserver.types import Lazy

_FOR_ALL = frozenset({"schemas"})
"""Keys that stand at the top only: one contract serves all commands."""


class Contents:
    """What a file says of the options of each command."""

    def __init__(self, file: File, commands: Mapping[Command, Sequence[Configurable]]) -> None:
        """Raises ``BadSetting`` for a key or a table that no command has."""
        self._file, self._commands = file, commands
        self._check((), file.table)

    @property
    def defaults(self) -> dict[str, Any]:
        """What it says, by the words of a command and then by the name of a parameter: a ``default_map``.

        To look up a value that its option cannot have raises ``BadSetting``.
        """
        found: dict[str, Any] = {}
        for command in self._commands:
            outer = reduce(lambda table, word: table.setdefault(word, {}), command[:-1], found)
            outer[command[-1]] = self._defaults(command)
        return found

    def place(self, command: Command, option: Configurable) -> Place:
        """Return where it sets an option of a command."""
        return Place(self._file, self._nearest(command, option)[-1])

    def _defaults(self, command: Command) -> Mapping[str, Any]:
        options = {str(option.name): option for option in self._commands[command]}
        given = [name for name, option in options.items() if self._nearest(command, option)]
        return Lazy(lambda: given, lambda name: self._value(command, options[name]))

    def _check(self, place: Keys, table: Mapping[str, Any]) -> None:
        options = [each for command in self._under(place) for each in self._commands[command]]
        known = {each.key for each in options} | {each.table for each in options if each.table} | _FOR_ALL
        tables = self._tables(place)
        for name, value in table.items():
            keys = (*place, name)
            if name in tables and isinstance(value, Mapping):
                self._check(keys, value)
            elif name in _FOR_ALL and place:
                raise self._file.error(keys, "it holds for all commands. Write it at the top of the file.")
            elif name not in known:
                names = sorted((known | tables) - (_FOR_ALL if place else set()))
                raise self._file.error(keys, f"no option has this key; {suggestion(name, names, 'mockserver config')}")

    def _under(self, place: Keys) -> list[Command]:
        return [command for command in self._commands if command[: len(place)] == place]

    def _tables(self, place: Keys) -> set[str]:
        """Return the names of the tables of commands at some place."""
        return {command[len(place)] for command in self._under(place) if len(command) > len(place)}

    def _nearest(self, command: Command, option: Configurable) -> list[Keys]:
        """Return the keys that set an option of a command: those in its own table, or else in the next around it."""
        for depth in range(len(command), -1, -1):
            place = command[:depth]
            table = reduce(lambda outer, word: _table(outer.get(word)), place, self._file.table)
            names = [option.table, option.key] if option.table else [option.key]
            if found := [(*place, name) for name in names if name in table and not self._is_table(place, name, table)]:
                return found
        return []

    def _is_table(self, place: Keys, name: str, table: Mapping[str, Any]) -> bool:
        """Whether a name is that of a command here, although an option has a key of this name: ``token``."""
        return name in self._tables(place) and isinstance(table[name], Mapping)

    def _value(self, command: Command, option: Configurable) -> str | list[str]:
        """Return the value of an option as the command line would have it."""
        found = self._nearest(command, option)
        texts = [option.in_folder(text, self._file.path.parent) for keys in found for text in self._texts(option, keys)]
        if not option.multiple and len(texts) != 1:
            words, table = " ".join(command), ".".join(command)
            text = f"this is a list, and {words!r} takes one value. Write that below [{table}]."
            raise self._file.error(found[-1], text)
        return texts if option.multiple else texts[0]

    def _texts(self, option: Configurable, keys: Keys) -> Iterator[str]:
        value = reduce(lambda table, key: table[key], keys, self._file.table)
        if keys[-1] != option.table:
            yield from self._file.texts(keys, value)
        elif isinstance(value, Mapping):
            yield from self._pairs(keys, value)
        else:
            raise self._file.error(keys, f"this is no table. Write [{keys[-1]}], and below it such as NAME = 'VALUE'.")

    def _pairs(self, keys: Keys, table: Mapping[str, Any]) -> Iterator[str]:
        """Yield a text for each value of each name in a table."""
        for name, value in table.items():
            if value == []:
                raise self._file.error((*keys, name), "this list is empty. Write what is to be in it, or leave it out.")
            yield from (f"{name}={text}" for text in self._file.texts((*keys, name), value))


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
