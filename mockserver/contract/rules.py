"""Rules: every constraint of a schema, with its name, its level and where it comes from.

A subschema in the root's ``allOf`` that has an ``$anchor`` is one rule, whatever it holds.
Anywhere else each keyword is a rule of its own, called ``<field path>.<keyword>``: ``prompt.maxLength``,
``image_list[].image.required``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from mockserver.contract.keywords import KEYWORDS
from mockserver.types import JSON, Level, Path, Schema, kind_of, pointer, value

CONSTRAINTS = frozenset(
    {
        *("type", "enum", "const", "minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems"),
        *("required", "additionalProperties"),
        *KEYWORDS,
    }
)
"""The keywords that can be broken; all others describe or hold other schemas."""


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
    "required": "is required",
    "additionalProperties": "is not a field of this request",
}


@dataclass(frozen=True)
class Rule:
    """One rule for the payloads of an operation.

    * ``operation``: the operation, ``kling/omni-image.create``
    * ``path``: where it stands in its schema; ``pointer`` is the spelling
    * ``field``: the field that it restricts, ``image_list[].image``; empty for a rule across fields
    * ``keyword`` and ``value``: what it requires; an anchored rule has the keyword ``rule`` and its subschema
    * ``level``: what breaking it does unless a reading says otherwise
    * ``message``: the answer's text, if the service is known to have one for it
    * ``accept`` and ``reject``: for an anchored rule merge patches over a valid payload, for a ``pattern`` values
      of its field; the first keep the rule, the others break it alone. ``vectors`` derives those of all others
    """

    id: str
    operation: str
    path: Path
    field: str
    keyword: str
    value: JSON
    level: Level
    confidence: str
    source: str
    description: str
    message: str | None
    accept: tuple[JSON, ...]
    reject: tuple[JSON, ...]

    @property
    def pointer(self) -> str:
        """Where the rule stands in its schema file, as a JSON pointer."""
        return pointer(self.path)

    @cached_property
    def fact(self) -> str:
        """What is wrong where it is broken, without the value; a keyword of ours says that itself."""
        if self.is_anchored:
            return self.description
        return _FACTS.get(self.keyword, "").format(value=_listed(self.value))

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The types of the values that an ``enum`` lists."""
        return frozenset(map(kind_of, self.value))

    @property
    def is_anchored(self) -> bool:
        """Whether the rule is a named one across fields."""
        return self.keyword == "rule"


@value
class _Origin:
    """What a subschema inherits from the schemas around it."""

    source: str
    confidence: str

    def inside(self, schema: Schema) -> _Origin:
        return _Origin(schema.get("x-source", self.source), schema.get("x-confidence", self.confidence))


def rules_of(operation: str, schema: Schema) -> tuple[Rule, ...]:
    """List the rules of a request schema, in the order in which they stand there."""
    origin = _Origin(schema["x-source"], schema["x-confidence"])
    return (*_plain(operation, schema, (), "", origin), *_anchored(operation, schema, origin))


def null_rule(operation: str, confidence: str, source: str) -> Rule:
    """Return the rule that a null field breaks where null counts as absent; ``of_field`` makes it that of a field."""
    return Rule(
        id="null",
        operation=operation,
        path=(),
        field="",
        keyword="null",
        value=None,
        level="warning",
        confidence=confidence,
        source=source,
        description="A field that is null counts as absent.",
        message=None,
        accept=(),
        reject=(),
    )


def of_field(rule: Rule, path: Path) -> Rule:
    """Return a rule as that of the field at a place in a payload."""
    steps = ("[]" if isinstance(step, int) else f".{step}" for step in path)
    field = "".join(steps).lstrip(".")
    return replace(rule, id=f"{field}.{rule.keyword}", field=field)


def undescribed(keyword: str, field: str) -> str:
    """Return how a plain rule is described whose schema says nothing of it."""
    return f"{keyword} of {field or 'the body'}"


def broken_rule(rules: Mapping[Path, Rule], path: Path) -> Rule:
    """Find the rule at a path of a schema, or the one across fields that it is in; ``rules`` is keyed by ``Rule.path``.

    Of a missing property the last step is its name.
    """
    return rules.get(path[:2]) or rules[path]


def _listed(value: JSON) -> str:
    """Write a value in a sentence; of a list, one that is there as a number and as text is there once."""
    return ", ".join(dict.fromkeys(map(str, value))) if isinstance(value, list) else str(value)


def _anchored(operation: str, schema: Schema, origin: _Origin) -> Iterator[Rule]:
    for index, subschema in enumerate(schema.get("allOf", ())):
        inside = origin.inside(subschema)
        yield Rule(
            id=subschema["$anchor"],
            operation=operation,
            path=("allOf", index),
            field="",
            keyword="rule",
            value=subschema,
            level=subschema.get("x-level", "error"),
            confidence=inside.confidence,
            source=inside.source,
            description=subschema["description"],
            message=subschema.get("x-message"),
            accept=tuple(subschema["x-accept"]),
            reject=tuple(subschema["x-reject"]),
        )


def _plain(operation: str, schema: Schema, path: Path, field: str, origin: _Origin) -> Iterator[Rule]:
    inside = origin.inside(schema)
    for keyword, argument in schema.items():
        if keyword in CONSTRAINTS and not (keyword == "additionalProperties" and argument is True):
            names = argument if keyword == "required" else [None]
            for name in names:
                yield _rule(operation, schema, (*path, keyword), field, inside, name)
    for name, subschema in schema.get("properties", {}).items():
        deeper = f"{field}.{name}" if field else name
        yield from _plain(operation, subschema, (*path, "properties", name), deeper, inside)
    if "items" in schema:
        yield from _plain(operation, schema["items"], (*path, "items"), field + "[]", inside)


def _rule(operation: str, schema: Schema, path: Path, field: str, origin: _Origin, required: str | None) -> Rule:
    keyword = str(path[-1])
    subject = field
    if required is not None:
        path, subject = (*path, required), f"{field}.{required}" if field else required
    level = schema.get("x-level", "error")
    message = schema.get("x-message")
    return Rule(
        id=f"{subject}.{keyword}" if subject else keyword,
        operation=operation,
        path=path,
        field=subject,
        keyword=keyword,
        value=schema[keyword],
        level=level.get(keyword, "error") if isinstance(level, dict) else level,
        confidence=origin.confidence,
        source=origin.source,
        description=schema.get("description") or undescribed(keyword, subject),
        message=message.get(keyword) if isinstance(message, dict) else message,
        accept=tuple(schema["x-accept"]) if keyword == "pattern" else (),
        reject=tuple(schema["x-reject"]) if keyword == "pattern" else (),
    )
