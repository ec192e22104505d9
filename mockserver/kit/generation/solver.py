"""Branches: the ways through the conditions of a contract, each a single shape of a whole payload.

A rule across fields is a choice: its condition is not met, or it is and something follows. A branch has chosen once for
every rule, so that whatever is grown of its shape keeps them all. The choices are found by search: take one, narrow the
shape, go back where nothing is left. Branches are found once; a payload then costs no search at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from mockserver.kit.generation.intersection import meet, merged
from mockserver.kit.generation.normal_form import alternatives
from mockserver.kit.generation.shapes import Shape, Shapes
from mockserver.types import JSON, Schema

_ATTEMPTS = 5
_STEPS = 60


class Branches:
    """The branches of a request schema."""

    def __init__(self, schema: Schema) -> None:
        """Turn the schema into what holds for every payload, and a choice for each rule across fields."""
        self._root = alternatives({key: value for key, value in schema.items() if key != "allOf"})
        self._clauses = tuple(_clauses(schema.get("allOf", ())))

    def goals(self) -> Iterator[Shapes]:
        """Yield each way to keep each rule."""
        for clause in self._clauses:
            yield from ((shape,) for shape in clause if len(clause) > 1)

    def find(self, goal: Shapes, chance: Random) -> Shape | None:
        """Return a branch on which a goal is met, or ``None`` if the search finds none."""
        search = _Search(self._clauses, chance)
        starts = merged(self._root, goal)
        for _ in range(_ATTEMPTS if starts else 0):
            found = search.attempt(starts)
            if found is not None or search.is_over:
                return found
        return None


class _Search:
    """Attempts in new orders: what could not be kept in one attempt is chosen for first in the next."""

    def __init__(self, clauses: Sequence[Shapes], chance: Random) -> None:
        self._clauses, self._chance = clauses, chance
        self._failures: Counter[int] = Counter()
        self._steps = 0

    @property
    def is_over(self) -> bool:
        """Whether the last attempt tried everything: another would find no more."""
        return self._steps <= _STEPS

    def attempt(self, starts: Shapes) -> Shape | None:
        order = self._chance.sample(range(len(self._clauses)), len(self._clauses))
        order.sort(key=lambda index: -self._failures[index])
        self._steps = 0
        solved = (self._solved(start, order) for start in self._chance.sample(starts, len(starts)))
        return next((shape for shape in solved if shape is not None), None)

    def _solved(self, shape: Shape, order: Sequence[int]) -> Shape | None:
        """Choose for each clause. What holds already is never chosen for: a branch says no more than it must."""
        for place, index in enumerate(order):
            met = _met(shape, self._clauses[index])
            if met is None:
                continue
            self._failures[index] += not met
            for both in sorted(met, key=lambda each: len(each.required) + 2 * self._chance.random()):
                self._steps += 1
                if self._steps > _STEPS:
                    return None
                if (found := self._solved(both, order[place + 1 :])) is not None:
                    return found
            return None
        return shape


def _met(shape: Shape, clause: Shapes) -> list[Shape] | None:
    """Return what a shape has in common with each choice of a clause; ``None`` if it keeps the clause already."""
    found = []
    for option in clause:
        both = meet(shape, option)
        if both is shape:
            return None
        if both is not None:
            found.append(both)
    return found


def _clauses(parts: Sequence[JSON]) -> Iterator[Shapes]:
    """Yield the choices of some schemas; those inside an ``allOf`` stay apart, or they would multiply."""
    for part in parts:
        own = {key: value for key, value in part.items() if key != "allOf"} if isinstance(part, dict) else part
        yield alternatives(own)
        yield from _clauses(part.get("allOf", ()) if isinstance(part, dict) else ())
