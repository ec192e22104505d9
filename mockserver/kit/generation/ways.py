"""Ways: how one rule is broken alone, by a value that is swapped or by a payload grown to break it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from mockserver.contract.rules import Rule
from mockserver.contract.validation import fast_validator
from mockserver.kit.generation.choices import Choices, Seeded, Simplest, picked
from mockserver.kit.generation.normal_form import alternatives
from mockserver.kit.generation.schema_edits import breach, patched, place_of, without
from mockserver.kit.generation.shapes import Shape, Shapes
from mockserver.kit.generation.solver import Branches
from mockserver.kit.generation.valid import Payloads, size, spared
from mockserver.kit.generation.wrong_values import has, spots, swapped
from mockserver.types import JSON

_TRIALS = 2
_GOALS = 12


@dataclass(frozen=True, slots=True)
class Broken:
    """A payload that breaks one ``rule`` and no other."""

    payload: JSON
    rule: Rule

    def copy(self) -> Broken:
        """Return the same break with nothing in it that belongs to anybody else: a test may change what it draws."""
        return Broken(copy.deepcopy(self.payload), self.rule)


class Way(Protocol):
    """One way to break one rule."""

    def broken(self, choices: Choices) -> Broken | None:
        """Return a payload that breaks the rule alone, or ``None`` where the choices lead to no such."""


class Swap:
    """A value of a valid payload is replaced by one of another type, or by one that is not listed.

    Where a type is wrong the rules across fields say nothing, so all the rest may stay as it was.
    """

    def __init__(self, rule: Rule, valid: Payloads, values: Sequence[JSON]) -> None:
        """Take the branches on which there is something at the rule's place, or all if there are none."""
        self._rule, self._valid, self._values = rule, valid, values
        across = [other for other in valid.operation.rules if other.is_anchored]
        self._keeps = fast_validator(without(valid.operation.schema, [*valid.off, *across]))
        self._keeps_others = fast_validator(without(valid.operation.schema, [*valid.off, *across, rule]))
        self._place = place_of(rule)
        self._branches = [each for each in valid.branches if has(valid.simplest(each), self._place)] or valid.branches

    def broken(self, choices: Choices) -> Broken | None:
        """Swap one value."""
        branch = picked(self._branches, choices)
        grown = self._valid.growth.payload(branch, choices)
        if not self._valid.is_valid(grown):
            return None
        valid = spared(grown, branch, self._valid.is_valid, choices)
        spot = picked(spots(valid, self._place), choices)
        value = picked(self._values, choices) if spot else picked([[valid], *self._values], choices)
        payload = swapped(valid, spot, value, self._valid.lexicon)
        is_alone = self._keeps_others(payload) and not self._keeps(payload)
        return Broken(payload, self._rule).copy() if is_alone else None


class Breach:
    """A payload is grown on a branch where the rule is broken and all others are kept."""

    def __init__(self, rule: Rule, valid: Payloads) -> None:
        """Look for a branch for each way to break the rule, and one for each of its reject vectors."""
        self._rule, self._valid = rule, valid
        schema = without(valid.operation.schema, [*valid.off, rule])
        self._keeps_others = fast_validator(schema)
        self._branches = sorted(self._found(schema), key=lambda branch: size(valid.simplest(branch)))

    @property
    def is_known(self) -> bool:
        """Whether there is any such branch."""
        return bool(self._branches)

    def broken(self, choices: Choices) -> Broken | None:
        """Grow a broken payload; where a branch does not bear one, the simplest does."""
        chosen = picked(self._branches, choices)
        for branch in (chosen, self._branches[0]):
            payload = self._grown(branch, choices)
            if self._is_alone(payload):
                return Broken(spared(payload, branch, self._is_alone, choices), self._rule)
        return None

    def _found(self, schema: JSON) -> Iterator[Shape]:
        search, chance = Branches(schema), Random(self._rule.id)
        goals: list[Shapes] = [(shape,) for shape in alternatives(breach(self._rule, self._valid.operation.schema))]
        vectors = [alternatives(patched(patch)) for patch in self._rule.reject if self._rule.is_anchored]
        for goal in (*goals[:_GOALS], *vectors, *goals[:1]):
            shape = search.find(goal, chance)
            if shape is not None and all(self._is_alone(self._grown(shape, each)) for each in _trials()):
                yield shape

    def _grown(self, branch: Shape, choices: Choices) -> JSON:
        return self._valid.growth.payload(branch, choices)

    def _is_alone(self, payload: JSON) -> bool:
        return self._keeps_others(payload) and not self._valid.is_valid(payload)


def _trials() -> Iterator[Choices]:
    yield Simplest()
    yield from map(Seeded, range(_TRIALS))
