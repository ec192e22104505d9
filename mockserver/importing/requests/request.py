"""Requests: the schema of a body or a query, with what its prose says, and examples that keep it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.importing.notes import CannotImport, Kind, Notes, excerpt
from mockserver.importing.reading.references import References, Spot
from mockserver.importing.requests import prose
from mockserver.importing.requests.fitting import Fitting, warn
from mockserver.importing.requests.rules import anchor, demanded
from mockserver.importing.requests.samples import fits, sample
from mockserver.importing.schemas import Schemas
from mockserver.types import JSON, Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_MEDIA = ("application/json", "multipart/form-data", "application/x-www-form-urlencoded")
_URL_PATTERN = "^[Hh][Tt][Tt][Pp][Ss]?://[^/]"


@dataclass(slots=True)
class Request:
    """What an operation takes: the ``schema`` of its body, or of its query, and the types that a body may have."""

    schema: Schema
    media_types: tuple[str, ...]


class Requests:
    """Makes the requests of one import."""

    def __init__(self, references: References, notes: Notes) -> None:
        self._references, self._notes = references, notes

    def body(self, operation: Spot, title: str) -> Request:
        """Return what the body of an operation must look like. Raises ``CannotImport``."""
        body = self._references.resolved(operation.get("requestBody"))
        content = body.get("content")
        kinds = {name.partition(";")[0].strip().lower(): each for name, each in content.fields()}
        named = [kind for kind in _MEDIA if kind in kinds]
        loose = [kind for kind in kinds if kind.endswith("+json") or kind == "*/*"]
        if not named and not loose:
            raise CannotImport(content.place, f"{title} takes no JSON and no form. Describe a body that it takes.")
        media = kinds[(named or loose)[0]]
        spot = self._references.resolved(media.get("schema"))
        schema = Schemas(self._references, self._notes, is_sent=True).of(media.get("schema"))
        if "object" not in (schema.get("type", "object"), *_listed(schema.get("type", "object"))):
            raise CannotImport(spot.place, f"the body of {title} is no object, and a task is made of one.")
        if not schema.get("properties"):
            raise CannotImport(spot.place, f"the body of {title} has no fields. Describe those that it has.")
        schema["type"] = "object"
        shown = [*schema.pop("examples", ()), *self._examples(media)]
        return Request(self._completed(schema, spot, title, shown), tuple(named) or (_MEDIA[0],))

    def query(self, operation: Spot, path: Spot, title: str) -> Request | None:
        """Return what the query of an operation must look like; ``None`` if it has none."""
        schema: Schema = {"type": "object", "properties": {}}
        converted = Schemas(self._references, self._notes, is_sent=True)
        required = []
        for each in [*path.get("parameters").items(), *operation.get("parameters").items()]:
            parameter = self._references.resolved(each)
            name = parameter.text("name")
            if parameter.text("in") != "query" or not name:
                continue
            found = converted.of(parameter.get("schema"))
            if parameter.text("description"):
                found["description"] = parameter.text("description").strip()
            if "example" in (parameter.value or {}):
                found["examples"] = [parameter.value["example"]]
            schema["properties"][name] = _flat(found)
            required += [name] if parameter.value.get("required") is True else []
        if not schema["properties"]:
            return None
        if required:
            schema["required"] = required
        return Request(self._completed(schema, operation.get("parameters"), title, []), ())

    def _examples(self, media: Spot) -> Iterator[JSON]:
        if isinstance(media.value, dict) and "example" in media.value:
            yield media.value["example"]
        for _, each in media.get("examples").fields():
            found = self._references.resolved(each)
            if isinstance(found.value, dict) and "value" in found.value:
                yield found.value["value"]

    def _completed(self, schema: Schema, spot: Spot, title: str, shown: list[JSON]) -> Schema:
        rules: list[Schema] = []
        self._mine(schema, spot, rules, is_root=True)
        is_open = schema.pop("additionalProperties", None)
        if is_open is None:
            schema["additionalProperties"] = False
            warn(schema, "additionalProperties")
        elif is_open is False:
            schema["additionalProperties"] = False
        source = f"{spot.document.name} {spot.place.partition('#')[2]}"
        found: Schema = {"$schema": DIALECT, "title": title, "x-source": source}
        found |= {"x-confidence": "documented", "examples": [{}], **schema}
        if rules:
            found["allOf"] = rules
        return Fitting(found, spot, self._notes).fitted([each for each in shown if isinstance(each, dict)])

    def _mine(self, schema: Schema, spot: Spot, rules: list[Schema], *, is_root: bool = False) -> None:
        """Put what descriptions say into a schema of an object, and into those inside."""
        properties = schema.get("properties", {})
        for name, part in properties.items():
            at = spot.get("properties", name)
            self._mine_field(name, part, at)
            text = part.get("description", "")
            items = part.get("items", {})
            for member, mined in prose.of_members(
                text, [*items.get("properties", ()), *part.get("properties", ())]
            ).items():
                holder = items if member in items.get("properties", {}) else part
                self._put(holder["properties"][member], mined, at)
            if is_root:
                rules += self._conditional(name, schema, at)
            self._mine(part, at, rules)
            self._mine(items, at.get("items"), rules)

    def _mine_field(self, name: str, part: Schema, at: Spot) -> None:
        for mined in prose.mined(part):
            self._put(part, mined, at)
        for words in prose.demands(part.get("description", ""), part.get("x-source", "")):
            self._notes.add(
                Kind.UNDECIDED, at.place, words, "a condition in words; write a rule in allOf for it, or leave it"
            )
        is_url = part.pop("x-format", None) == "uri"
        is_called = bool(re.search(r"(callback|webhook|notify|reply)_?(hook_?)?url\Z", name, re.IGNORECASE))
        if part.get("type") == "string" and (is_url or is_called) and not part.keys() & {"pattern", "enum"}:
            part |= {"pattern": f"^$|{_URL_PATTERN}", "x-accept": ["https://example.com/hook", ""]}
            part["x-reject"] = ["ftp://example.com", "example.com/hook"]
            warn(part, "pattern")
            why = "its format says that it is a URL" if is_url else "its name says that it is a URL"
            self._notes.add(Kind.GUESSED, at.place, name, f"{why}; a text that is none warns")

    def _put(self, part: Schema, mined: prose.Mined, at: Spot) -> None:
        if mined.keyword in part:
            return
        words = f"mined: '{excerpt(mined.words)}'"
        own = part.get("x-source") or (at.place.partition("#")[2] if part.keys() & _CONSTRAINTS else "")
        part["x-source"] = f"{own}; {words}" if own and words not in own else own or words
        part["x-confidence"] = "inferred"
        part[mined.keyword] = mined.value
        if not mined.is_sure and mined.keyword != "default":
            warn(part, mined.keyword)
        level = "it is a rule" if mined.is_sure else "whoever breaks it is warned"
        level = "it is taken for the default" if mined.keyword == "default" else level
        self._notes.add(Kind.MINED, at.place, mined.words, f"{mined.keyword} {mined.value}: {level}; check it")

    def _conditional(self, name: str, schema: Schema, at: Spot) -> Iterator[Schema]:
        text = schema["properties"][name].get("description", "")
        if name in schema.get("required", ()):
            return
        for each in prose.conditions(text):
            other = schema["properties"].get(each.field or "")
            value = None if other is None or each.value is None else _known(each.value, other)
            if other is None or value is None or each.field == name:
                continue  # it is among the demands that nobody has understood
            yield {
                "$anchor": anchor(name, "when", each.field or "", str(value)),
                "description": f"{name} is required when {each.field} is {value}.",
                "x-source": f"mined: '{excerpt(each.words)}'",
                "x-confidence": "inferred",
                "x-level": "warning",
                "if": {"properties": {each.field: {"const": value}}, "required": [each.field]},
                "then": {"required": [name]},
                "x-accept": [{each.field: value, name: sample(schema["properties"][name], name)}],
                "x-reject": [{each.field: value, name: None}],
            }
            self._notes.add(
                Kind.MINED, at.place, each.words, f"required when {each.field} is {value}: whoever breaks it is warned"
            )
        if words := prose.required(text):
            yield demanded(name, f"mined: '{excerpt(words)}'")
            self._notes.add(Kind.MINED, at.place, words, "required in words, and not by the keyword: its absence warns")


_CONSTRAINTS = frozenset({"enum", "minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems"})


def _known(text: str, schema: Schema) -> JSON:
    """Return a value that is written in prose as its field has it; ``None`` if it cannot be one."""
    text = text.rstrip(".")
    words: dict[str, JSON] = {"true": True, "false": False}
    for each in (text, words.get(text.lower()), int(text) if text.isdecimal() else None):
        if each is not None and fits(each, schema) and each in schema.get("enum", [each]):
            return each
    return None


def _flat(schema: Schema) -> Schema:
    """Return the schema of a parameter of a query, which is a text, a number or a boolean."""
    if schema.get("type") in ("array", "object"):
        return {"type": "string", **({"description": schema["description"]} if "description" in schema else {})}
    return schema


def _listed(value: JSON) -> list[str]:
    return value if isinstance(value, list) else [value]
