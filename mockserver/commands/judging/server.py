"""``mockserver check server``: does a server, the real one or a gateway, keep the contract?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from mockserver.commands.judging.interruption import interruption
from mockserver.commands.judging.reporting import EXITS, Reporting, exit_status
from mockserver.commands.judging.time_limit import verdict_in_time
from mockserver.extras import require
from mockserver.options.kit import SERVER

_GRACE_SECONDS = 120.0
"""By so much a run may take longer than ``--seconds``: for the last answers, and for the checks."""


@click.command(
    short_help="Check a server by sending it requests.",
    epilog="\b\nExample:\n  mockserver check server http://127.0.0.1:8080 --token my-key --report out\n\n" + EXITS,
    params=[*SERVER],
)
@click.argument("url")
def server(report: Path | None, baseline: Path | None, **options: Any) -> None:
    """Check the server at URL against the contract: send good and bad requests, and report what is wrong.

    Creating tasks costs money at a real service. The plan, with its price, is shown before anything is sent.
    """
    require("mockserver check server", "httpx", "hypothesis")
    from mockserver.kit.checks import select
    from mockserver.kit.reports.terminal import progress
    from mockserver.kit.server.checks.registry import CHECKS
    from mockserver.kit.server.runner import run
    from mockserver.kit.server.settings import Settings
    from mockserver.kit.server.spending.plan import plan, scenarios_for

    reporting = Reporting.prepare(report, baseline)
    settings = Settings(**options)
    checks, _ = select(CHECKS, settings.only, settings.skip)
    for line in plan(settings.target(), scenarios_for(checks), settings.max_creates).lines():
        click.echo(line, err=True)
    limit = settings.seconds + _GRACE_SECONDS
    with interruption() as interrupted:
        with progress() as step:
            verdict = verdict_in_time(lambda: run(settings, progress=step), settings.url, limit)
        sys.exit(exit_status(reporting.publish(verdict), interrupted_by=interrupted.number))
