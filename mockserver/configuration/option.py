"""Options that a variable and a key of the file can set, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from mockserver.configuration.environment import is_link, items, variable
from mockserver.configuration.file import Place
from mockserver.errors import BadSetting

Command = tuple[str, ...]
"""The words of a command: ``("check", "client")``."""

_PLACES, _ORIGINS = "mockserver.places", "mockserver.origins"
"""Where a context keeps what ``tell_places`` and ``origins`` are about."""


Origin = str | Place
"""Where a value is from: the name of a variable, or a place in the file."""

Given = tuple[Any, Origin]
"""A value as it was given, and where."""

Places = Callable[[Command, "Configurable"], Place]
"""Tells where the file sets an option of a command."""


class Configurable(click.Option):
    """An option with a variable and a key: ``--max-body``, ``MOCKSERVER_MAX_BODY`` and ``max-body``.

    Whatever sets it, its value is first the text that one would write on the command line, or a list of such texts.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        table: str | None = None,
        excludes: Sequence[str] = (),
        in_folder: Callable[[str, Path], str] | None = None,
        **how: Any,
    ) -> None:
        """``table``: a table of the file that says the same, for an option whose values are ``NAME=VALUE``.

        ``excludes``: the names of parameters that cannot go with it; what is given closer to the command counts.
        ``in_folder``: what becomes of a value in a file in some folder, if it names a file; a path is relative to it.
        """
        super().__init__([*names], show_envvar=True, **how)
        self.key = self.opts[0].removeprefix("--")
        self.envvar = variable(self.key)
        self.table = table
        self.excludes = frozenset(excludes)
        self._in_folder = in_folder or (_beside if isinstance(self.type, click.Path) else _as_it_is)

    def in_folder(self, text: str, folder: Path) -> str:
        """Return the value that stands in a file in a folder as an option would say it."""
        return self._in_folder(text, folder)

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Return the text of the variable, unless it is not meant for us."""
        text = super().resolve_envvar_value(ctx)
        return None if text is None or is_link(str(self.envvar), text) else text

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """Return that text; of a repeatable option what it lists, separated like PATH if they are paths."""
        text = self.resolve_envvar_value(ctx)
        return items(text, self.type.envvar_list_splitter or ",") if text and self.multiple else text

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """Return the value that counts and its source, and note where it is from."""
        found, source = super().consume_value(ctx, opts)
        if source not in (ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP):
            return found, source
        others = [each for each in ctx.command.params if each.name in self.excludes]
        if any(click.Option.consume_value(each, ctx, opts)[1] < source for each in others):  # type: ignore[arg-type]
            return self.default, ParameterSource.DEFAULT
        is_variable = source is ParameterSource.ENVIRONMENT
        origin = str(self.envvar) if is_variable else ctx.meta[_PLACES](command_of(ctx), self)
        origins(ctx)[self.opts[0]] = (found, origin)
        return found, source

    def get_default(self, ctx: click.Context, call: bool = True) -> Any:
        """Return the value that counts without an option; none for --help, where the file has one that cannot be."""
        try:
            return super().get_default(ctx, call=call)
        except BadSetting:
            if ctx.resilient_parsing:
                return None
            raise

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Return its name for an error, and where its value is from if that is not the command line."""
        hint = click.Parameter.get_error_hint(self, ctx)
        given = origins(ctx).get(self.opts[0]) if ctx is not None else None
        return f"{hint} ({given[1]})" if given is not None else hint


def command_of(context: click.Context) -> Command:
    """Return the words of the command that a context is about."""
    words: list[str] = []
    while context.parent is not None:
        words.insert(0, str(context.info_name))
        context = context.parent
    return tuple(words)


def origins(context: click.Context) -> dict[str, Given]:
    """Return what variables and the file have set so far, by the name of the option: ``--pace``."""
    found: dict[str, Given] = context.meta.setdefault(_ORIGINS, {})
    return found


def tell_places(context: click.Context, places: Places) -> None:
    """Let the options of the commands below a context find out where the file sets them."""
    context.meta[_PLACES] = places


def _beside(text: str, folder: Path) -> str:
    return str(folder / text)


def _as_it_is(text: str, _: Path) -> str:
    return text
