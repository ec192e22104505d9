"""Solver: from the rules of a schema to single shapes of a whole payload, called branches.

A rule across fields is a choice: its condition is not met, or it is met and something follows. A branch has one choice
made for every rule, so whatever is generated of its shape keeps them all. The choices are found by search: take one,
narrow the shape, go back where nothing is left. Branches are found once; a payload then needs no search.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from mockserver.kit.generation.intersection import intersect, intersect_choices
from mockserver.kit.generation.normal_form import normal_form
from mockserver.kit.generation.shapes import Shape, Shapes
from mockserver.types import JSON, Schema

_ATTEMPTS = 8
"""Orders of the rules to try. With 1, the search misses 11 of the rules that can be broken; with 2, four; with 6, none;
the others are for rules to come."""

_STEPS = 60
"""Choices in one attempt before another order is tried. With 30, two rules are missed; with 60, none."""


class Solver:
    """Finds branches of a request schema."""

    def __init__(self, schema: Schema) -> None:
        """Separate what holds for every payload from the choices that the rules across fields offer."""
        self._root = normal_form({key: value for key, value in schema.items() if key != "allOf"})
        self._rules = tuple(_choices_of_rules(schema.get("allOf", ())))

    def goals(self) -> Iterator[Shapes]:
        """Yield each way to keep each rule that can be kept in more than one way."""
        for choice in self._rules:
            yield from ((shape,) for shape in choice if len(choice) > 1)

    def find(self, goal: Shapes, chance: Random) -> Shape | None:
        """Return a branch whose payloads are of one of the goal's shapes, or ``None`` if the search finds none."""
        search = _Search(self._rules, chance)
        starts = intersect_choices(self._root, goal)
        for _ in range(_ATTEMPTS if starts else 0):
            branch = search.attempt(starts)
            if branch is not None or search.is_exhausted:
                return branch
        return None


class _Search:
    """Several attempts in different orders: a rule that led nowhere in one attempt comes first in the next."""

    def __init__(self, rules: Sequence[Shapes], chance: Random) -> None:
        self._rules, self._chance = rules, chance
        self._failures: Counter[int] = Counter()
        self._steps = 0

    @property
    def is_exhausted(self) -> bool:
        """Whether the last attempt tried everything, so that another would find no more."""
        return self._steps <= _STEPS

    def attempt(self, starts: Shapes) -> Shape | None:
        """Choose for all rules, in random order but those that failed before first."""
        order = self._chance.sample(range(len(self._rules)), len(self._rules))
        order.sort(key=lambda index: -self._failures[index])
        self._steps = 0
        branches = (self._narrowed(start, order) for start in self._chance.sample(starts, len(starts)))
        return next((branch for branch in branches if branch is not None), None)

    def _narrowed(self, shape: Shape, order: Sequence[int]) -> Shape | None:
        """Choose for each rule in order. A rule that holds already is skipped: a branch demands no more than it must.

        Of several choices one with few required fields comes first, because it leaves most room for the other rules
        and makes small payloads. Chance weighs as much as two fields: without it there are 160 branches instead of
        200; with chance alone there are 247, but half as much again to search, and one rule is missed.
        """
        for place, index in enumerate(order):
            options = _options(shape, self._rules[index])
            if options is None:
                continue
            self._failures[index] += not options
            for option in sorted(options, key=lambda each: len(each.required) + 2 * self._chance.random()):
                self._steps += 1
                if self._steps > _STEPS:
                    return None
                if (branch := self._narrowed(option, order[place + 1 :])) is not None:
                    return branch
            return None
        return shape


def _options(shape: Shape, choice: Shapes) -> list[Shape] | None:
    """Return a shape narrowed by each shape of a choice; ``None`` if it is in the choice already."""
    options = []
    for candidate in choice:
        both = intersect(shape, candidate)
        if both is shape:
            return None
        if both is not None:
            options.append(both)
    return options


def _choices_of_rules(parts: Sequence[JSON]) -> Iterator[Shapes]:
    """Yield the choice that each schema offers. Those inside an ``allOf`` stay apart: together they would multiply."""
    for part in parts:
        own = {key: value for key, value in part.items() if key != "allOf"} if isinstance(part, dict) else part
        yield normal_form(own)
        yield from _choices_of_rules(part.get("allOf", ()) if isinstance(part, dict) else ())
