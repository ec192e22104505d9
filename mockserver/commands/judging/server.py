"""``mockserver check server``: does a server, the real one or a gateway, keep the contract?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockserver.commands.judging.interruption import interruption
from mockserver.commands.judging.reporting import EXITS, Reporting, exit_status
from mockserver.commands.judging.time_limit import verdict_in_time
from mockserver.errors import Interrupted
from mockserver.extras import require
from mockserver.options.kit import SERVER

if TYPE_CHECKING:
    from mockserver.kit.server.evidence import Evidence

_GRACE_SECONDS = 120.0
"""By so much a run may take longer than ``--seconds``: for the last answers, and for the checks."""

_NOTHING_JUDGED = 2
"""The exit status of a run that a person did not want; ``EXITS`` says what it means."""


@click.command(
    short_help="Check a server by sending it requests.",
    epilog="\b\nExamples:\n"
    "  mockserver check server http://127.0.0.1:8080 --token my-key --report out\n"
    "  mockserver check server https://api.example --token my-key --max-units 100 --plan\n\n" + EXITS,
    params=[*SERVER],
)
@click.argument("url")
def server(report: Path | None, baseline: Path | None, *, only_plans: bool, agrees: bool, **options: Any) -> None:
    """Check the server at URL against the contract: send good and bad requests, and report what is wrong.

    Creating tasks costs money at a real service. The plan, with its price, is shown before anything is sent; on a
    terminal you are asked, unless the server is on this machine.
    """
    require("mockserver check server", "httpx", "hypothesis")
    from mockserver.kit.checks import select
    from mockserver.kit.reports.terminal import progress
    from mockserver.kit.server.checks.registry import CHECKS
    from mockserver.kit.server.runner import run
    from mockserver.kit.server.settings import Settings, is_near
    from mockserver.kit.server.spending.plan import plan, scenarios_for

    settings = Settings(**options)
    checks, _ = select(CHECKS, settings.only, settings.skip)
    planned = plan(settings.target(), scenarios_for(checks), settings.max_creates, settings.most_units)
    if only_plans:
        click.echo("\n".join(planned.whole()))
        return
    reporting = Reporting.prepare(report, baseline)
    click.echo("\n".join(planned.lines()), err=True)
    if planned.tasks and not is_near(settings.url) and not agrees and not _agrees(settings.url):
        click.echo("Nothing was sent.", err=True)
        sys.exit(_NOTHING_JUDGED)
    limit = settings.seconds + _GRACE_SECONDS
    seen: list[Evidence] = []
    with interruption() as interrupted:
        with progress() as step:
            verdict = verdict_in_time(lambda: run(settings, progress=step, seen=seen.append), settings.url, limit)
        if verdict.obstacle is None:
            verdict = replace(verdict, facts=(*verdict.facts, *_what_was_open(seen, settings.url)))
        sys.exit(exit_status(reporting.publish(verdict), interrupted_by=interrupted.number))


def _what_was_open(seen: Sequence[Evidence], url: str) -> Iterator[tuple[str, str]]:
    """Yield what the answers say of open questions, if they say anything; to be interrupted costs no more than that."""
    from mockserver.adapters.comparison import told
    from mockserver.adapters.comparison.evidence import observations

    with suppress(Interrupted):
        for evidence in seen:
            if found := observations(evidence, url):
                yield "what was open", told.summary(found)


def _agrees(url: str) -> bool:
    """Ask on a terminal whether tasks may be created; where nobody can be asked, the command line has said so."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    try:
        return click.confirm(f"Create these tasks at {url}?", err=True)
    except click.Abort:  # Ctrl-C, or the end of the input
        click.echo(err=True)
        return False
