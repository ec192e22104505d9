"""The command line: the group of all commands, and ``mockserver serve``."""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from mockserver.commands.check import check
from mockserver.commands.example import example
from mockserver.commands.listings import list_, readings, rules
from mockserver.commands.openapi import openapi
from mockserver.commands.proxy import proxy
from mockserver.commands.run import run
from mockserver.commands.validate import parsed, validate
from mockserver.errors import BadSetting, MockserverError
from mockserver.options import settings_from, settings_options
from mockserver.types import JSON


class Commands(click.Group):
    """The commands. Without one, ``serve`` is meant; a mistake is told in one line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``serve`` before options that belong to it."""
        first = next((place for place, word in enumerate(args) if word != "--verbose"), len(args))
        if not args[first:] or (args[first].startswith("-") and args[first] not in ("--help", "-h", "--version")):
            args = [*args[:first], "serve", *args[first:]]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; print an error as one line, or with ``--verbose`` in full."""
        try:
            return super().invoke(ctx)
        except (MockserverError, click.UsageError) as error:
            if ctx.params["verbose"]:
                traceback.print_exc()
            if isinstance(error, click.UsageError):
                place = (error.ctx or ctx).command_path
                click.echo(f"mockserver: {error.format_message()} ({place} --help)", err=True)
            else:
                click.echo(f"mockserver: {error}", err=True)
            ctx.exit(2)


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


for command in (check, example, list_, openapi, proxy, readings, rules, run, validate):
    main.add_command(command)


@main.command(
    short_help="Serve the fake until Ctrl-C.",
    epilog='\b\nExample:\n  mockserver serve --service kling --pace instant --fault "1303 x2"',
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen on this address.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Listen on this port; 0 is any free."
)
@click.option("--control-token", metavar="TOKEN", help="Allow other machines to control the fake with this token.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Load state from FILE if it exists; save it there.",
)
@settings_options
def serve(host: str, port: int, control_token: str | None, state: str | None, **options: Any) -> None:
    """Serve the fake on a port until Ctrl-C, with a dashboard at /_mock/."""
    gc.disable()  # until the server runs: the objects that a start makes all stay
    from mockserver.adapters.http.server import Server, listen
    from mockserver.fake.core import Fake

    fake = Fake(settings_from(options))
    if state is not None and Path(state).exists():
        fake.restore(_saved(state))
    elif state is not None and not Path(state).parent.is_dir():
        raise BadSetting("--state", f"the folder of {state!r} does not exist. Make it first, or name another file.")
    Server(
        fake, listen(host, port), lambda url: click.echo(f"mockserver ready on {url}"), control_token
    ).run_to_the_end()
    if state is not None:
        Path(state).write_text(json.dumps(fake.snapshot(), ensure_ascii=False, indent=2), encoding="utf-8")
    sys.stdout.flush()
    # A thread may still be rendering a film, and Ctrl-C should not wait for it.
    os._exit(0)


def _saved(state: str) -> JSON:
    """Read the file of ``--state``. Raises ``BadSetting``."""
    try:
        return parsed(Path(state).read_bytes())
    except (OSError, ValueError) as error:
        text = f"{state!r} is not a snapshot: {error}. Name another file, or delete this one to start empty."
        raise BadSetting("--state", text) from error
