"""Invalid payloads: for each rule of an operation payloads that break this rule and no other."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from mockserver.contract.catalog import Operation, load
from mockserver.contract.readings import settled
from mockserver.contract.rules import Rule
from mockserver.contract.validation import fast_validator
from mockserver.errors import MockserverError
from mockserver.kit.generation.choices import Choices, Seeded, Simplest, picked
from mockserver.kit.generation.normal_form import normal_form
from mockserver.kit.generation.schema_edits import place_of, schema_breaking, schema_of_patch, without_rules
from mockserver.kit.generation.shapes import Shape, Shapes
from mockserver.kit.generation.solver import Solver
from mockserver.kit.generation.valid import ValidPayloads, rule_levels, size, without_spare_fields
from mockserver.kit.generation.wrong_values import has_place, spots, with_value, wrong_values
from mockserver.suggestions import suggestion
from mockserver.types import JSON, Schema

_TRIALS = 2
"""Random payloads that a branch must give, beside the simplest one. Of 487 branches in our schemas 7 fail one of two,
and one more would fail one of eight."""

_WAYS = 12
"""Ways to break one rule that are looked for. No rule of our schemas has more; a schema of many nested choices can."""


class NoSuchRule(MockserverError):
    """A rule that an operation does not have, or that is off under the readings taken."""

    def __init__(self, name: str, operation: str, known: Sequence[str]) -> None:
        hint = suggestion(name, known, f"mockserver rules {operation}")
        super().__init__(f"no rule {name!r} counts for {operation}; {hint}")
        self.name, self.known = name, tuple(known)


class NeverAlone(MockserverError):
    """A rule for which no payload was found that breaks it alone: the contract says the same thing twice."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(f"{rule.operation}: no payload breaks {rule.id!r} alone; see {rule.pointer} in its schema")
        self.rule = rule


@dataclass(frozen=True, slots=True)
class InvalidPayload:
    """A payload that breaks one ``rule`` of its operation and no other."""

    payload: JSON
    rule: Rule


class Method(Protocol):
    """A method to break one rule."""

    def generate(self, choices: Choices) -> InvalidPayload | None:
        """Return a payload that breaks the rule alone, or ``None`` if the choices lead to none."""


class BySwapping:
    """Replaces a value of a valid payload by one of another type, or by one that is not in the list of allowed values.

    While a type is wrong the rules across fields say nothing, so the rest of the payload may stay as it is.
    """

    def __init__(self, rule: Rule, valid: ValidPayloads, values: Sequence[JSON]) -> None:
        """Take the branches that have something at the rule's place, or all if there are none."""
        self._rule, self._valid, self._values = rule, valid, values
        across_fields = [other for other in valid.operation.rules if other.is_anchored]
        removed = [*valid.rules_off, *across_fields]
        self._keeps_all = fast_validator(without_rules(valid.operation.schema, removed))
        self._keeps_others = fast_validator(without_rules(valid.operation.schema, [*removed, rule]))
        self._place = place_of(rule)
        with_place = [branch for branch in valid.branches if has_place(valid.simplest(branch), self._place)]
        self._branches = with_place or valid.branches

    def generate(self, choices: Choices) -> InvalidPayload | None:
        """Return a valid payload with one wrong value."""
        branch = picked(self._branches, choices)
        valid = self._valid.generator.payload(branch, choices)
        if not self._valid.is_valid(valid):
            return None
        valid = without_spare_fields(valid, branch, self._valid.is_valid, choices)
        spot = picked(spots(valid, self._place), choices)
        value = picked(self._values, choices) if spot else picked([[valid], *self._values], choices)
        payload = with_value(valid, spot, copy.deepcopy(value), self._valid.dictionary)
        is_alone = self._keeps_others(payload) and not self._keeps_all(payload)
        return InvalidPayload(payload, self._rule) if is_alone else None


class BySolving:
    """Generates a payload on a branch where the rule is broken and all others are kept."""

    def __init__(self, rule: Rule, valid: ValidPayloads) -> None:
        """Look for a branch for each way to break the rule, and for each of its reject vectors."""
        self._rule, self._valid = rule, valid
        schema = without_rules(valid.operation.schema, [*valid.rules_off, rule])
        self._keeps_others = fast_validator(schema)
        self._branches = sorted(self._search(schema), key=lambda branch: size(valid.simplest(branch)))

    @property
    def is_possible(self) -> bool:
        """Whether there is any such branch."""
        return bool(self._branches)

    def generate(self, choices: Choices) -> InvalidPayload | None:
        """Return a payload of any branch; where that branch gives none, of the simplest."""
        first = picked(self._branches, choices)
        for branch in (first, self._branches[0]):
            payload = self._payload(branch, choices)
            if self._breaks_alone(payload):
                payload = without_spare_fields(payload, branch, self._breaks_alone, choices)
                return InvalidPayload(payload, self._rule)
        return None

    def _search(self, schema: Schema) -> Iterator[Shape]:
        solver, chance = Solver(schema), Random(self._rule.id)
        broken = normal_form(schema_breaking(self._rule, self._valid.operation.schema))
        ways: list[Shapes] = [(shape,) for shape in broken]
        vectors = self._rule.reject if self._rule.is_anchored else ()
        rejected = [normal_form(schema_of_patch(patch)) for patch in vectors]
        # The first way is the most ordinary one, so it gets a second branch: the search chooses at random.
        for goal in (*ways[:_WAYS], *rejected, *ways[:1]):
            branch = solver.find(goal, chance)
            if branch is not None and all(self._breaks_alone(self._payload(branch, trial)) for trial in _trials()):
                yield branch

    def _payload(self, branch: Shape, choices: Choices) -> JSON:
        return self._valid.generator.payload(branch, choices)

    def _breaks_alone(self, payload: JSON) -> bool:
        return self._keeps_others(payload) and not self._valid.is_valid(payload)


def _trials() -> Iterator[Choices]:
    yield Simplest()
    yield from map(Seeded, range(_TRIALS))


class InvalidPayloads:
    """The invalid payloads of one operation. Take them from ``of``, which does each search only once.

    ``rules`` are those that can be broken: all that the readings do not switch off.
    """

    def __init__(self, operation: Operation, readings: Mapping[str, str] | None = None) -> None:
        """Take the rules that count. Raises ``NothingToSend`` and ``NoSuchReading``."""
        self._valid = ValidPayloads.of(operation, readings, is_strict=True)
        self._is_null_absent = _reading(operation, "null-field", readings) == "absent"
        level_of = rule_levels(operation, readings)
        self.rules = tuple(rule for rule in operation.rules if level_of[rule.id] != "off")
        self._methods: dict[str, Method] = {}
        self._simplest: dict[str, JSON] = {}

    @classmethod
    def of(cls, operation: Operation, readings: Mapping[str, str] | None = None) -> InvalidPayloads:
        """Return the invalid payloads of an operation under some readings.

        ``readings`` are those that differ from the defaults, by ``question`` or ``service/question``.
        Raises ``NothingToSend`` and ``NoSuchReading``.
        """
        key = (id(operation), json.dumps(sorted((readings or {}).items())))
        if key not in _cache:
            _cache[key] = cls(operation, readings)
        return _cache[key]

    def __repr__(self) -> str:
        """Return what Hypothesis prints when a test fails."""
        return f"InvalidPayloads({self._valid.operation.id})"

    def rule(self, name: str) -> Rule:
        """Return the rule of that id, or raise ``NoSuchRule``."""
        known = {rule.id: rule for rule in self.rules}
        if name not in known:
            raise NoSuchRule(name, self._valid.operation.id, [*known])
        return known[name]

    def generate(self, rule: Rule, choices: Choices) -> InvalidPayload | None:
        """Return a payload that breaks a rule alone, or ``None`` if the choices lead to none. Raises ``NeverAlone``."""
        return self._method(rule).generate(choices)

    def simplest(self, rule: Rule) -> InvalidPayload:
        """Return the simplest payload that breaks a rule alone. Raises ``NeverAlone``."""
        if rule.id not in self._simplest:
            found = self.generate(rule, Simplest())
            if found is None:
                raise NeverAlone(rule)
            self._simplest[rule.id] = found.payload
        # A copy, because a test may change what it draws.
        return InvalidPayload(copy.deepcopy(self._simplest[rule.id]), rule)

    def _method(self, rule: Rule) -> Method:
        if rule.id not in self._methods:
            self._methods[rule.id] = self._new_method(rule)
        return self._methods[rule.id]

    def _new_method(self, rule: Rule) -> Method:
        if rule.keyword in ("type", "enum"):
            values = wrong_values(rule, self._valid.operation, self._valid.dictionary)
            values = [value for value in values if value is not None or not self._is_null_absent]
            if values:
                return BySwapping(rule, self._valid, values)
        elif (method := BySolving(rule, self._valid)).is_possible:
            return method
        raise NeverAlone(rule)


_cache: dict[tuple[int, str], InvalidPayloads] = {}


def _reading(operation: Operation, question: str, readings: Mapping[str, str] | None) -> str | None:
    chosen = settled(load().questions(), readings or {})
    return chosen.get(operation.service, {}).get(question)
