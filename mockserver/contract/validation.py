"""Validation: whether a payload keeps a schema, and which rules it breaks.

``jsonschema-rs`` answers both, a yes in microseconds and a no in some dozen of them. What it tells of a no is put in
the order of the schema, and in words that do not repeat the payload.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, reduce
from itertools import chain
from operator import getitem
from typing import TYPE_CHECKING, Any, Self

import jsonschema_rs

from mockserver.contract.evaluation.certainty import Judge, judge, marked
from mockserver.contract.evaluation.engine import compiled, unguarded
from mockserver.contract.forms import without_nulls
from mockserver.contract.keywords import KEYWORDS, Problem
from mockserver.contract.readings import Questions, Readings, levels
from mockserver.contract.rules import Rule, broken_rule, null_rule, of_field
from mockserver.types import JSON, Level, Path, Schema, kind_of, pointer, value

if TYPE_CHECKING:
    from mockserver.contract.service import Operation

_MOST = 1000
"""More items of a list, or unknown fields, are not explained one by one: a megabyte of them would take minutes."""

_Kind = jsonschema_rs.ValidationErrorKind


@value
class Violation:
    """One rule broken at one place of a payload.

    ``level`` is what counts here and now: the rule's own, or what a chosen reading makes of it.
    """

    rule: Rule
    level: Level
    path: Path
    fact: str
    value: JSON

    @property
    def pointer(self) -> str:
        """The place in the payload, as a JSON pointer."""
        return pointer(self.path)

    @property
    def field(self) -> str:
        """The place in the payload, as a person writes it: ``image_list[0].image``."""
        steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path]
        return "".join(steps).lstrip(".") or "body"

    @property
    def is_of_wrong_type(self) -> bool:
        """Whether the value has a type that its field never has, so that the service cannot even read it."""
        if self.rule.keyword == "enum":
            return kind_of(self.value) not in self.rule.kinds
        return self.rule.keyword in ("type", "x-int64")


@value
class Unjudged:
    """A rule across fields that nobody can judge, and the violations because of which that is so."""

    rule: Rule
    causes: tuple[Violation, ...]


class Validator:
    """A request schema compiled under chosen levels."""

    def __init__(
        self, schema: Schema, rules: tuple[Rule, ...], levels: Mapping[str, Level], *, nulls: Rule | None = None
    ) -> None:
        """Take ``schema``. ``levels`` overrides the level of rules, by id; an anchored rule can be ``off``: gone.

        ``nulls`` is the rule that a null field breaks where null counts as absent. Without it null is a value.
        """
        self._nulls = nulls
        self._level = {rule.id: levels.get(rule.id, rule.level) for rule in rules}
        self._rules = {rule.path: rule for rule in rules}
        self._places: dict[Path, _Place] = {}
        self._judges: dict[str, Judge] = {}
        kept = [sub if self._level[sub["$anchor"]] != "off" else True for sub in schema.get("allOf", ())]
        self._schema = {**schema, "allOf": kept} if kept else schema

    @classmethod
    def of(cls, operation: Operation, questions: Questions, readings: Readings) -> Self:
        """Compile the schema of an operation under the readings of its service."""
        asked = questions.get("null-field")
        is_absent = asked is not None and readings["null-field"] == "absent"
        nulls = null_rule(operation.id, asked.confidence, asked.source) if asked and is_absent else None
        return cls(operation.schema, operation.rules, levels(questions, readings), nulls=nulls)

    # Compiled when first needed: a cold start serves one operation or two.
    @cached_property
    def _compiled(self) -> jsonschema_rs.Validator:
        return compiled(self._schema)

    def violations(self, payload: JSON) -> tuple[Violation, ...]:
        """Name every broken rule, errors first, each rule once at each place; an anchored rule once at all.

        A rule across fields that depends on a field which is not of its type, or not among its values, is left out;
        ``unjudged`` names it.
        """
        if self._nulls is None:
            return self.broken(payload)
        payload, nulls = without_nulls(payload)
        return (*self.broken(payload), *(_absent(self._nulls, path) for path in nulls[:_MOST]))

    def broken(self, payload: JSON) -> tuple[Violation, ...]:
        """Name every broken rule of a payload without nulls: to look for them costs as much as to check the rules."""
        if self._compiled.is_valid(payload):
            return ()
        is_long = isinstance(payload, _HOLDERS) and _is_long(payload)
        return (self._explained(_beginning(payload)) if is_long else ()) or self._explained(payload)

    def unjudged(self, payload: JSON) -> tuple[Unjudged, ...]:
        """Name the rules across fields that cannot be judged because of what is wrong in single fields.

        They are none if the body is no object: then there are no fields, and nothing to judge.
        """
        payload = _beginning(payload if self._nulls is None else without_nulls(payload)[0])
        faults: dict[str, list[Violation]] = {}
        for each in _unreadable(self.broken(payload)):
            faults.setdefault(each.rule.id, []).append(each)
        if any(not each.path for found in faults.values() for each in found):
            return ()
        everything = _marked(payload, (each for found in faults.values() for each in found))
        alone = [(found[0], _marked(payload, found)) for found in faults.values()]
        unjudged = []
        for rule in self._across_fields if faults else ():
            if self._is_kept(rule, everything) is None:
                causes = [fault for fault, partly in alone if self._is_kept(rule, partly) is None]
                unjudged.append(Unjudged(rule, tuple(causes or (fault for fault, _ in alone))))
        return tuple(unjudged)

    @cached_property
    def _across_fields(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self._rules.values() if rule.is_anchored and self._level[rule.id] != "off")

    def _explained(self, payload: JSON) -> tuple[Violation, ...]:
        every = self._found(payload)
        if len(every) < 2:  # mostly
            return tuple(every)
        found: dict[tuple[str, Path], Violation] = {}
        for violation in every:
            found.setdefault((violation.rule.id, () if violation.rule.is_anchored else violation.path), violation)
        mistyped = {each.path for each in found.values() if each.rule.keyword == "type" and not each.rule.is_anchored}
        # What has another type is none of the values either, and says so once.
        found = {key: each for key, each in found.items() if each.rule.keyword != "enum" or each.path not in mistyped}
        if faults := _unreadable(found.values()):
            readable = _marked(payload, faults)
            found = {
                key: violation
                for key, violation in found.items()
                if not violation.rule.is_anchored or self._is_kept(violation.rule, readable) is False
            }
        return tuple(sorted(found.values(), key=lambda violation: violation.level != "error"))

    def _found(self, payload: JSON) -> list[Violation]:
        """Return what is wrong with a payload, in the order of the schema."""
        errors = [(error, _named(error.instance_path, payload)) for error in self._compiled.iter_errors(payload)]
        told = [(self._place((*error.schema_path, *_missing(error))), path, error) for error, path in errors]
        if len(told) > 1:
            told.sort(key=lambda one: one[0].order(one[1]))
        found: list[Violation] = []
        for place, path, error in told:
            level, instance = self._level[place.rule.id], reduce(getitem, path, payload)
            found += [
                Violation(place.rule, level, path + problem.path, problem.fact, instance)
                for problem in _problems(error, place, instance)
            ]
        return found

    def _place(self, path: Path) -> _Place:
        """Look up what a schema says at a path; a property that is required is its last step."""
        if path not in self._places:
            self._places[path] = _Place.at(path, self._schema, self._rules)
        return self._places[path]

    def _is_kept(self, rule: Rule, payload: JSON) -> bool | None:
        """Tell whether a ``marked`` payload keeps a rule across fields."""
        if rule.id not in self._judges:
            self._judges[rule.id] = judge(rule.value)
        return self._judges[rule.id](payload)


def _unreadable(violations: Iterable[Violation]) -> list[Violation]:
    """Return the violations after which nobody knows what a field says."""
    return [each for each in violations if each.rule.keyword in ("type", "enum") and not each.rule.is_anchored]


def _marked(payload: JSON, faults: Iterable[Violation]) -> JSON:
    return marked(payload, [fault.path for fault in faults])


def _absent(rule: Rule, path: Path) -> Violation:
    return Violation(of_field(rule, path), rule.level, path, "is null, which counts as absent", None)


def fast_validator(schema: Schema) -> Callable[[JSON], bool]:
    """Return a function that tells in microseconds whether a payload keeps a request schema.

    It gives no reasons and knows no levels: every rule of the schema counts. A payload generator needs a no as often as
    a yes, and never the reason.
    """
    is_valid: Callable[[JSON], bool] = compiled(schema).is_valid
    return is_valid


@value
class _Place:
    """A place in a schema where something can be wrong.

    * ``rule``: the one that stands there, or the one across fields that it is part of
    * ``argument``: what the schema has there: the value of a keyword, or ``False``
    * ``turns``: the number of each step to it among its siblings, in parts; between two of them is an item of a list
    """

    rule: Rule
    argument: JSON
    turns: tuple[tuple[int, ...], ...]

    @classmethod
    def at(cls, path: Path, schema: Schema, rules: Mapping[Path, Rule]) -> Self:
        """Look up a path of a compiled schema; the last step to a required property is its name."""
        path = _named(unguarded(path), schema)
        rule = broken_rule(rules, path)
        turns: list[list[int]] = [[]]
        is_name = False
        within: JSON = schema
        for step in path:
            turn = [*within].index(step) if isinstance(step, str) else step
            within = within[turn if isinstance(within, list) else step]
            turns[-1].append(turn)
            if step == "items" and not is_name:
                turns.append([])
            is_name = step in ("properties", "required") and not is_name
        return cls(rule, within, tuple(map(tuple, turns)))

    def order(self, path: Path) -> tuple[Any, ...]:
        """Return what sorts by the order of the schema, and the items of a list by theirs, what is at this place."""
        items = (step for step in path if isinstance(step, int))
        return (*chain.from_iterable(zip(self.turns, items, strict=False)), self.turns[-1])


def _named(steps: Iterable[str | int], within: JSON) -> Path:
    """Return a way into a value with the names that it has there: the validator tells ``"01"`` as the number 1."""
    found: list[str | int] = []
    for step in steps:
        is_number = isinstance(step, int)
        names = (name for name in within if name.lstrip("+").isdecimal()) if isinstance(within, dict) else ()
        found.append(next((name for name in names if is_number and int(name) == step), step))
        within = within[found[-1]] if isinstance(within, dict) or is_number else None
    return tuple(found)


def _missing(error: jsonschema_rs.ValidationError) -> Path:
    return (error.kind.property,) if isinstance(error.kind, _Kind.Required) else ()


def _problems(error: jsonschema_rs.ValidationError, place: _Place, instance: JSON) -> Iterable[Problem]:
    """Return what an error tells, each with the way from the instance."""
    if isinstance(error.kind, _Kind.Custom):
        return KEYWORDS[error.kind.keyword](place.argument, instance)
    if isinstance(error.kind, _Kind.AdditionalProperties):
        return [Problem((name,), place.rule.fact) for name in sorted(error.kind.unexpected[:_MOST])]
    return [Problem(_missing(error), place.rule.fact)]


def _is_long(holder: JSON) -> bool:
    """Whether a list or object has a long list in it, or is one."""
    if isinstance(holder, list) and len(holder) > _MOST:
        return True
    inner = holder if isinstance(holder, list) else holder.values()
    return any(_is_long(each) for each in inner if isinstance(each, _HOLDERS))


def _beginning(value: JSON) -> JSON:
    """Cut long lists. Every limit of a contract is far lower, so one that is broken stays broken."""
    if isinstance(value, list):
        return [_beginning(item) if isinstance(item, _HOLDERS) else item for item in value[:_MOST]]
    if isinstance(value, dict):
        return {name: _beginning(item) if isinstance(item, _HOLDERS) else item for name, item in value.items()}
    return value


_HOLDERS = (dict, list)
