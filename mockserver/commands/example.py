"""``mockserver example``: payloads for people who test in other languages."""

from __future__ import annotations

import json

import click

from mockserver.options.payloads import EXAMPLE


@click.command(
    short_help="Print payloads that a service accepts or refuses.",
    epilog="\b\nExample:\n  mockserver example kling/omni-image --count 3 --break n.maximum",
    params=[*EXAMPLE],
)
@click.argument("operation")
@click.option("--count", default=1, show_default=True, type=click.IntRange(min=1), help="How many.")
@click.option("--break", "rule", metavar="RULE", help="Break this rule and no other; mockserver rules lists them.")
def example(operation: str, count: int, seed: int, rule: str | None, strict: bool, readings: dict[str, str]) -> None:
    """Print payloads of OPERATION (kling/omni-image) that its service accepts, each one line of JSON.

    The first is the simplest there is.
    """
    from mockserver.contract.catalog import load
    from mockserver.kit.examples import examples

    found = load().operation(operation, with_payload=True)
    for payload in examples(found, count=count, seed=seed, break_rule=rule, readings=readings, strict=strict):
        # In ASCII a line is one line to every reader, and no console lacks a letter of it.
        click.echo(json.dumps(payload))
