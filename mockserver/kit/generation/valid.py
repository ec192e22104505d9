"""Payloads: the valid ones of any operation, from any source of chance."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import combinations, starmap
from random import Random

from mockserver.contract.catalog import Operation, load
from mockserver.contract.readings import levels, settled
from mockserver.contract.validation import fast_validator
from mockserver.errors import MockserverError
from mockserver.kit.generation.choices import Choices, Seeded, Simplest, picked
from mockserver.kit.generation.dictionary import Lexicon
from mockserver.kit.generation.generator import Growth
from mockserver.kit.generation.intersection import merged
from mockserver.kit.generation.normal_form import alternatives
from mockserver.kit.generation.schema_edits import breach, patched, without
from mockserver.kit.generation.shapes import ANY, Shape, signature
from mockserver.kit.generation.solver import Branches
from mockserver.types import JSON, Level

_TRIALS = 3
_PAIRS = 24


class NothingToSend(MockserverError):
    """An operation that takes neither a body nor a query."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(f"{operation.id} takes no payload: its contract has neither a body nor a query for it")
        self.operation = operation


class Payloads:
    """The valid payloads of one operation.

    With ``is_strict`` no payload draws a warning; without, about half of them draw one, and some of those more.
    ``is_valid`` tells whether a payload is one of them all.
    """

    def __init__(self, operation: Operation, ruled: Mapping[str, Level], *, is_strict: bool) -> None:
        """Take the rules that count. ``ruled`` holds the level of each, by its id. Raises ``NothingToSend``."""
        if not operation.rules:
            raise NothingToSend(operation)
        self.operation = operation
        self.lexicon = Lexicon(operation.schema)
        self.growth = Growth(self.lexicon)
        self.off = [rule for rule in operation.rules if ruled[rule.id] == "off"]
        self._warned = [rule for rule in operation.rules if ruled[rule.id] == "warning"]
        self.schema = without(operation.schema, self.off if is_strict else [*self.off, *self._warned])
        self.is_valid = fast_validator(self.schema)
        self._strict = None if is_strict else _found(operation, ruled, is_strict=True)

    @cached_property
    def branches(self) -> tuple[Shape, ...]:
        """The ways through the conditions of the contract that draw no warning, the simplest first."""
        return self._sorted(self._strict_branches()) if self._strict is None else self._strict.branches

    @cached_property
    def groups(self) -> tuple[tuple[Shape, ...], ...]:
        """The branches, and beside them those that draw a warning if they may."""
        warned = () if self._strict is None else self._sorted(self._loose_branches())
        return (self.branches, warned) if warned else (self.branches,)

    def __repr__(self) -> str:
        """Return what Hypothesis prints when a test fails."""
        return f"payloads({self.operation.id})"

    def grown(self, choices: Choices) -> JSON | None:
        """Return a payload that the contract's validator accepts, or ``None`` where the choices lead to no such."""
        branch = picked(picked(self.groups, choices), choices)
        payload = self.growth.payload(branch, choices)
        return spared(payload, branch, self.is_valid, choices) if self.is_valid(payload) else None

    def simplest(self, branch: Shape) -> JSON:
        """Return the payload that a branch bears where chance wants nothing."""
        return self.growth.payload(branch, Simplest())

    def _strict_branches(self) -> Iterator[Shape | None]:
        """Find a branch for each way to keep each rule, alone and in pairs, and one for each vector."""
        branches = Branches(without(self.operation.schema, self.off))
        chance = Random(self.operation.id)
        goals = [*branches.goals()]
        vectors = [patch for rule in self.operation.rules if rule.is_anchored for patch in rule.accept]
        # A text that refers to something is only as good as what happens to be grown beside it.
        accepted = [patch for patch in vectors if not self.lexicon.refers(json.dumps(patch))]
        pairs = [(chance.choice(goals), chance.choice(goals)) for _ in range(_PAIRS if goals else 0)]
        wanted = ((ANY,), *goals, *(alternatives(patched(patch)) for patch in accepted), *starmap(merged, pairs))
        return (branches.find(goal, chance) for goal in wanted)

    def _loose_branches(self) -> Iterator[Shape | None]:
        """Find a branch for each warning alone, and one where others may come with it."""
        lenient, chance = Branches(self.schema), Random(self.operation.id)
        for rule in self._warned:
            if rule.keyword == "x-image-bytes":
                continue  # megabytes in each payload, and nothing else to be seen
            goal = alternatives(breach(rule, self.operation.schema))
            alone = Branches(without(self.operation.schema, [*self.off, rule]))
            yield from (branches.find(goal, chance) for branches in (alone, alone, lenient))

    def _sorted(self, branches: Iterable[Shape | None]) -> tuple[Shape, ...]:
        """Return different branches that bear payloads, those with the smallest first."""
        found: dict[str, tuple[int, Shape]] = {}
        for shape in branches:
            if shape is not None and (key := signature(shape)) not in found and self._bears(shape):
                found[key] = size(self.simplest(shape)), shape
        return tuple(shape for _, shape in sorted(found.values(), key=lambda each: each[0]))

    def _bears(self, shape: Shape) -> bool:
        """Tell whether what is grown of a shape can be trusted: a sum that no split reaches, for one, cannot."""
        trials: tuple[Choices, ...] = (Simplest(), *map(Seeded, range(_TRIALS)))
        return all(self.is_valid(self.growth.payload(shape, choices)) for choices in trials)


def size(payload: JSON) -> int:
    """Count the values in a payload: what is smaller is simpler, however long its texts are."""
    inner = payload.values() if isinstance(payload, dict) else payload if isinstance(payload, list) else ()
    return 1 + sum(map(size, inner))


def spared(payload: JSON, branch: Shape, is_good: Callable[[JSON], bool], choices: Choices) -> JSON:
    """Take away some of the fields that a branch asked for, where a good payload is as good without them.

    Small choices take away all that can be: so a shrunk payload has no field too many, whatever its branch was.
    """
    names = [name for name in payload if name in branch.required] if isinstance(payload, dict) else []
    spare = [name for name in names if choices.below(4) == 0]
    for count in (1, 2, 1):
        for gone in combinations(spare[::-1], count):
            less = {name: value for name, value in payload.items() if name not in gone}
            if len(less) + count == len(payload) and is_good(less):
                payload = less
    return payload


def ruled(operation: Operation, readings: Mapping[str, str] | None) -> dict[str, Level]:
    """Return the level of each rule of an operation under some readings. Raises ``NoSuchReading``.

    ``readings`` are those that differ from the defaults, by ``question`` or ``service/question``.
    """
    catalog = load()
    chosen = settled(catalog.questions(), readings or {})
    overrides: Mapping[str, Level] = {}
    if operation.service in catalog.services:
        overrides = levels(catalog.services[operation.service].questions, chosen[operation.service])
    return {rule.id: overrides.get(rule.id, rule.level) for rule in operation.rules}


def payloads(operation: Operation, readings: Mapping[str, str] | None = None, *, is_strict: bool) -> Payloads:
    """Return the payloads of an operation; their branches are found only once."""
    return _found(operation, ruled(operation, readings), is_strict=is_strict)


_known: dict[tuple[JSON, ...], Payloads] = {}


def _found(operation: Operation, by_rule: Mapping[str, Level], *, is_strict: bool) -> Payloads:
    # A strict payload keeps errors and warnings alike, so for it only what is off makes a difference.
    counted = tuple("warning" if is_strict and level == "error" else level for level in by_rule.values())
    key = (id(operation), is_strict, counted)
    if key not in _known:
        _known[key] = Payloads(operation, by_rule, is_strict=is_strict)
    return _known[key]
