"""``mockserver example``: payloads for people who test in other languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import click

from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.contract.catalog import Operation

_PATIENCE = 20


@click.command()
@click.argument("operation")
@click.option("--count", default=1, show_default=True, type=click.IntRange(min=1), help="How many.")
@click.option("--seed", default=0, show_default=True, help="The same seed prints the same payloads.")
@click.option("--break", "rule", metavar="RULE", help="Break this rule and no other; mockserver rules lists them.")
@click.option("--strict", is_flag=True, help="Draw no warning, either.")
def example(operation: str, count: int, seed: int, rule: str | None, strict: bool) -> None:
    """Print payloads of OPERATION (kling/omni-image) that its service accepts, each one line of JSON.

    The first is the simplest there is.
    """
    from mockserver.contract.catalog import load
    from mockserver.kit.generation.examples import examples

    found = load().operation(operation)
    if strict or rule is not None:
        payloads = examples(found, count=count, seed=seed, break_rule=rule)
    else:
        payloads = _loose(found, count, seed)
    for payload in payloads:
        # In ASCII a line is one line to every reader, and no console lacks a letter of it.
        click.echo(json.dumps(payload))


def _loose(operation: Operation, count: int, seed: int) -> Iterator[JSON]:
    """Yield payloads that may draw a warning: what one document forbids and another allows."""
    from mockserver.kit.generation.choices import Seeded, Simplest
    from mockserver.kit.generation.valid import payloads

    source = payloads(operation, is_strict=False)
    chances = (Seeded(f"{seed}/{index}") if index else Simplest() for index in range(count * _PATIENCE))
    return islice((payload for each in chances if (payload := source.grown(each)) is not None), count)
