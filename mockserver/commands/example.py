"""``mockserver example``: payloads for people who test in other languages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

import click

from mockserver.options.payloads import EXAMPLE
from mockserver.types import JSON

if TYPE_CHECKING:
    from mockserver.contract.service import Operation
    from mockserver.kit.generation.choices import Choices

_TRIES_PER_PAYLOAD = 20
"""Choices to try for one payload. Our tests demand that fewer than one in twenty leads to none: this never runs out."""


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

    found = load().operation(operation, with_payload=True)
    for payload in examples(found, count=count, seed=seed, break_rule=rule, readings=readings, strict=strict):
        # In ASCII a line is one line to every reader, and no console lacks a letter of it.
        click.echo(json.dumps(payload))


def examples(
    operation: Operation,
    *,
    count: int = 1,
    seed: int = 0,
    break_rule: str | None = None,
    readings: Mapping[str, str] | None = None,
    strict: bool = True,
) -> Iterator[JSON]:
    """Return ``count`` payloads of an operation, ready for ``json.dumps``; the first is the simplest there is.

    They are valid, and if ``strict`` draw no warning; or with ``break_rule`` they break the rule of that id and no
    other. The same seed gives the same payloads. Raises ``NothingToSend``, ``NoSuchReading``, ``NoSuchRule`` or
    ``NeverAlone``.
    """
    from mockserver.kit.generation.invalid import InvalidPayloads
    from mockserver.kit.generation.valid import ValidPayloads

    choices = _choices(seed, count * _TRIES_PER_PAYLOAD)
    if break_rule is not None:
        invalid = InvalidPayloads.of(operation, readings)
        rule = invalid.rule(break_rule)
        broken = (found.payload for each in choices if (found := invalid.generate(rule, each)) is not None)
        return islice(broken, count)
    valid = ValidPayloads.of(operation, readings, is_strict=strict)
    return islice((payload for each in choices if (payload := valid.generate(each)) is not None), count)


def _choices(seed: int, count: int) -> Iterator[Choices]:
    from mockserver.kit.generation.choices import Seeded, Simplest

    yield Simplest()
    yield from (Seeded(f"{seed}/{index}") for index in range(1, count))
