"""Examples: payloads for people who test in other languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice

from mockserver.contract.catalog import Operation
from mockserver.kit.generation.choices import Choices, Seeded, Simplest
from mockserver.kit.generation.invalid import breaks
from mockserver.kit.generation.valid import payloads
from mockserver.types import JSON

_PATIENCE = 20


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
    chances: Iterator[Choices] = (Seeded(f"{seed}/{index}") for index in range(count * _PATIENCE))
    choices = chain((Simplest(),), chances)
    if break_rule is not None:
        return islice(_broken(operation, readings, choices, break_rule), count)
    source = payloads(operation, readings, is_strict=strict)
    return islice((payload for each in choices if (payload := source.grown(each)) is not None), count)


def _broken(
    operation: Operation, readings: Mapping[str, str] | None, choices: Iterator[Choices], name: str
) -> Iterator[JSON]:
    source = breaks(operation, readings)
    rule = source.rule(name)
    return (found.payload for each in choices if (found := source.broken(rule, each)) is not None)
