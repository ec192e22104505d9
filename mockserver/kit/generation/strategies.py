"""Strategies: valid and invalid payloads for Hypothesis. These are the kit's public way to payloads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from mockserver.contract.catalog import load
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation
from mockserver.kit.generation.choices import Simplest
from mockserver.kit.generation.invalid import InvalidPayload, InvalidPayloads
from mockserver.kit.generation.valid import ValidPayloads
from mockserver.types import Payload

_SECOND_GATE = 8
"""Of nine draws that pass the first gate eight stop at the second; see ``_of_any_rule``."""

_LONGEST_CHARACTERS = 12
"""As in ``choices``: what matters is which characters there are; long texts are another style."""

_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=_LONGEST_CHARACTERS)
"""UTF-8 cannot encode surrogates. It can encode control characters, but nobody knows what a service makes of them."""


def valid_payloads(
    operation: str | Operation, *, readings: Mapping[str, str] | None = None, strict: bool = False
) -> SearchStrategy[Payload]:
    """Return a strategy for valid payloads of an operation: JSON objects as ``dict``, ready for ``json.dumps``.

    ``operation`` is an id, ``"kling/omni-image"`` or ``"kling/omni-image.list"``, or an ``Operation``; the payload of
    a GET is its query. ``readings`` choose what the documents leave open, where that is not the default:
    ``{"kling/null-field": "absent"}``, or without the service. A payload keeps every rule whose level is ``error``.
    About half of the payloads break a rule whose level is ``warning``; with ``strict`` none does.

    A failing test shrinks to the contract's own example with as few fields as possible. A payload has a few hundred
    bytes, and seldom more than 30 000. The first call for an operation searches its rules for up to a second.

    Raises ``NoSuchOperation``, ``NothingToSend`` for an operation without a payload, and ``NoSuchReading``.

    ```python
    @given(valid_payloads("kling/omni-image", strict=True))
    def test_my_client_sends_a_prompt(payload):
        assert 1 <= len(payload["prompt"]) <= 2500
    ```
    """
    payloads = ValidPayloads.of(_operation(operation), readings, is_strict=strict)
    payloads.generate(Simplest())  # the search is done now, so that no draw is slow
    return _valid(payloads)


def invalid_payloads(
    operation: str | Operation, *, rule: str | None = None, readings: Mapping[str, str] | None = None
) -> SearchStrategy[InvalidPayload]:
    """Return a strategy for payloads that break one rule of an operation and no other.

    A drawn value has the ``payload``, any JSON value, and the ``rule`` that it breaks: ``rule.id`` is its name, and
    ``rule.level``, ``error`` or ``warning``, is what the schema says before any reading. With the id of a ``rule``,
    ``"prompt.maxLength"`` (``mockserver rules`` lists them), only this rule is broken. ``operation`` and ``readings``
    are as for ``valid_payloads``.

    The first draws of a test break the rules one by one in the simplest way, so a test with twice as many examples as
    there are rules sees them all. From then on the payloads are of every kind. A payload that breaks a limit on the
    bytes of a picture has more than ten megabytes. The first call for an operation searches its rules for about a
    second.

    Raises ``NoSuchOperation``, ``NothingToSend``, ``NoSuchReading``, ``NoSuchRule`` for a rule that the operation does
    not have or that the readings switch off, and ``NeverAlone`` for one that cannot be broken alone.

    ```python
    @given(invalid_payloads("kling/omni-image", rule="n.maximum"))
    def test_my_server_refuses_too_many_pictures(invalid):
        assert invalid.payload["n"] > 9
    ```
    """
    payloads = InvalidPayloads.of(_operation(operation), readings)
    rules = payloads.rules if rule is None else (payloads.rule(rule),)
    for each in rules:
        payloads.simplest(each)
    return _of_any_rule(payloads) if rule is None else _of_one_rule(payloads, rules[0])


class _Drawn:
    """Choices that Hypothesis makes, records and shrinks."""

    def __init__(self, draw: DrawFn) -> None:
        self._draw = draw

    def below(self, bound: int) -> int:
        """Return a number below ``bound``; it shrinks to 0."""
        return self._draw(_numbers(bound))

    def text(self) -> str:
        """Return a short text of any characters; it shrinks to none."""
        return self._draw(_TEXT)


@cache
def _numbers(bound: int) -> SearchStrategy[int]:
    return st.integers(0, bound - 1)


@st.composite
def _valid(draw: DrawFn, payloads: ValidPayloads) -> Payload:
    payload: Payload | None = payloads.generate(_Drawn(draw))
    return reject() if payload is None else payload


@st.composite
def _of_one_rule(draw: DrawFn, payloads: InvalidPayloads, rule: Rule) -> InvalidPayload:
    return _invalid(payloads, rule, draw)


@st.composite
def _of_any_rule(draw: DrawFn, payloads: InvalidPayloads) -> InvalidPayload:
    # Hypothesis never makes the same choices twice. So each of the simplest payloads comes out of the first gate once,
    # and when all have come, this gate is closed. Between, Hypothesis varies what it has drawn about five times over,
    # which would use up the draws on one rule. The second gate has little to vary, so the first gets its turn again:
    # in 157 runs with twice as many draws as rules, 9 missed a rule without it, and none with it.
    for gate in (len(payloads.rules), _SECOND_GATE):
        choice = draw(st.integers(0, gate))
        if choice < gate:
            return payloads.simplest(payloads.rules[choice % len(payloads.rules)])
    return _invalid(payloads, payloads.rules[draw(st.integers(0, len(payloads.rules) - 1))], draw)


def _invalid(payloads: InvalidPayloads, rule: Rule, draw: DrawFn) -> InvalidPayload:
    found = payloads.generate(rule, _Drawn(draw))
    return reject() if found is None else found


def _operation(operation: str | Operation) -> Operation:
    return load().operation(operation) if isinstance(operation, str) else operation
