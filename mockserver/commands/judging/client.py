"""``mockserver check client``: does a client survive the real service?"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from mockserver.commands.judging.interruption import interruption
from mockserver.commands.judging.reporting import EXITS, Reporting, exit_status
from mockserver.commands.judging.time_limit import verdict_in_time
from mockserver.errors import BadSetting
from mockserver.extras import require
from mockserver.options.interception import check_passed
from mockserver.options.kit import CLIENT
from mockserver.types import Payload

_GRACE_SECONDS = 60.0
"""How much longer than --seconds a run may take before it is stopped: to start a fake, and to end all, when the machine
is overloaded. The scenario that is being played when the time is over is broken off."""


@click.command(
    short_help="Check a client against a fake that misbehaves.",
    epilog="\b\nExamples:\n"
    "  mockserver check client -- node testee.js\n"
    "  mockserver check client package.module:Testee --operation kling/omni-image --only retry\n\n" + EXITS,
    params=[*CLIENT],
)
@click.argument("testee", nargs=-1, required=True)
def client(report: Path | None, baseline: Path | None, **options: Any) -> None:
    """Check the client behind TESTEE against a fake that misbehaves as the real service does.

    TESTEE is a program that speaks JSON lines or a Python class; docs/testees.md describes both.
    """
    require("mockserver check client", "httpx", "hypothesis")
    from mockserver.kit.client.child import unproxied
    from mockserver.kit.client.runner import run
    from mockserver.kit.client.settings import Settings
    from mockserver.kit.reports.terminal import progress

    check_passed()
    reporting = Reporting.prepare(report, baseline)
    settings = Settings(**{**options, "payload": _payload(options["payload"])})
    limit = settings.seconds + _GRACE_SECONDS
    os.environ.update(unproxied(os.environ))  # for a class, which runs in this process
    with interruption() as interrupted:
        with progress() as step:
            verdict = verdict_in_time(lambda: run(settings, progress=step), " ".join(options["testee"]), limit)
        sys.exit(exit_status(reporting.publish(verdict), interrupted_by=interrupted.number))


def _payload(text: str | None) -> Payload | None:
    """Read the value of ``--payload``. Raises ``BadSetting``."""
    from mockserver.decoding import document

    try:
        found = document(text.encode()) if text is not None else None
    except ValueError as error:
        raise BadSetting(
            "--payload", f'it is not JSON: {error}. Write an object such as \'{{"prompt": "A cat"}}\'.'
        ) from error
    if text is not None and not isinstance(found, dict):
        raise BadSetting("--payload", 'it is not an object. Write one such as \'{"prompt": "A cat"}\'.')
    return found
