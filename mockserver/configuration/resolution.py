"""The resolution: which values count for a command, or for a function of Python, and where they are from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING, Any

from mockserver.configuration.environment import check_variables, is_isolated, variables
from mockserver.configuration.file import File, found
from mockserver.errors import BadSetting, MockserverError, NoSuchName
from mockserver.types import value

if TYPE_CHECKING:
    import click

    from mockserver.configuration.contents import Contents
    from mockserver.configuration.option import Command, Given


@value
class Resolution:
    """What variables and a file say of all commands; ``None`` if there is no file."""

    file: File | None
    contents: Contents | None = field(repr=False)

    @classmethod
    def of(cls, file: File | None) -> Resolution:
        """Read a file. Raises ``BadSetting`` for a key, a table or a variable that no command has."""
        from mockserver.configuration.contents import Contents
        from mockserver.options.commands import COMMANDS

        check_variables({option.key for options in COMMANDS.values() for option in options})
        return cls(file, Contents(file, COMMANDS) if file is not None else None)

    @classmethod
    def here(cls) -> Resolution | None:
        """Return what counts here; ``None`` if there is neither a variable nor a file. Raises ``BadSetting``."""
        file = found()
        return cls.of(file) if file is not None or variables() else None

    def apply(self, context: click.Context) -> None:
        """Let the file count for the commands below a context; for variables, ``click`` looks itself."""
        from mockserver.configuration.option import tell_places

        if self.contents is not None:
            context.default_map = self.contents.defaults
            tell_places(context, self.contents.place)

    def context(self, command: Command) -> click.Context:
        """Return the context of a command before its options are read."""
        import click

        from mockserver.options.commands import COMMANDS

        context = click.Context(click.Command("mockserver"), info_name="mockserver")
        self.apply(context)
        for word in command:
            context = click.Context(click.Command(word), parent=context, info_name=word)
        context.command.params = [*COMMANDS[command]]
        return context

    def names(self, command: Command) -> list[str]:
        """Return the names of the parameters of a command, but for that which holds for all commands."""
        from mockserver.options.commands import COMMANDS

        return [str(option.name) for option in COMMANDS[command] if option.expose_value]

    def values(
        self, command: Command, names: Collection[str], taken: Collection[str]
    ) -> tuple[dict[str, Any], dict[str, Given]]:
        """Return what is set of some parameters of a command, and by the option of each where.

        ``taken`` are those that have a value already. Raises ``BadSetting``.
        """
        import click

        from mockserver.configuration.option import origins
        from mockserver.options.commands import COMMANDS

        context = self.context(command)
        given, values = origins(context), dict[str, Any]()
        for option in COMMANDS[command]:
            if option.name not in names or not option.excludes.union([option.name]).isdisjoint(taken):
                continue
            try:
                value, _ = option.consume_value(context, {})
                if option.opts[0] in given:
                    values[str(option.name)] = option.process_value(context, value)
            except click.UsageError as error:
                raise located(BadSetting(option.opts[0], error.message), given) from error
        return values, given


def words_of(command: Command, *, but: Collection[str] = ()) -> list[str]:
    """Return the words that call a command for which nothing of the configuration counts.

    ``but`` names parameters that a line says anyway: for those alone it need not be told so.
    """
    resolution = Resolution.here()
    is_set = resolution is not None and resolution.values(command, resolution.names(command), but)[0]
    return ["mockserver", *(["--isolated"] if is_set or is_isolated() else []), *command]


@contextmanager
def configured(command: Command, names: Collection[str], arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield some arguments of a function, and of the parameters of a command with these names what is set elsewhere.

    A ``MockserverError`` that is raised inside says where its value is from. Raises ``BadSetting``.
    """
    resolution = Resolution.here()
    if resolution is None:
        yield {**arguments}
        return
    values, given = resolution.values(command, names, arguments)
    try:
        yield {**values, **arguments}
    except MockserverError as error:
        raise located(error, given) from error.__cause__


def located(error: MockserverError, given: Mapping[str, Given]) -> MockserverError:
    """Return an error that also says where its value is from, if a variable or a file has set it."""
    option = getattr(error, "option", "")
    if isinstance(error, NoSuchName) and option not in given:
        name = error.name
        option = next((each for each, (value, _) in given.items() if value == name or name in [*value]), "")
    if option in given:
        error.args = (f"{error} ({given[option][1]})",)
    return error
