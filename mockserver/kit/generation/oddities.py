"""Oddities: what people send by mistake instead of a value, most of it wrong by a hair."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from mockserver.kit.generation.shapes import is_among, kind_of
from mockserver.types import JSON

_ANYTHING: tuple[JSON, ...] = ("no such value", None, 0, True, 1.5, -1, "", [], {}, False)


def oddities(known: Sequence[JSON]) -> list[JSON]:
    """Return values near some known ones: wrong case, wrong type, wrapped once too often or not at all."""
    found: list[JSON] = []
    beside = (odd for value in known[:4] for odd in _BESIDE[kind_of(value)](value))
    for odd in chain(beside, _ANYTHING):
        if not is_among(odd, found):
            found.append(odd)
    return found


def _beside_text(value: str) -> Iterator[JSON]:
    yield from ([value], value.upper(), value.capitalize(), f"{value} ", f"{value}s", value[:-1], {"value": value})
    if value.isascii() and value.isdigit():
        number = int(value)
        yield from (number, number - 1, str(number + 90), f"0{value}", f"{value}.5")


def _beside_number(value: float) -> Iterator[JSON]:
    yield from (str(value), [value], value + 0.5, {"value": value})


def _beside_boolean(value: bool) -> Iterator[JSON]:
    yield from (str(value).lower(), int(value), [value])


def _beside_list(value: list[JSON]) -> Iterator[JSON]:
    yield from value[:1]
    yield from ({str(index): item for index, item in enumerate(value)}, json.dumps(value))


def _beside_object(value: dict[str, JSON]) -> Iterator[JSON]:
    yield from ([value], json.dumps(value), [*value.values()])


_BESIDE: dict[str, Callable[[JSON], Iterator[JSON]]] = {
    "string": _beside_text,
    "integer": _beside_number,
    "fraction": _beside_number,
    "boolean": _beside_boolean,
    "array": _beside_list,
    "object": _beside_object,
    "null": lambda _: iter(()),
}
