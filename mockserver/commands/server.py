"""``mockserver check server``: does a server, the real one or a gateway, keep the contract?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from mockserver.commands.reporting import make_folder
from mockserver.commands.time_limit import time_limit
from mockserver.errors import BadSetting

_GRACE_SECONDS = 120.0
"""Seconds that a run may take longer than it was told: the last answers, and the judging."""


@click.command(short_help="Check a server by sending it requests.")
@click.argument("url")
@click.option("--service", default="kling", show_default=True, metavar="NAME", help="The contract that it is held to.")
@click.option("--token", metavar="TOKEN", help="An API key, sent as a bearer token.")
@click.option("--ak", metavar="KEY", help="An access key, for tokens that --sk signs.")
@click.option("--sk", metavar="SECRET", help="The secret of --ak.")
@click.option("--webhook-secret", metavar="whsec_…", help="Verify the signatures of callbacks with this.")
@click.option("--operation", "operations", multiple=True, metavar="OPERATION", help="Try this only; repeatable.")
@click.option(
    "--max-creates", type=click.IntRange(min=1), default=50, show_default=True, help="Make at most so many tasks."
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    default=600,
    show_default=True,
    help="Send nothing after so long.",
)
@click.option("--reading", "readings", multiple=True, metavar="[SERVICE/]QUESTION=READING",
              help="Settle an open question; see `mockserver readings`.")  # fmt: skip
@click.option("--seed", type=int, default=0, help="Other payloads for each seed.")
@click.option("--report", metavar="DIR", type=click.Path(path_type=Path), help="Write HTML, JUnit, SARIF, JSON here.")
@click.option("--baseline", metavar="FILE", type=click.Path(path_type=Path), help="Findings that are accepted.")
@click.option("--only", multiple=True, metavar="CHECK", help="Make this check, or this family, only; repeatable.")
@click.option("--skip", multiple=True, metavar="CHECK", help="Leave this check, or this family, out; repeatable.")
def server(report: Path | None, baseline: Path | None, **options: Any) -> None:
    """Send requests to the server at URL, good ones and bad ones, and judge what comes back.

    The plan, with what it costs, is shown before anything is sent. Exits with 0 when every promise is kept, 1 when one
    is broken, 2 when nothing could be judged.
    """
    from mockserver.kit.baseline import apply, read
    from mockserver.kit.checks import select
    from mockserver.kit.reports.folder import progress, terminal, write
    from mockserver.kit.server.checks.registry import CHECKS
    from mockserver.kit.server.plan import lines, outlay
    from mockserver.kit.server.runner import run, scenarios
    from mockserver.kit.server.settings import Settings

    accepted = read(baseline) if baseline is not None else ()
    if report is not None:
        make_folder(report)
    settings = Settings(**{**options, "readings": tuple(map(_reading, options["readings"]))})
    checks, _ = select(CHECKS, settings.only, settings.skip)
    for line in lines(outlay(settings.target(), scenarios(checks), settings.max_creates), settings.max_creates):
        click.echo(line, err=True)
    with progress() as step, time_limit(settings.seconds + _GRACE_SECONDS):
        found = run(settings, progress=step)
    verdict = apply(found, accepted)
    terminal(verdict)
    if report is not None:
        write(verdict, report)
    sys.exit(verdict.status)


def _reading(text: str) -> tuple[str, str]:
    question, equals, reading = text.partition("=")
    if not equals:
        raise BadSetting("--reading", f"{text!r} has no '='. Write QUESTION=READING; `mockserver readings` lists them.")
    return question, reading
