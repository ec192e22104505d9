"""``mockserver clock``: the clock of a running fake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import click

from mockserver.commands.steering.running import Running, running
from mockserver.errors import BadSetting
from mockserver.options.steering import RUNNING


@click.group(
    short_help="Freeze, advance or set the clock of a running fake.",
    epilog="\b\nExamples:\n  mockserver clock freeze\n  mockserver clock advance 90s",
)
def clock() -> None:
    """Show or move the clock of a running fake: tasks, callbacks, limits and tokens all follow it."""


@clock.command(params=[*RUNNING], epilog="\b\nExample:\n  mockserver clock show")
@running
def show(fake: Running) -> None:
    """Show the time, and whether it stands still."""
    _tell(fake, fake.get("clock"))


@clock.command(params=[*RUNNING], epilog="\b\nExample:\n  mockserver clock freeze")
@running
def freeze(fake: Running) -> None:
    """Let time stand still until it is advanced, set or resumed."""
    _tell(fake, fake.post("clock/freeze"))


@clock.command(params=[*RUNNING], epilog="\b\nExample:\n  mockserver clock resume")
@running
def resume(fake: Running) -> None:
    """Let time go on."""
    _tell(fake, fake.post("clock/resume"))


@clock.command(params=[*RUNNING], epilog="\b\nExample:\n  mockserver clock advance 90s")
@click.argument("span")
@running
def advance(fake: Running, span: str) -> None:
    """Advance the time by SPAN, such as 90s or 2h. What is due by then has happened when this returns."""
    _tell(fake, fake.post("clock/advance", {"advance": span}))


@clock.command("set", params=[*RUNNING], epilog="\b\nExample:\n  mockserver clock set 2026-11-20T12:00:00Z")
@click.argument("time")
@running
def set_(fake: Running, time: str) -> None:
    """Set the time to TIME: Unix milliseconds, or a date and time such as 2026-11-20T12:00:00Z."""
    _tell(fake, fake.post("clock/set", {"now": _millis(time)}))


def _millis(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadSetting("TIME", f"{text!r} is no time. Write milliseconds, or such as 2026-11-20T12:00:00Z.") from None
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def _tell(fake: Running, found: Any) -> None:
    fake.show(found, partial(_lines, found))


def _lines(found: Any) -> Iterator[str]:
    time = datetime.fromtimestamp(found["now"] / 1000, UTC).isoformat(timespec="milliseconds")
    yield f"{time} ({found['now']}), {'frozen' if found['is_frozen'] else 'running'}"
    if unfinished := found.get("unfinished_callbacks"):
        yield f"{unfinished} callbacks that are due have not arrived yet"
