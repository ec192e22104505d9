"""``mockserver check server``: does a server, the real one or a gateway, keep the contract?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from mockserver.commands.judging.interruption import interruption
from mockserver.commands.judging.reporting import EXITS, Reporting, exit_status, reporting_options
from mockserver.commands.judging.time_limit import verdict_in_time
from mockserver.errors import BadSetting
from mockserver.extras import require

_GRACE_SECONDS = 120.0
"""By so much a run may take longer than ``--seconds``: for the last answers, and for the checks."""


@click.command(
    short_help="Check a server by sending it requests.",
    epilog="\b\nExample:\n  mockserver check server http://127.0.0.1:8080 --token my-key --report out\n\n" + EXITS,
)
@click.argument("url")
@click.option("--service", default="kling", show_default=True, metavar="NAME", help="The contract to check against.")
@click.option("--token", metavar="TOKEN", help="An API key, sent as a bearer token.")
@click.option("--ak", metavar="KEY", help="An access key, for tokens signed with --sk.")
@click.option("--sk", metavar="SECRET", help="The secret of --ak.")
@click.option("--other-token", metavar="TOKEN|AK:SK",
              help="The key of another account, to see that neither sees what the other has.")  # fmt: skip
@click.option("--webhook-secret", metavar="whsec_…", help="Verify the signatures of callbacks with this secret.")
@click.option(
    "--operation", "operations", multiple=True, metavar="OPERATION", help="Try only this operation; repeatable."
)
@click.option(
    "--max-creates", type=click.IntRange(min=1), default=50, show_default=True, help="Create at most so many tasks."
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    default=600,
    show_default=True,
    help="Send nothing more after so many seconds.",
)
@click.option("--reading", "readings", multiple=True, metavar="[SERVICE/]QUESTION=READING",
              help="Settle an open question; `mockserver readings` lists them. Repeatable.")  # fmt: skip
@click.option("--seed", type=int, default=0, help="Each seed gives other payloads.")
@click.option("--only", multiple=True, metavar="CHECK", help="Make only this check or family; repeatable.")
@click.option("--skip", multiple=True, metavar="CHECK", help="Leave out this check or family; repeatable.")
@reporting_options
def server(report: Path | None, baseline: Path | None, **options: Any) -> None:
    """Check the server at URL against the contract: send good and bad requests, and report what is wrong.

    Creating tasks costs money at a real service. The plan, with its price, is shown before anything is sent.
    """
    require("mockserver check server", "httpx", "hypothesis")
    from mockserver.kit.checks import select
    from mockserver.kit.reports.terminal import progress
    from mockserver.kit.server.checks.registry import CHECKS
    from mockserver.kit.server.plan import plan, scenarios_for
    from mockserver.kit.server.runner import run
    from mockserver.kit.server.settings import Settings

    reporting = Reporting.prepare(report, baseline)
    settings = Settings(**{**options, "readings": dict(map(_reading, options["readings"]))})
    checks, _ = select(CHECKS, settings.only, settings.skip)
    for line in plan(settings.target(), scenarios_for(checks), settings.max_creates).lines():
        click.echo(line, err=True)
    limit = settings.seconds + _GRACE_SECONDS
    with interruption() as interrupted:
        with progress() as step:
            verdict = verdict_in_time(lambda: run(settings, progress=step), settings.url, limit)
        sys.exit(exit_status(reporting.publish(verdict), interrupted_by=interrupted.number))


def _reading(text: str) -> tuple[str, str]:
    question, equals, reading = text.partition("=")
    if not equals:
        raise BadSetting("--reading", f"{text!r} has no '='. Write QUESTION=READING; `mockserver readings` lists them.")
    return question, reading
