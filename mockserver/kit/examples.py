"""Examples: a number of payloads of an operation that are the same each time, for people and for other languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from mockserver.contract.service import Operation
from mockserver.kit.generation.choices import Choices, Seeded, Simplest
from mockserver.kit.generation.invalid import InvalidPayloads
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.types import JSON

_TRIES_PER_PAYLOAD = 20
"""Choices to try for one payload. Our tests demand that fewer than one in twenty leads to none: this never runs out."""


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
    choices = _choices(seed, count * _TRIES_PER_PAYLOAD)
    if break_rule is not None:
        invalid = InvalidPayloads.of(operation, readings)
        rule = invalid.rule(break_rule)
        broken = (found.payload for each in choices if (found := invalid.generate(rule, each)) is not None)
        return islice(broken, count)
    valid = ValidPayloads.of(operation, readings, is_strict=strict)
    return islice((payload for each in choices if (payload := valid.generate(each)) is not None), count)


def _choices(seed: int, count: int) -> Iterator[Choices]:
    yield Simplest()
    yield from (Seeded(f"{seed}/{index}") for index in range(1, count))
