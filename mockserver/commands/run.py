"""``mockserver run``: a command beside a fake, and what its traffic shows about the client in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mockserver.commands.reporting import Reporting, reporting_options
from mockserver.errors import BadSetting
from mockserver.options import settings_from, settings_options

if TYPE_CHECKING:
    from mockserver.settings import Settings

_OWN = ("command", "report", "baseline")
"""The parameters that are not those of ``mockserver serve``."""


@click.command(
    context_settings={"allow_interspersed_args": False},
    short_help="Run a command beside a fake and judge its traffic.",
    epilog="\b\nExamples:\n"
    "  mockserver run -- npm test\n"
    "  mockserver run --pace instant --report report/ -- pytest tests",
)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@reporting_options
@settings_options
@click.pass_context
def run(
    context: click.Context, /, command: tuple[str, ...], report: Path | None, baseline: Path | None, **options: Any
) -> None:
    """Run COMMAND beside a fake on a free port, and report on stderr whether its traffic kept the contract.

    COMMAND finds the URL of the fake in MOCKSERVER_URL and KLING_BASE_URL, and a key in KLING_API_KEY. The exit status
    is that of COMMAND, or 1 if COMMAND succeeded but broke the contract.
    """
    from mockserver.kit.client import traffic
    from mockserver.kit.client.fake_process import FakeProcess

    reporting = Reporting.prepare(report, baseline)
    settings = settings_from(options)
    with FakeProcess(list(_serve_options(context))) as fake:
        status = _status(command, fake.url, settings)
        judged = traffic.verdict(" ".join(command), fake.transcript(), is_timed=not fake.has_moved_clock)
    verdict = reporting.publish(judged, sys.stderr)
    is_broken = verdict.obstacle is None and verdict.status == 1
    sys.exit(status or int(is_broken))


def _status(command: Sequence[str], url: str, settings: Settings) -> int:
    """Run the command and return its exit status, as a shell would: 128 and more for one that a signal has ended."""
    key = next((key.name for key in settings.keys if key.secret is None), "key-of-nobody")
    variables = {"MOCKSERVER_URL": url, "KLING_BASE_URL": url, "KLING_API_KEY": key}
    try:
        status = subprocess.run(command, env={**os.environ, **variables}, check=False).returncode
    except OSError as error:
        text = f"{command[0]!r} cannot be run: {error.strerror}. Name a program as you would in a shell."
        raise BadSetting("COMMAND", text) from error
    return status if status >= 0 else 128 - status


def _serve_options(context: click.Context) -> Iterator[str]:
    """Yield the options of ``mockserver serve`` that were given, as words of a command line."""
    for option in context.command.params:
        name = str(option.name)
        if name in _OWN or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = context.params[name]
        for each in value if isinstance(value, tuple) else [value]:
            yield from [option.opts[0]] if each is True else [option.opts[0], str(each)]
