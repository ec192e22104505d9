"""``mockserver check client``: does a client survive the real service?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from mockserver.commands.time_limit import time_limit
from mockserver.errors import BadSetting

_GRACE_SECONDS = 120.0
"""Seconds that a run may take longer than it was told: the last scene, and the judging."""


@click.command()
@click.argument("testee", nargs=-1, required=True)
@click.option("--operation", "operations", multiple=True, metavar="OPERATION", help="Ask for this only; repeatable.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Begin no scene after so long.")
@click.option(
    "--examples",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="Valid payloads, and as many broken ones, drawn beside samples; 0 for none.",
)
@click.option("--seed", type=int, default=0, help="Other payloads for each seed.")
@click.option("--every-reading", is_flag=True, help="Play also under each answer to the open questions.")
@click.option("--report", metavar="DIR", type=click.Path(path_type=Path), help="Write HTML, JUnit, SARIF, JSON here.")
@click.option("--baseline", metavar="FILE", type=click.Path(path_type=Path), help="Findings that are accepted.")
@click.option("--only", multiple=True, metavar="CHECK", help="Make this check, or this family, only; repeatable.")
@click.option("--skip", multiple=True, metavar="CHECK", help="Leave this check, or this family, out; repeatable.")
def client(report: Path | None, baseline: Path | None, **options: Any) -> None:
    """Play TESTEE, a program (-- node testee.js) or a class (package.module:Testee), against a fake that misbehaves.

    Exits with 0 when every promise is kept, 1 when one is broken, 2 when nothing could be judged.
    """
    from mockserver.kit.baseline import apply, read
    from mockserver.kit.client.runner import run
    from mockserver.kit.client.settings import Settings
    from mockserver.kit.reports.folder import write
    from mockserver.kit.reports.terminal import progress, terminal

    accepted = read(baseline) if baseline is not None else ()
    if report is not None:
        made(report)
    settings = Settings(**options)
    limit = settings.seconds + _GRACE_SECONDS if settings.seconds is not None else None
    with progress() as step, time_limit(limit):
        found = run(settings, progress=step)
    verdict = apply(found, accepted)
    terminal(verdict)
    if report is not None:
        write(verdict, report)
    sys.exit(verdict.status)


def made(report: Path) -> Path:
    """Make the folder of ``--report``, before anything costs time. Raises ``BadSetting``."""
    try:
        report.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting("--report", str(report), f"a folder to write into: {error.strerror}") from error
    return report
