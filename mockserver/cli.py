"""The command line: the group of all commands."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import Exit

from mockserver.commands.output import complain, silence
from mockserver.configuration.environment import isolated
from mockserver.configuration.option import origins
from mockserver.configuration.resolution import Resolution, located
from mockserver.errors import MockserverError
from mockserver.extras import missing
from mockserver.options.services import OWN_SERVICES
from mockserver.types import Lazy

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_HOMES = {
    "ca": "setup.authority:ca",
    "check": "judging.check:check",
    "clock": "steering.clock:clock",
    "completion": "setup.completion:completion",
    "config": "setup.configuration:config",
    "example": "example:example",
    "fault": "steering.faults:fault",
    "faults": "steering.faults:faults",
    "import": "importing:import_",
    "init": "setup.init:init",
    "list": "listings:list_",
    "mcp": "mcp:mcp",
    "new": "importing:new",
    "openapi": "openapi:openapi",
    "proxy": "proxy:proxy",
    "readings": "readings:readings",
    "reset": "steering.tasks:reset",
    "rules": "listings:rules",
    "run": "judging.run:run",
    "serve": "serve:serve",
    "tail": "steering.requests:tail",
    "tasks": "steering.tasks:tasks",
    "token": "token:token",
    "validate": "validate:validate",
    "verify": "steering.requests:verify",
}
"""The module and the name of each command."""


def _command(name: str) -> click.Command:
    """Import a command when it is asked for: a start pays for its own."""
    module, _, found = _HOMES[name].partition(":")
    command: click.Command = getattr(import_module(f"mockserver.commands.{module}"), found)
    _add_schemas(command)
    return command


def _add_schemas(command: click.Command) -> None:
    """Give a command, or each of its own, ``--schemas``."""
    for each in command.commands.values() if isinstance(command, click.Group) else [command]:
        if OWN_SERVICES not in each.params:
            each.params.append(OWN_SERVICES)


_GLOBAL = ("--verbose", "--isolated")
"""The options that stand before a command."""


class Commands(click.Group):
    """The commands. Without one, ``serve`` is meant; a mistake is told in one line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``serve`` before options that belong to it."""
        if ctx.resilient_parsing and not args:  # a shell asks what the first word may be
            return super().parse_args(ctx, args)
        first = next((place for place, word in enumerate(args) if word not in _GLOBAL), len(args))
        if not args[first:] or (args[first].startswith("-") and args[first] not in ("--help", "-h", "--version")):
            args = [*args[:first], "serve", *args[first:]]
        return super().parse_args(ctx, args)

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        """Read the options; that of ``--help`` prints."""
        with _told_in_a_line(is_verbose=False):
            return super().make_context(*args, **more)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the first word: a command, or an option of ours or of ``serve``."""
        found = super().shell_complete(ctx, incomplete)
        return found + self.commands["serve"].shell_complete(ctx, incomplete) if incomplete.startswith("-") else found

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; print an error as one line, or with ``--verbose`` in full."""
        with _told_in_a_line(is_verbose=ctx.params["verbose"]), _told_where(ctx):
            if ctx.params["isolated"]:
                ctx.with_resource(isolated())
            elif (resolution := Resolution.here()) is not None:
                resolution.apply(ctx)
            return super().invoke(ctx)


@contextmanager
def _told_where(context: click.Context) -> Iterator[None]:
    """Let an error about a value say where that is from, if it is not from the command line."""
    try:
        yield
    except MockserverError as error:
        raise located(error, origins(context)) from error.__cause__


@contextmanager
def _told_in_a_line(*, is_verbose: bool) -> Iterator[None]:
    """Turn what ends a command into its exit status, and what a person can put right into a line."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise Exit(128 + getattr(error, "number", signal.SIGINT)) from error
    except BrokenPipeError as error:
        silence(sys.stdout)  # whoever reads has read enough
        raise Exit(0) from error
    except (MockserverError, click.UsageError, ModuleNotFoundError, OSError) as error:
        text = _told(error)
        if text is None:
            raise
        if is_verbose:
            import traceback

            traceback.print_exc()
        complain(text)
        if isinstance(error, OSError):
            silence(sys.stdout)
        raise Exit(2) from error


def _told(error: Exception) -> str | None:
    """Return an error in one line; ``None`` for one that no person can put right."""
    if isinstance(error, click.UsageError):
        message = " ".join(error.format_message().split())  # click lists choices in lines of their own
        return f"{message} ({error.ctx.command_path if error.ctx else 'mockserver'} --help)"
    if isinstance(error, ModuleNotFoundError):
        package = missing("this command", error)
        return None if package is None else str(package)
    if isinstance(error, OSError):
        return f"{error.filename or 'the output'}: cannot be written or read: {error.strerror or error}"
    from mockserver.secrecy.mask import Mask

    return Mask().text(str(error))


@click.group(
    cls=Commands,
    commands=Lazy(lambda: _HOMES, _command),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExample:\n  mockserver --pace instant",
)
@click.option("--verbose", is_flag=True, help="Show the traceback of an error.")
@click.option("--isolated", is_flag=True, help="Ignore MOCKSERVER_… variables and mockserver.toml.")
@click.version_option(package_name="kling-mockserver", prog_name="mockserver")
def main(verbose: bool, isolated: bool) -> None:  # Commands reads both from the context
    """Fake the Kling Omni-Image and Omni-Video APIs, and check clients and servers against their contract.

    Without a COMMAND, serve is meant. What an option says can also be said by a variable or in mockserver.toml:
    `mockserver config` shows what counts.
    """
    gc.enable()  # as it was before all was imported; what a command does may be long
