"""Strategies: valid payloads for Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from mockserver.contract.catalog import Operation
from mockserver.kit.generation.choices import Simplest
from mockserver.kit.generation.valid import Payloads, payloads
from mockserver.types import JSON

# Surrogates cannot be sent as UTF-8. Control characters can, but what a service makes of them nobody says.
_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


class Drawn:
    """Choices that Hypothesis makes, keeps and shrinks."""

    def __init__(self, draw: DrawFn) -> None:
        self._draw = draw

    def below(self, bound: int) -> int:
        """Return a number below ``bound``; it shrinks to 0."""
        return self._draw(_numbers(bound))

    def text(self) -> str:
        """Return a short text of any characters; it shrinks to none."""
        return self._draw(_TEXT)


def strategy(
    operation: Operation, *, readings: Mapping[str, str] | None = None, strict: bool = False
) -> SearchStrategy[JSON]:
    """Return a strategy for the valid payloads of an operation, made from its schema alone.

    They keep every rule whose level is ``error`` under the readings; of a ``strict`` one also every rule whose level is
    ``warning``. ``readings`` are those that differ from the defaults, by ``question`` or ``service/question``.
    Raises ``NothingToSend`` for an operation without a payload and ``NoSuchReading`` for a reading nobody knows.
    """
    source = payloads(operation, readings, is_strict=strict)
    source.grown(Simplest())  # what takes long is done now, and not in the first draw
    return _payloads(source)


@st.composite
def _payloads(draw: DrawFn, source: Payloads) -> JSON:
    payload = source.grown(Drawn(draw))
    return reject() if payload is None else payload


@cache
def _numbers(bound: int) -> SearchStrategy[int]:
    return st.integers(0, bound - 1)
