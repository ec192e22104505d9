"""Valid payloads of an operation, from any source of choices."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import combinations, starmap
from random import Random

from mockserver.contract.catalog import load
from mockserver.contract.readings import levels, settled
from mockserver.contract.service import Operation
from mockserver.contract.validation import fast_validator
from mockserver.errors import MockserverError
from mockserver.kit.generation.choices import Choices, Seeded, Simplest, picked
from mockserver.kit.generation.dictionary import Dictionary
from mockserver.kit.generation.generator import Generator
from mockserver.kit.generation.intersection import intersect_choices
from mockserver.kit.generation.keywords import generator_of
from mockserver.kit.generation.normal_form import normal_form
from mockserver.kit.generation.schema_edits import schema_breaking, schema_of_patch, without_rules
from mockserver.kit.generation.shapes import ANY, Shape, signature
from mockserver.kit.generation.solver import Solver
from mockserver.types import JSON, Level

_TRIALS = 3
"""Random payloads that a branch must give, beside the simplest one. A branch that sometimes gives an invalid payload
nearly always shows that in the first; the others are for what fails less often."""

_PAIRS = 24
"""Pairs of ways to keep two rules. Bugs live where two conditions meet, but all pairs would be thousands. These random
ones give a sixth more branches, 200 instead of 173, and cost a twentieth more time; four times as many cost two thirds.
"""


class NothingToSend(MockserverError):
    """An operation that takes neither a body nor a query."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(f"{operation.id} takes no payload: its contract has neither a body nor a query for it")
        self.operation = operation


class ValidPayloads:
    """The valid payloads of one operation. Take them from ``of``, which does the search for branches only once.

    With ``is_strict`` no payload draws a warning; without, about half of them draw one, and some of those several.
    ``is_valid`` tells whether any payload is valid in this sense.
    """

    def __init__(self, operation: Operation, level_of: Mapping[str, Level], *, is_strict: bool) -> None:
        """Take the level of each rule, by its id. Raises ``NothingToSend``."""
        if not operation.rules:
            raise NothingToSend(operation)
        self.operation = operation
        self.dictionary = Dictionary(operation.schema)
        self.generator = Generator(self.dictionary)
        self.rules_off = [rule for rule in operation.rules if level_of[rule.id] == "off"]
        self._warnings = [rule for rule in operation.rules if level_of[rule.id] == "warning"]
        not_kept = self.rules_off if is_strict else [*self.rules_off, *self._warnings]
        self.schema = without_rules(operation.schema, not_kept)
        self.is_valid = fast_validator(self.schema)
        self._strict = None if is_strict else self._known(operation, level_of, is_strict=True)

    @classmethod
    def of(cls, operation: Operation, readings: Mapping[str, str] | None = None, *, is_strict: bool) -> ValidPayloads:
        """Return the valid payloads of an operation under some readings.

        ``readings`` are those that differ from the defaults, by ``question`` or ``service/question``.
        Raises ``NothingToSend`` and ``NoSuchReading``.
        """
        return cls._known(operation, rule_levels(operation, readings), is_strict=is_strict)

    @classmethod
    def _known(cls, operation: Operation, level_of: Mapping[str, Level], *, is_strict: bool) -> ValidPayloads:
        # A strict payload keeps errors and warnings alike, so for it only what is off makes a difference.
        counted = tuple("warning" if is_strict and level == "error" else level for level in level_of.values())
        key = (id(operation), is_strict, counted)
        if key not in _cache:
            _cache[key] = cls(operation, level_of, is_strict=is_strict)
        return _cache[key]

    @cached_property
    def branches(self) -> tuple[Shape, ...]:
        """The branches whose payloads draw no warning, the one with the smallest payloads first."""
        return self._sorted(self._strict_branches()) if self._strict is None else self._strict.branches

    @cached_property
    def groups(self) -> tuple[tuple[Shape, ...], ...]:
        """The branches that draw no warning, and beside them those that draw one, if any."""
        warned = () if self._strict is None else self._sorted(self._warned_branches())
        return (self.branches, warned) if warned else (self.branches,)

    def __repr__(self) -> str:
        """Return what Hypothesis prints when a test fails."""
        return f"ValidPayloads({self.operation.id})"

    def generate(self, choices: Choices) -> JSON | None:
        """Return a payload that the contract's validator accepts, or ``None`` if the choices lead to none."""
        branch = picked(picked(self.groups, choices), choices)
        payload = self.generator.payload(branch, choices)
        if not self.is_valid(payload):
            return None
        return without_spare_fields(payload, branch, self.is_valid, choices, self.plain)

    @cached_property
    def plain(self) -> JSON:
        """The simplest payload of all."""
        return self.simplest(self.branches[0])

    def simplest(self, branch: Shape) -> JSON:
        """Return the simplest payload of a branch."""
        return self.generator.payload(branch, Simplest())

    def _strict_branches(self) -> Iterator[Shape | None]:
        """Find a branch for each way to keep each rule, for some pairs of ways, and for each accept vector."""
        solver = Solver(without_rules(self.operation.schema, self.rules_off))
        chance = Random(self.operation.id)
        goals = [*solver.goals()]
        vectors = [patch for rule in self.operation.rules if rule.is_anchored for patch in rule.accept]
        # A text that refers to something is only valid beside just this, so it is no goal.
        usable = [patch for patch in vectors if not self.dictionary.has_reference(json.dumps(patch))]
        pairs = [(chance.choice(goals), chance.choice(goals)) for _ in range(_PAIRS if goals else 0)]
        both = starmap(intersect_choices, pairs)
        wanted = ((ANY,), *goals, *(normal_form(schema_of_patch(patch)) for patch in usable), *both)
        return (solver.find(goal, chance) for goal in wanted)

    def _warned_branches(self) -> Iterator[Shape | None]:
        """Find a branch that draws each warning alone, and one that may draw others beside it."""
        lenient, chance = Solver(self.schema), Random(self.operation.id)
        for rule in self._warnings:
            if generator_of(rule.keyword).is_heavy:
                continue
            goal = normal_form(schema_breaking(rule, self.operation.schema))
            alone = Solver(without_rules(self.operation.schema, [*self.rules_off, rule]))
            yield from (solver.find(goal, chance) for solver in (alone, lenient))

    def _sorted(self, branches: Iterable[Shape | None]) -> tuple[Shape, ...]:
        """Return the different branches that give valid payloads, those with the smallest payloads first."""
        found: dict[str, tuple[int, Shape]] = {}
        for shape in branches:
            if shape is not None and (key := signature(shape)) not in found and self._gives_valid_payloads(shape):
                found[key] = size(self.simplest(shape)), shape
        return tuple(shape for _, shape in sorted(found.values(), key=lambda sized: sized[0]))

    def _gives_valid_payloads(self, branch: Shape) -> bool:
        """Try a branch. Its shape does not say, for one, which sums the numbers of a list can have."""
        trials: tuple[Choices, ...] = (Simplest(), *map(Seeded, range(_TRIALS)))
        return all(self.is_valid(self.generator.payload(branch, choices)) for choices in trials)


_cache: dict[tuple[object, ...], ValidPayloads] = {}


def size(payload: JSON) -> int:
    """Count the values in a payload. A payload with fewer values is simpler, however long its texts are."""
    inner = payload.values() if isinstance(payload, dict) else payload if isinstance(payload, list) else ()
    return 1 + sum(map(size, inner))


def without_spare_fields(
    payload: JSON, branch: Shape, is_good: Callable[[JSON], bool], choices: Choices, plain: JSON = None
) -> JSON:
    """Take away fields that only the branch required, where a good payload stays good without them.

    A branch requires a field to keep a rule in one way; another way may need nothing, or what a ``plain`` payload has.
    Fields are taken away alone and in pairs, because some mean nothing without each other (``multi_shot`` and
    ``multi_prompt``), and once more alone. Each field is tried with a chance of one in four; the smallest choices try
    all of them, in threes as well. So a shrunk payload has no spare field, and most others keep the variety of their
    branch.
    """
    names = [name for name in payload if name in branch.required] if isinstance(payload, dict) else []
    spare = [name for name in names if choices.below(4) == 0]
    is_shrunk = plain is not None and len(spare) == len(names)
    if is_shrunk and names:
        spare += [name for name, value in payload.items() if value == [] and name not in names]  # it says nothing
    for count in (1, 2, 3, 1) if is_shrunk else (1, 2, 1):
        for gone in combinations(spare[::-1], count):
            less = {name: value for name, value in payload.items() if name not in gone}
            if len(less) + count != len(payload):
                continue
            if is_good(less):
                payload = less
            elif is_shrunk and size(filled := {**plain, **less}) < size(payload) and is_good(filled):
                payload = filled
    return payload


def rule_levels(operation: Operation, readings: Mapping[str, str] | None) -> dict[str, Level]:
    """Return the level of each rule of an operation under some readings. Raises ``NoSuchReading``.

    ``readings`` are those that differ from the defaults, by ``question`` or ``service/question``.
    """
    catalog = load()
    chosen = settled(catalog.questions(), readings or {})
    overrides: Mapping[str, Level] = {}
    if operation.service in catalog.services:
        overrides = levels(catalog.services[operation.service].questions, chosen[operation.service])
    return {rule.id: overrides.get(rule.id, rule.level) for rule in operation.rules}
