"""``mockserver faults`` and ``mockserver fault``: what goes wrong on purpose in a running fake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from mockserver.commands.steering.running import Running, running
from mockserver.options.steering import RUNNING


@click.command(
    params=[*RUNNING], short_help="List the faults of a running fake.", epilog="\b\nExample:\n  mockserver faults"
)
@running
def faults(fake: Running) -> None:
    """List the faults that are in force, with their numbers, where they are from, and how often each has happened."""
    found = fake.get("faults")
    fake.show(found["faults"], lambda: _lines(found["faults"]))


@click.group(
    short_help="Add or remove a fault of a running fake.",
    epilog='\b\nExamples:\n  mockserver fault add "1303 x2"\n  mockserver fault clear',
)
def fault() -> None:
    """Add or remove faults of a running fake; `mockserver list faults` lists the kinds."""


@fault.command(params=[*RUNNING], epilog='\b\nExample:\n  mockserver fault add "1303 x2 on kling/omni-image.create"')
@click.argument("line", nargs=-1, required=True)
@click.option("--account", metavar="TOKEN", help="Only for this token or access key.")
@running
def add(fake: Running, line: tuple[str, ...], account: str | None) -> None:
    """Add the fault LINE, in quotes or as several words."""
    scope = {} if account is None else {"account": account}
    found = fake.post("faults", {"fault": " ".join(line), **scope})
    fake.show(found, lambda: iter([f"fault {found['number']} is in force"]))


@fault.command(params=[*RUNNING], epilog="\b\nExample:\n  mockserver fault remove 3")
@click.argument("number", type=click.IntRange(1))
@running
def remove(fake: Running, number: int) -> None:
    """Remove the fault with NUMBER."""
    found = fake.delete(f"faults/{number}")
    fake.show(found, lambda: iter([f"fault {number} is removed"]))


@fault.command(params=[*RUNNING], epilog="\b\nExample:\n  mockserver fault clear")
@click.option("--account", metavar="TOKEN", help="Only those for this token or access key.")
@running
def clear(fake: Running, account: str | None) -> None:
    """Remove all faults."""
    found = fake.delete("faults", **({} if account is None else {"account": account}))
    fake.show(found, lambda: iter(["no fault is in force" if account is None else "its faults are removed"]))


def _lines(found: list[Any]) -> Iterator[str]:
    for each in found:
        account = f" for {each['account']}" if each["account"] else ""
        yield f"{each['number']:>3}  {each['fault']}{account}  ({each['origin']}, happened {each['happened']} times)"
    if not found:
        yield "no fault is in force; add one with `mockserver fault add 1303 x2`"
