"""``mockserver run``: a command beside a fake, and what its traffic says of the client in it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mockserver.commands.client import made
from mockserver.errors import BadSetting
from mockserver.options import settings_from, settings_options

if TYPE_CHECKING:
    from mockserver.kit.verdict import Verdict
    from mockserver.settings import Settings

_OWN = ("command", "report", "baseline")


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--report", metavar="DIR", type=click.Path(path_type=Path), help="Write HTML, JUnit, SARIF, JSON here.")
@click.option("--baseline", metavar="FILE", type=click.Path(path_type=Path), help="Findings that are accepted.")
@settings_options
@click.pass_context
def run(
    context: click.Context, /, command: tuple[str, ...], report: Path | None, baseline: Path | None, **options: Any
) -> None:
    """Run COMMAND beside a fake on a free port, and tell on stderr how its traffic kept the contract.

    COMMAND finds the fake in MOCKSERVER_URL and KLING_BASE_URL, and a key in KLING_API_KEY. Exits as COMMAND does,
    or with 1 when it was content and the contract was broken.
    """
    from mockserver.kit.baseline import apply, read
    from mockserver.kit.client.fake_process import Stage
    from mockserver.kit.reports.folder import write
    from mockserver.kit.reports.terminal import terminal

    accepted = read(baseline) if baseline is not None else ()
    if report is not None:
        made(report)
    settings = settings_from(options)
    with Stage(list(_words(context))) as stage:
        status = _ran(command, stage.url, settings)
        verdict = apply(_verdict(command, stage), accepted)
    terminal(verdict, sys.stderr)
    if report is not None:
        write(verdict, report)
    is_broken = verdict.obstacle is None and verdict.status == 1
    sys.exit(status or int(is_broken))


def _verdict(command: Sequence[str], stage: Any) -> Verdict:
    from mockserver.kit.client import traffic

    return traffic.verdict(" ".join(command), stage.transcript(), is_timed=not stage.is_steered)


def _ran(command: Sequence[str], url: str, settings: Settings) -> int:
    key = next((key.name for key in settings.keys if key.secret is None), "key-of-nobody")
    variables = {"MOCKSERVER_URL": url, "KLING_BASE_URL": url, "KLING_API_KEY": key}
    try:
        status = subprocess.run(command, env={**os.environ, **variables}, check=False).returncode
    except OSError as error:
        raise BadSetting("COMMAND", command[0], f"a program that can be run: {error.strerror}") from error
    return status if status >= 0 else 128 - status


def _words(context: click.Context) -> Iterator[str]:
    """Yield the options of ``mockserver serve`` as they were given."""
    for option in context.command.params:
        name = str(option.name)
        if name in _OWN or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = context.params[name]
        for each in value if isinstance(value, tuple) else [value]:
            yield from [option.opts[0]] if each is True else [option.opts[0], str(each)]
