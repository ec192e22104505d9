"""Breaks: for each rule of an operation the payloads that break it and no other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from mockserver.contract.catalog import Operation, load
from mockserver.contract.readings import settled
from mockserver.contract.rules import Rule
from mockserver.errors import MockserverError
from mockserver.kit.generation.choices import Choices, Simplest
from mockserver.kit.generation.valid import payloads, ruled
from mockserver.kit.generation.ways import Breach, Broken, Swap, Way
from mockserver.kit.generation.wrong_values import odd_values


class NoSuchRule(MockserverError):
    """A rule that an operation does not have, or that does not count under the readings taken."""

    def __init__(self, name: str, operation: str, known: Sequence[str]) -> None:
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        super().__init__(f"no rule {name!r} counts for {operation}; {hint}")
        self.name, self.known = name, tuple(known)


class NeverAlone(MockserverError):
    """A rule that no payload was found to break without breaking another: the contract says a thing twice."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(f"{rule.operation}: no payload breaks {rule.id!r} alone; see {rule.pointer} in its schema")
        self.rule = rule


class Breaks:
    """The broken payloads of one operation.

    ``rules`` are those that can be broken: all but those that the readings switch off.
    """

    def __init__(self, operation: Operation, readings: Mapping[str, str] | None = None) -> None:
        """Take the rules that count. Raises ``NothingToSend`` and ``NoSuchReading``."""
        self._valid = payloads(operation, readings, is_strict=True)
        self._is_null_absent = _reading(operation, "null-field", readings) == "absent"
        levels = ruled(operation, readings)
        self.rules = tuple(rule for rule in operation.rules if levels[rule.id] != "off")
        self._ways: dict[str, Way] = {}
        self._simplest: dict[str, Broken] = {}

    def __repr__(self) -> str:
        """Return what Hypothesis prints when a test fails."""
        return f"breaks({self._valid.operation.id})"

    def rule(self, name: str) -> Rule:
        """Return the rule of that id, or raise ``NoSuchRule``."""
        known = {rule.id: rule for rule in self.rules}
        if name not in known:
            raise NoSuchRule(name, self._valid.operation.id, [*known])
        return known[name]

    def broken(self, rule: Rule, choices: Choices) -> Broken | None:
        """Return a payload that breaks a rule alone, or ``None`` where the choices lead to no such.

        Raises ``NeverAlone``.
        """
        return self._way(rule).broken(choices)

    def simplest(self, rule: Rule) -> Broken:
        """Return the simplest payload that breaks a rule alone. Raises ``NeverAlone``."""
        if rule.id not in self._simplest:
            found = self._way(rule).broken(Simplest())
            if found is None:
                raise NeverAlone(rule)
            self._simplest[rule.id] = found
        return self._simplest[rule.id].copy()

    def _way(self, rule: Rule) -> Way:
        if rule.id not in self._ways:
            self._ways[rule.id] = self._found(rule)
        return self._ways[rule.id]

    def _found(self, rule: Rule) -> Way:
        if rule.keyword in ("type", "enum"):
            odd = odd_values(rule, self._valid.operation, self._valid.lexicon)
            values = [value for value in odd if value is not None or not self._is_null_absent]
            if values:
                return Swap(rule, self._valid, values)
        elif (way := Breach(rule, self._valid)).is_known:
            return way
        raise NeverAlone(rule)


def _reading(operation: Operation, question: str, readings: Mapping[str, str] | None) -> str | None:
    chosen = settled(load().questions(), readings or {})
    return chosen.get(operation.service, {}).get(question)


_known: dict[tuple[int, str], Breaks] = {}


def breaks(operation: Operation, readings: Mapping[str, str] | None = None) -> Breaks:
    """Return the breaks of an operation; the ways are looked for only once."""
    key = (id(operation), json.dumps(sorted((readings or {}).items())))
    if key not in _known:
        _known[key] = Breaks(operation, readings)
    return _known[key]
