"""Fitting: a schema and its examples, made so that one keeps the other.

What a document shows is never refused, and each field has a value to be shown with: payloads are made of these.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs

from mockserver.contract import vectors
from mockserver.contract.rules import CONSTRAINTS, rules_of
from mockserver.contract.validation import Validator
from mockserver.errors import BadContract
from mockserver.importing.merging import OF_TYPE
from mockserver.importing.notes import CannotImport, Kind, Notes
from mockserver.importing.reading.references import Spot
from mockserver.importing.requests.rules import OTHER_VALUES, demanded, listed
from mockserver.importing.requests.samples import fits, sample
from mockserver.types import JSON, Schema

_MOST_TRIES = 200
"""Constraints that are looked at until an example keeps all that are left."""

_MOST = {"minLength": 20_000, "maxLength": 1_000_000, "minItems": 100, "maxItems": 10_000}
"""Texts and lists of more are not sent to see what happens."""

_TOLD_BY_VALUES = frozenset({"type", "minLength", "maxLength", "pattern", "x-accept", "x-reject", "minimum", "maximum"})
"""Keywords that say nothing more where all values are listed, and that nobody could break alone."""


class Fitting:
    """Fits a schema and its examples to each other: what a document shows is never refused."""

    def __init__(self, schema: Schema, spot: Spot, notes: Notes) -> None:
        self._schema, self._spot, self._notes = schema, spot, notes

    def fitted(self, shown: list[dict[str, JSON]]) -> Schema:
        """Return the schema, with examples that break no rule of it."""
        schema, shown = self._schema, [_said(each) for each in shown]
        self._show_fields(schema)
        for _ in range(_MOST_TRIES):
            if not self._loosened([_plainest(schema)], "no value could be found that keeps it"):
                break
        for _ in range(_MOST_TRIES):
            if not self._loosened(shown, "an example of the document breaks it; whoever else does is warned"):
                break
        self._lift(schema, ())
        schema["examples"] = self._examples(shown)
        schema["allOf"] = [rule for rule in schema.get("allOf", ()) if self._holds(rule, schema["examples"][0])]
        if not schema["allOf"]:
            del schema["allOf"]
        for _ in range(_MOST_TRIES):
            if not self._merged_rule():
                break
        return schema

    def _examples(self, shown: list[dict[str, JSON]]) -> list[JSON]:
        """Return the examples of the document, with what they lack, and the plainest body; none breaks a rule."""
        base = _plainest(self._schema)
        for rule in self._schema.get("allOf", ()):
            for name in rule.get("required", ()):
                base[name] = sample(self._schema["properties"][name], name)
        found: list[JSON] = []
        for example in [*({**base, **each} for each in shown), base]:
            is_full = all(_is_full(value) for value in example.values() if value != [])
            if example not in found and is_full and not self._broken(example):
                found.append(example)
        return found or [base]

    def _lift(self, part: Schema, way: tuple[str, ...]) -> None:
        """Let values that are listed tell the type; where they only warn, make a rule of its own of them."""
        for name, each in part.get("properties", {}).items():
            self._lift(each, (*way, name))
        if isinstance(part.get("items"), dict):
            self._lift(part["items"], (*way, "*"))
        if "enum" not in part:
            return
        for keyword in _TOLD_BY_VALUES & part.keys() if "enum" not in part.get("x-level", {}) else ():
            del part[keyword]
        if "enum" not in part.get("x-level", {}):
            return
        values = part.pop("enum")
        del part["x-level"]["enum"]
        if not part["x-level"]:
            del part["x-level"]
        kind = _kinds(part)[0] if _kinds(part) else "string"
        if kind in OTHER_VALUES:
            part["examples"] = [values[0]]
            self._schema.setdefault("allOf", []).append(listed(self._schema, way, part, values, kind))

    def _merged_rule(self) -> bool:
        """Take out a rule that nothing breaks without breaking another one, too; return whether there was one."""
        for rule in rules_of("x/x.create", self._schema):
            if rule.is_anchored or rule.field == "" or rule.keyword == "required":
                continue
            _, reject = vectors.vectors(rule, self._schema)
            if any({each.rule.id for each in self._broken(payload)} == {rule.id} for payload in reject):
                continue
            holder: Any = self._schema
            for step in rule.path[:-1]:
                holder = holder[step]
            what = f"{rule.id}: {holder[rule.keyword]}"
            if rule.keyword == "type":
                _empty(holder, str(rule.path[-2]))
            for keyword in (rule.keyword, *(("x-accept", "x-reject") if rule.keyword == "pattern" else ())):
                holder.pop(keyword, None)
            self._notes.add(Kind.LEFT_OUT, self._spot.place, what, "nothing was found that breaks this rule alone")
            self._show_fields(self._schema)
            return True
        return False

    def _show_fields(self, schema: Schema) -> None:
        """Give each field, at any depth, a value that it accepts: its first example, unless the usual one will do."""
        inner = [*schema.get("properties", {}).items(), *([("", schema["items"])] if "items" in schema else [])]
        for name, part in inner:
            kinds = part.get("type", [])
            if isinstance(kinds, list) and kinds:
                order = sorted(kinds, key=lambda kind: kind == "null")  # null comes last, because it shows nothing
                part["type"] = order if len(order) > 1 else order[0]
                if len([kind for kind in order if kind != "null"]) > 1:  # no payload is made of two forms
                    for keyword in {each for keywords in OF_TYPE.values() for each in keywords}:
                        part.pop(keyword, None)
            if "array" in _kinds(part) and ("items" not in part or part.get("maxItems") == 0):
                part["items"] = {}
            for keyword, most in _MOST.items():
                if part.get(keyword, 0) > most:
                    what = f"{name}: {keyword} {part.pop(keyword)}"
                    self._notes.add(Kind.LEFT_OUT, self._spot.place, what, "nobody tries so much")
            self._show_fields(part)
            self._show(name, part)

    def _show(self, name: str, part: Schema) -> None:
        if "default" in part and not _accepts(part, part["default"]):
            what = f"{name}: default {part.pop('default')}"
            self._notes.add(Kind.UNDECIDED, self._spot.place, what, "its own field does not accept it; it is left out")
        shown = [
            each
            for each in part.pop("examples", ())
            if _accepts(part, each) and _is_first_kind(part, each) and _is_full(each)
        ]
        if shown:
            part["examples"] = shown
        if _has_usual(part):
            return
        first = _kinds(part)[:1]
        own = sample({**part, "type": first[0]} if first else part, name)
        if not _accepts(part, own):
            for keyword in CONSTRAINTS & part.keys() - {"type", "additionalProperties"}:
                self._notes.add(
                    Kind.UNDECIDED,
                    self._spot.place,
                    f"{name}: {keyword} {part.pop(keyword)}",
                    "no value was found that keeps it",
                )
            own = sample(part, name)
            part.pop("x-accept", None)
            part.pop("x-reject", None)
        part["examples"] = [own]

    def _loosened(self, examples: list[dict[str, JSON]], why: str) -> bool:
        """Turn the first rule that an example breaks into a warning; return whether there was one."""
        for example in examples:
            for violation in self._broken(example):
                if violation.rule.level == "error":
                    self._loosen(violation.rule.path, violation.rule.keyword, why)
                    return True
        return False

    def _loosen(self, path: Any, keyword: str, why: str) -> None:
        holder: Any = self._schema
        for step in path[: path.index("required")] if keyword == "required" and "required" in path else path[:-1]:
            holder = holder[step]
        place = self._spot.place
        if keyword == "required":
            name = path[-1]
            holder["required"] = [each for each in holder["required"] if each != name]
            if not holder["required"]:
                del holder["required"]
            if holder is self._schema:
                self._schema.setdefault("allOf", []).append(demanded(name, str(self._schema["x-source"])))
            self._notes.add(Kind.UNDECIDED, place, f"required: {name}", why)
            return
        if keyword == "type":
            self._notes.add(Kind.UNDECIDED, place, f"{pointer_of(path)}: {holder[keyword]}", f"it is left out: {why}")
            _empty(holder, str(path[-2]))
            return
        self._notes.add(Kind.UNDECIDED, place, f"{pointer_of(path)}: {holder[keyword]}", why)
        warn(holder, keyword)

    def _broken(self, example: JSON) -> list[Any]:
        try:
            rules = rules_of("x/x.create", self._schema)
            return list(Validator(self._schema, rules, {}).broken(example))
        except (ValueError, BadContract) as error:
            raise CannotImport(self._spot.place, f"its schema cannot be used: {str(error).splitlines()[0]}.") from error

    def _holds(self, rule: Schema, base: dict[str, JSON]) -> bool:
        """Whether the vectors of a rule show it: one keeps it, and the other breaks it and no other."""
        anchor = rule["$anchor"]
        accepted = [self._broken(vectors.merged(base, patch)) for patch in rule["x-accept"]]
        kept = [each for found in accepted for each in found if each.rule.level == "error" or each.rule.id == anchor]
        broken = [{each.rule.id for each in self._broken(vectors.merged(base, patch))} for patch in rule["x-reject"]]
        if kept or any(each != {anchor} for each in broken):
            self._notes.add(
                Kind.UNDECIDED,
                self._spot.place,
                rule["description"],
                "no example shows this rule alone; write it in allOf",
            )
            return False
        return True


def pointer_of(path: Any) -> str:
    """Return the field and the keyword at the end of a path in a schema."""
    return "/".join(str(step) for step in path if step not in ("properties", "items"))


def _plainest(schema: Schema) -> dict[str, JSON]:
    """Return a body of nothing but what is required."""
    return _said(sample({**schema, "examples": []}))


def _said(body: dict[str, JSON]) -> dict[str, JSON]:
    """Return a body without nulls, which count as not sent."""
    return {name: value for name, value in body.items() if value is not None}


def warn(schema: Schema, keyword: str) -> None:
    """Let a keyword of a schema only warn."""
    level = schema.setdefault("x-level", {})
    if isinstance(level, dict):
        level[keyword] = "warning"


def _empty(part: Schema, name: str) -> None:
    """Let a field be anything."""
    for keyword in part.keys() - {"description", "x-source", "x-confidence"}:
        del part[keyword]
    part["examples"] = [sample({}, name)]


def _kinds(schema: Schema) -> list[str]:
    kinds = schema.get("type", [])
    return kinds if isinstance(kinds, list) else [kinds]


def _accepts(part: Schema, value: JSON) -> bool:
    try:
        return bool(jsonschema_rs.validator_for(part).is_valid(value))
    except ValueError:  # a pattern that the engine does not read
        part.pop("pattern", None)
        return True


def _is_full(value: JSON) -> bool:
    """Whether no list in a value is empty: what is demanded of items is shown with the first one."""
    if isinstance(value, list):
        return bool(value) and all(map(_is_full, value))
    return all(map(_is_full, value.values())) if isinstance(value, dict) else True


def _is_first_kind(part: Schema, value: JSON) -> bool:
    first = _kinds(part)[:1]
    return not first or fits(value, {"type": first[0]})


def _has_usual(part: Schema) -> bool:
    """Whether a field has a usual value, which payloads are made of, and accepts it."""
    if not part.keys() & {"type", "examples", "default", "enum", "x-accept"}:
        return False
    try:
        usual = vectors.sample(part)
    except (KeyError, TypeError, IndexError):
        return False
    return _accepts(part, usual) and _is_first_kind(part, usual) and _is_full(usual)
