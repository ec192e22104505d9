"""Invalid payloads: for each rule of an operation payloads that break this rule and no other."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from random import Random

from mockserver.contract.catalog import load
from mockserver.contract.readings import settled, why_off
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation
from mockserver.contract.validation import fast_validator
from mockserver.errors import MockserverError
from mockserver.kit.generation.choices import Choices, Seeded, Simplest, picked
from mockserver.kit.generation.intersection import intersect_choices
from mockserver.kit.generation.normal_form import normal_form
from mockserver.kit.generation.schema_edits import (
    lifted,
    list_around,
    place_of,
    schema_breaking,
    schema_of_patch,
    without_rules,
)
from mockserver.kit.generation.shapes import Shape, Shapes
from mockserver.kit.generation.solver import Solver
from mockserver.kit.generation.valid import ValidPayloads, rule_levels, size, without_spare_fields
from mockserver.kit.generation.wrong_values import wrong_values
from mockserver.suggestions import suggestion
from mockserver.types import JSON, kind_of

_TRIALS = 2
"""Random payloads that a branch must give, beside the simplest one. Of 487 branches in our schemas 7 fail one of two,
and one more would fail one of eight."""

_WAYS = 12
"""Ways to break one rule that are looked for. No rule of our schemas has more; a schema of many nested choices can."""


_ROOMY_ITEMS = (3, 4)
"""A list of so many has an item more than the rules of any of our schemas need, and not more than they allow."""


class NoSuchRule(MockserverError):
    """A rule that an operation does not have, or that is off under the readings taken."""

    def __init__(self, name: str, operation: str, known: Sequence[str], *, why_off: str | None = None) -> None:
        hint = suggestion(name, known, f"mockserver rules {operation}")
        fact = f"no rule {name!r} counts for {operation}; {hint}"
        super().__init__(fact if why_off is None else f"{operation}: rule {name!r} {why_off}")
        self.name, self.known = name, tuple(known)


class NeverAlone(MockserverError):
    """A rule for which no payload was found that breaks it alone; ``beside`` is one that is broken with it, if known.

    The contract says the same thing twice, or it says what a field may hold and, elsewhere, that there is none.
    """

    def __init__(self, rule: Rule, beside: Rule | None = None) -> None:
        fact = f"no payload breaks {rule.id!r} alone; see {rule.pointer} in its schema"
        also = f". What breaks it breaks {beside.id!r}, too" if beside is not None else ""
        super().__init__(f"{rule.operation}: {fact}{also}")
        self.rule, self.beside = rule, beside


@dataclass(frozen=True, slots=True)
class InvalidPayload:
    """A payload that breaks one ``rule`` of its operation and no other."""

    payload: JSON
    rule: Rule


class Method:
    """Breaks one rule on branches where it is broken and all others are kept."""

    def __init__(self, rule: Rule, valid: ValidPayloads, goals: Sequence[Shapes], beside: Sequence[Rule] = ()) -> None:
        """Look for a branch for each goal, and for two of the first, which is the most ordinary way to break it.

        Rules ``beside`` it may be broken as well.
        """
        self._rule, self._valid = rule, valid
        removed = [*valid.rules_off, rule, *beside, *_told_with(rule, valid.operation)]
        if (rule.field, rule.keyword) == ("", "type"):
            # A rule across fields is about fields, so it says nothing of a body that has none.
            removed += [each for each in valid.operation.rules if each.is_anchored]
        self.others = without_rules(valid.operation.schema, removed)
        found = [*self._search(Solver(self.others), (*goals, *goals[:1]))]
        # One that fails now and then is better than none: where it does, its simplest payload takes the place.
        reliable = [branch for branch in found if all(map(partial(self._is_reached, branch), _trials()))]
        self._branches = sorted(reliable or found, key=lambda branch: size(valid.simplest(branch)))

    @property
    def is_possible(self) -> bool:
        """Whether there is any such branch."""
        return bool(self._branches)

    def generate(self, choices: Choices) -> InvalidPayload | None:
        """Return a payload of any branch; where that branch gives none, of the simplest; ``None`` if neither does."""
        first = picked(self._branches, choices)
        for branch, source in ((first, choices), (self._branches[0], choices), (first, Simplest())):
            payload = self._payload(branch, source)
            if self._breaks_alone(payload):
                payload = without_spare_fields(payload, branch, self._breaks_alone, choices, self._valid.plain)
                return InvalidPayload(payload, self._rule)
        return None

    def _search(self, solver: Solver, goals: Sequence[Shapes]) -> Iterator[Shape]:
        chance = Random(self._rule.id)
        for goal in goals:
            branch = solver.find(goal, chance)
            if branch is not None and self._is_reached(branch, Simplest()):
                yield branch

    def _is_reached(self, branch: Shape, choices: Choices) -> bool:
        return self._breaks_alone(self._payload(branch, choices))

    def _payload(self, branch: Shape, choices: Choices) -> JSON:
        return self._valid.generator.payload(branch, choices)

    def _breaks_alone(self, payload: JSON) -> bool:
        return _others_validator(self)(payload) and not self._valid.is_valid(payload)


@lru_cache(maxsize=64)  # each takes a third of a megabyte and a millisecond, and there is one for each rule
def _others_validator(method: Method) -> Callable[[JSON], bool]:
    """Return what tells whether a payload keeps all rules but the one that a method breaks."""
    return fast_validator(method.others)


def _told_with(rule: Rule, operation: Operation) -> list[Rule]:
    """Return the rule on values beside one on a type: what has another type is none of them, and says so once."""
    if rule.keyword != "type":
        return []
    return [each for each in operation.rules if each.keyword == "enum" and place_of(each) == place_of(rule)]


def _goals(rule: Rule, valid: ValidPayloads) -> list[Shapes]:
    """Return the shapes of what breaks a rule: one for each way to break it, and for each of its reject vectors."""
    ways = normal_form(schema_breaking(rule, valid.operation.schema))
    vectors = rule.reject if rule.is_anchored else ()
    return [*((way,) for way in ways[:_WAYS]), *(normal_form(schema_of_patch(patch)) for patch in vectors)]


def _mistaken_goals(rule: Rule, valid: ValidPayloads, *, with_null: bool) -> list[Shapes]:
    """Return the shapes of payloads with a wrong value, of which people make some: one for each kind of value."""
    kinds: dict[str, list[JSON]] = {}
    for value in wrong_values(rule, valid.operation, valid.dictionary):
        if value is not None or with_null:
            kinds.setdefault(kind_of(value), []).append(value)
    return [normal_form(lifted({"enum": values}, place_of(rule), maxContains=1)) for values in kinds.values()]


def _in_longer_lists(rule: Rule, goals: Sequence[Shapes]) -> list[Shapes]:
    """Return goals with room in the list that a rule is about: the item that breaks it may be none that others need."""
    place = None if rule.is_anchored else list_around(place_of(rule))
    if place is None:
        return []
    longer = [normal_form(lifted({"minItems": count}, place)) for count in _ROOMY_ITEMS]
    return [intersect_choices(goal, each) for goal in goals for each in longer]


def _trials() -> Iterator[Choices]:
    return map(Seeded, range(_TRIALS))


class InvalidPayloads:
    """The invalid payloads of one operation. Take them from ``of``, which does each search only once.

    ``rules`` are those that can be broken: all that the readings do not switch off.
    """

    def __init__(self, operation: Operation, readings: Mapping[str, str] | None = None) -> None:
        """Take the rules that count. Raises ``NothingToSend`` and ``NoSuchReading``."""
        self._valid = ValidPayloads.of(operation, readings, is_strict=True)
        self._readings = dict(readings or {})
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
            operation = self._valid.operation
            is_off = any(name == rule.id for rule in operation.rules)
            raise NoSuchRule(name, operation.id, [*known], why_off=self._why_off(name) if is_off else None)
        return known[name]

    def _why_off(self, name: str) -> str:
        questions = load().questions()
        service = self._valid.operation.service
        return why_off(name, questions[service], settled(questions, self._readings)[service])

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
        is_of_values = rule.keyword in ("type", "enum")
        with_null = not self._is_null_absent
        goals = _mistaken_goals(rule, self._valid, with_null=with_null) if is_of_values else _goals(rule, self._valid)
        for tried in (goals, _in_longer_lists(rule, goals)):
            if (method := Method(rule, self._valid, tried)).is_possible:
                return method
        others = (each for each in self.rules if each != rule and (each.is_anchored or each.field == rule.field))
        always = (each for each in others if Method(rule, self._valid, goals, beside=[each]).is_possible)
        raise NeverAlone(rule, next(always, None))


_cache: dict[tuple[int, str], InvalidPayloads] = {}


def _reading(operation: Operation, question: str, readings: Mapping[str, str] | None) -> str | None:
    chosen = settled(load().questions(), readings or {})
    return chosen.get(operation.service, {}).get(question)
