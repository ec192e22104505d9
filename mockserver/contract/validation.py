"""Validation: a fast yes, and a full explanation of a no.

``jsonschema-rs`` says yes in microseconds. Only when it says no does ``jsonschema`` walk the payload and name
each rule that is broken; it is imported then, because most runs of a fake never need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

import jsonschema_rs

from mockserver.contract.certainty import is_kept, marked
from mockserver.contract.forms import without_nulls
from mockserver.contract.keywords import KEYWORDS, OF_DATA, Keyword
from mockserver.contract.readings import Questions, Readings, levels
from mockserver.contract.rules import Rule, broken_rule, null_rule, of_field
from mockserver.types import JSON, Level, Path, Schema, kind_of, pointer

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

    from mockserver.contract.catalog import Operation

_MOST = 1000
"""More items of a list, or unknown fields, are not explained one by one: a megabyte of them would take minutes."""

_ASIDE = frozenset({"x-accept", "x-reject"})


@dataclass(frozen=True, slots=True)
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
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return "".join(steps).lstrip(".") or "body"

    @property
    def is_of_wrong_type(self) -> bool:
        """Whether the value has a type that its field never has, so that the service cannot even read it."""
        if self.rule.keyword == "enum":
            return kind_of(self.value) not in set(map(kind_of, self.rule.value))
        return self.rule.keyword in ("type", "x-int64")


@dataclass(frozen=True, slots=True)
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
    def _is_valid(self) -> Callable[[JSON], bool]:
        return fast_validator(self._schema)

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
        if self._is_valid(payload):
            return ()
        return self._explained(_beginning(payload)) or self._explained(payload)

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
            if is_kept(rule.value, everything) is None:
                causes = [fault for fault, partly in alone if is_kept(rule.value, partly) is None]
                unjudged.append(Unjudged(rule, tuple(causes or (fault for fault, _ in alone))))
        return tuple(unjudged)

    @cached_property
    def _across_fields(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self._rules.values() if rule.is_anchored and self._level[rule.id] != "off")

    def _explained(self, payload: JSON) -> tuple[Violation, ...]:
        found: dict[tuple[str, Path], Violation] = {}
        for error in _explainer()(self._schema).iter_errors(payload):
            place = tuple(error.absolute_path)
            rule = broken_rule(self._rules, tuple(error.absolute_schema_path), place)
            key = (rule.id, () if rule.is_anchored else place)
            if key not in found:
                found[key] = Violation(rule, self._level[rule.id], place, _fact(rule, error), error.instance)
        if faults := _unreadable(found.values()):
            readable = _marked(payload, faults)
            found = {
                key: violation
                for key, violation in found.items()
                if not violation.rule.is_anchored or is_kept(violation.rule.value, readable) is False
            }
        return tuple(sorted(found.values(), key=lambda violation: violation.level != "error"))


def _unreadable(violations: Iterable[Violation]) -> list[Violation]:
    """Return the violations after which nobody knows what a field says."""
    return [each for each in violations if each.rule.keyword in ("type", "enum") and not each.rule.is_anchored]


def _marked(payload: JSON, faults: Iterable[Violation]) -> JSON:
    return marked(payload, [fault.path for fault in faults])


def _absent(rule: Rule, path: Path) -> Violation:
    return Violation(of_field(rule, path), rule.level, path, "is null, which counts as absent", None)


def fast_validator(schema: Schema) -> Callable[[JSON], bool]:
    """Return a function that tells in microseconds whether a payload keeps a request schema.

    It gives no reasons and knows no levels: every rule of the schema counts. ``Validator`` explains a no, which takes
    milliseconds; a payload generator needs a no as often as a yes, and never the reason.
    """
    compiled = jsonschema_rs.validator_for(_guarded(_without(schema, _ASIDE)), keywords=_fast_keywords())
    is_valid: Callable[[JSON], bool] = compiled.is_valid
    return is_valid


_FACTS = {
    "type": "is not of type {value}",
    "enum": "is none of {value}",
    "const": "is not {value}",
    "minimum": "is less than {value}",
    "maximum": "is more than {value}",
    "minLength": "has fewer than {value} characters",
    "maxLength": "has more than {value} characters",
    "minItems": "has fewer than {value} items",
    "maxItems": "has more than {value} items",
    "pattern": "does not match {value}",
}


def _fact(rule: Rule, error: ValidationError) -> str:
    """Say what is wrong; jsonschema's own words repeat the whole instance, which can be megabytes."""
    keyword = str(error.validator)
    if rule.is_anchored and keyword not in KEYWORDS:
        return rule.description
    if keyword not in _FACTS:
        return str(error.message)
    value = error.validator_value
    return _FACTS[keyword].format(value=_listed(value) if isinstance(value, list) else value)


def _listed(values: list[JSON]) -> str:
    """Write the values of a list in a sentence; one that is there as a number and as text is there once."""
    return ", ".join(dict.fromkeys(map(str, values)))


@cache
def _explainer() -> Any:
    """Build the validator class that knows our keywords and names the property that is missing or too many."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    def required(_: Any, names: list[str], instance: JSON, __: Schema) -> Iterator[ValidationError]:
        for name in names if isinstance(instance, dict) else ():
            if name not in instance:
                yield ValidationError("is required", path=[name])

    def closed(_: Any, allowed: JSON, instance: JSON, schema: Schema) -> Iterator[ValidationError]:
        if allowed is False and isinstance(instance, dict):
            strange = (name for name in instance if name not in schema.get("properties", {}))
            for name in sorted(islice(strange, _MOST)):
                yield ValidationError("is not a field of this request", path=[name])

    def ours(keyword: Keyword) -> Callable[..., Iterator[ValidationError]]:
        def explain(_: Any, value: JSON, instance: JSON, __: Schema) -> Iterator[ValidationError]:
            for problem in keyword(value, instance):
                yield ValidationError(problem.fact, path=list(problem.path))

        return explain

    own = {name: ours(keyword) for name, keyword in KEYWORDS.items()}
    keywords = {**own, "required": required, "additionalProperties": closed}
    return extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call] # jsonschema's own gap


def _beginning(value: JSON) -> JSON:
    """Cut long lists. Every limit of a contract is far lower, so one that is broken stays broken."""
    if isinstance(value, list):
        return [_beginning(item) for item in value[:_MOST]]
    return {name: _beginning(item) for name, item in value.items()} if isinstance(value, dict) else value


@cache
def _fast_keywords() -> dict[str, type]:
    return {name: _fast_keyword(keyword) for name, keyword in KEYWORDS.items()}


def _fast_keyword(keyword: Keyword) -> type:
    """Adapt a keyword of ours to the class that ``jsonschema-rs`` wants."""

    class Check:
        def __init__(self, _parent: Schema, value: JSON, _path: list[str | int]) -> None:
            self.value = value

        def validate(self, instance: JSON) -> None:
            for problem in keyword(self.value, instance):
                raise ValueError(problem.fact)

    return Check


def _guarded(schema: JSON) -> JSON:
    """Ask about the data of a picture only where there is no URL: each such question comes back into Python."""
    if isinstance(schema, list):
        return [_guarded(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _guarded(value) for name, value in schema.items() if name not in OF_DATA}
    if own := {name: value for name, value in schema.items() if name in OF_DATA}:
        unless = [{"not": {"type": "string"}}, {"pattern": "^([Hh][Tt][Tt][Pp][Ss]?://|$)"}, own]
        found["allOf"] = [*found.get("allOf", ()), {"anyOf": unless}]
    return found


def _without(schema: Schema, names: frozenset[str]) -> Schema:
    """Leave out the annotations of anchored rules: test vectors need not be compiled."""
    rules = [
        {key: value for key, value in sub.items() if key not in names} if isinstance(sub, dict) else sub
        for sub in schema.get("allOf", ())
    ]
    return {**schema, "allOf": rules} if rules else schema
