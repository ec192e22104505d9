"""Mutations: payloads that break exactly one rule, for Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from mockserver.contract.catalog import Operation
from mockserver.contract.rules import Rule
from mockserver.kit.generation.invalid import Breaks, breaks
from mockserver.kit.generation.strategies import Drawn
from mockserver.kit.generation.ways import Broken

_LATER = 8


def broken(
    operation: Operation, *, rule: str | None = None, readings: Mapping[str, str] | None = None
) -> SearchStrategy[Broken]:
    """Return a strategy for payloads that break one rule of an operation and no other, a warning included.

    The first draws of a test go through the rules one by one, each broken in the simplest way; from then on the
    payloads are of every kind. With the id of a ``rule`` only that one is broken. A shrunk payload was certified like
    any other. Raises ``NothingToSend``, ``NoSuchReading``, ``NoSuchRule`` for a rule that does not count under the
    readings, and ``NeverAlone`` for one that cannot be broken alone.
    """
    source = breaks(operation, readings)
    chosen = source.rules if rule is None else (source.rule(rule),)
    for each in chosen:
        source.simplest(each)
    return _of_any(source) if rule is None else _of_one(source, rule)


def breakable(operation: Operation, *, readings: Mapping[str, str] | None = None) -> tuple[Rule, ...]:
    """Return the rules that ``broken`` draws from: all that count under the readings."""
    return breaks(operation, readings).rules


@st.composite
def _of_one(draw: DrawFn, source: Breaks, rule: str) -> Broken:
    return _certified(source, source.rule(rule), draw)


@st.composite
def _of_any(draw: DrawFn, source: Breaks) -> Broken:
    # Hypothesis never draws the same choices twice, so each of the simplest comes once, and when all are done there is
    # nothing but variety. It tries whatever varies five times over, though: the second gate keeps that for later.
    for gate in (len(source.rules), _LATER):
        chosen = draw(st.integers(0, gate))
        if chosen < gate:
            return source.simplest(source.rules[chosen % len(source.rules)])
    return _certified(source, source.rules[draw(st.integers(0, len(source.rules) - 1))], draw)


def _certified(source: Breaks, rule: Rule, draw: DrawFn) -> Broken:
    found = source.broken(rule, Drawn(draw))
    return reject() if found is None else found
