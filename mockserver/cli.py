"""The command line: the group of all commands, and ``mockserver serve``."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import Exit

from mockserver.commands.check import check
from mockserver.commands.example import example
from mockserver.commands.listings import list_, readings, rules
from mockserver.commands.openapi import openapi
from mockserver.commands.output import complain, log, silence, written
from mockserver.commands.proxy import proxy
from mockserver.commands.run import run
from mockserver.commands.token import token
from mockserver.commands.validate import validate
from mockserver.errors import BadSetting, MockserverError
from mockserver.extras import missing
from mockserver.files import check_writable, write
from mockserver.options import settings_from, settings_options
from mockserver.secrecy import Mask
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.fake.core import Fake
    from mockserver.settings import Settings


class Commands(click.Group):
    """The commands. Without one, ``serve`` is meant; a mistake is told in one line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``serve`` before options that belong to it."""
        first = next((place for place, word in enumerate(args) if word != "--verbose"), len(args))
        if not args[first:] or (args[first].startswith("-") and args[first] not in ("--help", "-h", "--version")):
            args = [*args[:first], "serve", *args[first:]]
        return super().parse_args(ctx, args)

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        """Read the options; that of ``--help`` prints."""
        with _told_in_a_line(is_verbose=False):
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; print an error as one line, or with ``--verbose`` in full."""
        with _told_in_a_line(is_verbose=ctx.params["verbose"]):
            return super().invoke(ctx)


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
            traceback.print_exc()
        complain(text)
        if isinstance(error, OSError):
            silence(sys.stdout)
        raise Exit(2) from error


def _told(error: Exception) -> str | None:
    """Return an error in one line; ``None`` for one that no person can put right."""
    if isinstance(error, click.UsageError):
        return f"{error.format_message()} ({error.ctx.command_path if error.ctx else 'mockserver'} --help)"
    if isinstance(error, ModuleNotFoundError):
        package = missing("this command", error)
        return None if package is None else str(package)
    if isinstance(error, OSError):
        return f"{error.filename or 'the output'}: cannot be written or read: {error.strerror or error}"
    return Mask().text(str(error))


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExample:\n  mockserver --pace instant",
)
@click.option("--verbose", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="kling-mockserver", prog_name="mockserver")
def main(verbose: bool) -> None:  # verbose: Commands reads it from the context
    """Fake the Kling Omni-Image and Omni-Video APIs, and check clients and servers against their contract.

    Without a COMMAND, serve is meant.
    """


for command in (check, example, list_, openapi, proxy, readings, rules, run, token, validate):
    main.add_command(command)


@main.command(
    short_help="Serve the fake until Ctrl-C.",
    epilog='\b\nExample:\n  mockserver serve --service kling --pace instant --fault "1303 x2"',
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen on this address.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Listen on this port; 0 is any free."
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    metavar="N",
    help="Share the load over so many processes.",
)
@click.option("--control-token", metavar="TOKEN", help="Allow other machines to control the fake with this token.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Load state from FILE if it exists; save it there.",
)
@settings_options
def serve(host: str, port: int, workers: int, control_token: str | None, state: str | None, **options: Any) -> None:
    """Serve the fake on a port until Ctrl-C, with a dashboard at /_mock/."""
    gc.disable()  # until the server runs: the objects that a start makes all stay
    from mockserver.adapters.http.server import Server, listen
    from mockserver.fake.core import Fake

    if workers > 1:
        if state is not None:
            raise BadSetting("--state", "the file has the state of one worker. Leave out --workers.")
        sys.exit(_share(workers, settings_from(options), listen(host, port), control_token))
    fake = Fake(settings_from(options))
    if state is not None and Path(state).exists():
        fake.restore(_saved(state))
    elif state is not None and not Path(state).parent.is_dir():
        raise BadSetting("--state", f"the folder of {state!r} does not exist. Make it first, or name another file.")
    if state is not None:
        with written("--state", Path(state)):
            check_writable(Path(state))
    Server(fake, listen(host, port), lambda url: log(f"mockserver ready on {url}"), control_token).run_to_the_end()
    status = 0 if state is None else _save(fake, Path(state))
    # A thread may still be rendering a film, and Ctrl-C should not wait for it.
    os._exit(status)


def _share(count: int, settings: Settings, listener: socket.socket, control_token: str | None) -> int:
    """Serve in several processes until a signal; return the exit status."""
    from mockserver.adapters.http.server import url_of
    from mockserver.adapters.supervision.handover import WorkerServer
    from mockserver.adapters.supervision.supervisor import Supervisor
    from mockserver.fake.core import Fake

    Fake(settings)  # a bad setting is told before there is any worker, and what has been compiled here is theirs, too

    def work(_: int, door: socket.socket, ready: Callable[[], None]) -> None:
        WorkerServer(Fake(settings), door, ready, control_token).run_to_the_end()

    return Supervisor(count, listener, work, lambda: log(f"mockserver ready on {url_of(listener)}"), complain).run()


def _save(fake: Fake, state: Path) -> int:
    """Write the file of ``--state``, which may hold keys; return the exit status."""
    from mockserver.fake.state import snapshot

    try:
        with written("--state", state):
            write(state, b"".join(snapshot.written(fake.sections())), is_secret=True)
    except BadSetting as error:
        complain(str(error))
        return 2
    return 0


def _saved(state: str) -> JSON:
    """Read the file of ``--state``. Raises ``BadSetting``."""
    from mockserver.decoding import document

    try:
        return document(Path(state).read_bytes())
    except (OSError, ValueError) as error:
        text = f"{state!r} is not a snapshot: {error}. Name another file, or delete this one to start empty."
        raise BadSetting("--state", text) from error
