"""Prose: constraints that stand in the words of a description, in English and in Chinese.

A statement is *sure* where it has the form of a label (``Value range: [1, 9]``) or of a command (``cannot exceed``).
Whatever else is mined only warns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mockserver.importing.requests.patterns import (
    BETWEEN,
    COMPARED,
    CONDITION,
    COUNTS,
    DEFAULT,
    DEMAND,
    EMPTY,
    ENUM,
    LENGTHS,
    MARKED,
    NUMBER,
    RANGE,
    REQUIRED,
    TOKEN,
    WHEN,
)
from mockserver.types import JSON, Schema

_MOST_LINES, _LONGEST_LINE = 5_000, 500
"""Of a page that is looked at."""
_MOST_VALUES = 100
"""Of an enumeration that is made of a range."""


@dataclass(frozen=True, slots=True)
class Mined:
    """A ``keyword`` with its ``value``, and the ``words`` that it was mined from."""

    keyword: str
    value: JSON
    words: str
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """Words that say when a field is required; ``field`` and ``value`` if that is when another field has a value."""

    words: str
    field: str | None = None
    value: str | None = None


def mined(schema: Schema) -> list[Mined]:
    """Return what the description of a field says and its keywords do not."""
    text = schema.get("description", "")
    kinds = {kind for kind in (_listed(schema.get("type", [])) or _kinds(schema)) if kind != "null"}
    found: dict[str, Mined] = {}
    for read in _READERS:
        for each in read(text, kinds, {**schema, **{one.keyword: one.value for one in found.values()}}):
            if each.keyword not in schema and each.keyword not in found:
                found[each.keyword] = each
    return [*found.values()]


def conditions(text: str) -> Iterator[Condition]:
    """Yield the statements about when a field is required."""
    for each in CONDITION.finditer(text):
        words = each[0].strip()
        when = WHEN.search(words)
        yield Condition(words, when["field"], when["value"]) if when else Condition(words)


def demands(text: str, understood: str) -> Iterator[str]:
    """Yield the sentences of a description that demand something and are not among the words ``understood``."""
    for found in re.split(r"(?<=[.。；])\s+|\n+|(?<=[。；])", text):
        words = found.strip()
        is_known = " ".join(words.split())[:80] in understood or any(each.field for each in conditions(words))
        if words and DEMAND.search(words) and not is_known and not _is_mined(words):
            yield words


def limits(text: str) -> list[str]:
    """Return the lines of a page that limit something, whatever it is."""
    lines = [line.strip() for line in text.split("\n")[:_MOST_LINES] if len(line) < _LONGEST_LINE]
    return [line for line in lines if _is_mined(line)]


def _is_mined(words: str) -> bool:
    return any(
        each.keyword for kind in ("string", "integer", "array") for each in mined({"type": kind, "description": words})
    )


def required(text: str) -> str | None:
    """Return the words that say that a field is required, always; ``None`` if none do."""
    found = REQUIRED.search(text)
    return None if found is None else sentence(text, found.start(), found.end())


def of_members(text: str, names: list[str]) -> dict[str, Mined]:
    """Return the values of fields that the description of the list around them names.

    Such as: the ``type`` parameter says which it is: ``first_frame`` for the first, ``end_frame`` for the last.
    """
    found: dict[str, Mined] = {}
    for line in text.split("\n"):
        quoted = re.findall(r"`([\w-]+)`", line)
        subjects = [name for name in quoted if name in names]
        values = [*dict.fromkeys(value for value in quoted if value not in names)]
        is_about_one = len(set(subjects)) == 1 and quoted[:1] == subjects[:1]
        if is_about_one and len(values) > 1 and subjects[0] not in found:
            found[subjects[0]] = Mined("enum", values, line.strip(), is_sure=True)
    return found


def sentence(text: str, start: int, end: int) -> str:
    """Return the sentence, or the line, that has a part of a text."""
    begin = max(text.rfind(mark, 0, start) for mark in ("\n", ". ", "。")) + 1
    ends = [at for mark in ("\n", ". ", "。") if (at := text.find(mark, end)) >= 0]
    return text[begin : min(ends, default=len(text)) + 1].strip()


def _lengths(text: str, kinds: set[str], _: Schema) -> Iterator[Mined]:
    if "string" in kinds:
        yield from _counted(LENGTHS, text)
        if found := EMPTY.search(text):
            yield Mined("minLength", 1, sentence(text, found.start(), found.end()), is_sure=True)


def _counts(text: str, kinds: set[str], _: Schema) -> Iterator[Mined]:
    if "array" in kinds:
        yield from _counted(COUNTS, text)


def _counted(patterns: tuple[tuple[re.Pattern[str], str, bool], ...], text: str) -> Iterator[Mined]:
    for pattern, keyword, is_sure in patterns:
        for found in pattern.finditer(text):
            words = sentence(text, found.start(), found.end())
            yield Mined(keyword, int(found["n"].replace(",", "")), words, is_sure)


def _ranges(text: str, kinds: set[str], schema: Schema) -> Iterator[Mined]:
    if not kinds & {"integer", "number", "string"}:
        return
    for pattern, is_sure in ((RANGE, True), (BETWEEN, False)):
        for found in pattern.finditer(text):
            if re.match(r"[\d.]*\s*(?::|px|MB|characters|pixels)", text[found.end("to") :]):
                continue
            low, high = float(found["from"]), float(found["to"])
            words = sentence(text, found.start(), found.end())
            if low > high:
                continue
            if kinds & {"integer", "number"}:
                is_whole = "integer" in kinds
                yield Mined("minimum", _bound(low, found["low"] in ("(", "（"), is_whole, 1), words, is_sure)
                yield Mined("maximum", _bound(high, found["high"] in (")", "）"), is_whole, -1), words, is_sure)
            elif is_sure and "enum" not in schema and low.is_integer() and high - low < _MOST_VALUES:
                yield Mined("enum", [str(n) for n in range(int(low), int(high) + 1)], words, is_sure)
    for found in COMPARED.finditer(text) if kinds & {"integer", "number"} else ():
        keyword = "minimum" if found["sign"] in (">=", "≥") else "maximum"
        bound = _bound(float(found["bound"]), False, "integer" in kinds, 1)
        yield Mined(keyword, bound, sentence(text, found.start(), found.end()), is_sure=True)


def _bound(value: float, is_open: bool, is_whole: bool, step: int) -> JSON:
    """Return a bound; an open one of a whole number is the next one, and any other open one is taken as closed."""
    number: JSON = int(value) if value.is_integer() else value
    return number + step if is_open and is_whole else number


def _enums(text: str, kinds: set[str], schema: Schema) -> Iterator[Mined]:
    if not kinds & {"string", "integer", "number"} or "enum" in schema:
        return
    for found in ENUM.finditer(text):
        listed = found["values"] or found["chinese"] or ""
        values = [value for token in _tokens(listed) if (value := _typed(token, kinds)) is not None]
        values = [*dict.fromkeys(values)]
        if values:
            words = sentence(text, found.start(), found.start() + 1)
            yield Mined("enum", values, words, is_sure=len(values) > 1)


def _tokens(listed: str) -> Iterator[str]:
    """Yield the values of a list such as ``1k, 2k (default) or 4k``, up to what is no value."""
    listed = re.split(r"\.(?:\s|\Z)", listed.strip())[0]
    for part in re.split(r"\s*(?:,|，|、|\||/(?=\s)|\s+or\s+|\s+and\s+|或|和)\s*", listed.strip()):
        word = re.sub(r"^(?:or|and)\s+", "", part.strip().rstrip("."))
        found = TOKEN.match(word)
        if word and (found is None or found["value"].endswith(":")):
            return
        if found is not None:
            yield found["value"]


def _defaults(text: str, kinds: set[str], schema: Schema) -> Iterator[Mined]:
    for pattern in (DEFAULT, MARKED):
        for found in pattern.finditer(text):
            value = _typed(found["value"].rstrip("."), kinds)
            if value is None or ("enum" in schema and value not in schema["enum"]):
                continue
            if "string" in kinds and "enum" not in schema and value in ("the", "to", "is", "a", "an"):
                continue
            yield Mined("default", value, sentence(text, found.start(), found.end()), is_sure=False)


def _typed(token: str, kinds: set[str]) -> JSON:
    """Read a value as one of its field's types; ``None`` if it is none."""
    if "integer" in kinds and re.fullmatch(r"-?\d{1,15}", token):
        return int(token)
    if "number" in kinds and re.fullmatch(NUMBER, token):
        return float(token) if "." in token else int(token)
    if "boolean" in kinds and token.lower() in ("true", "false"):
        return token.lower() == "true"
    return token if "string" in kinds and token else None


def _kinds(schema: Schema) -> list[str]:
    """Return the types of the values that a schema without a type lists."""
    names = {str: "string", int: "integer", float: "number", bool: "boolean"}
    return [*{names[type(value)] for value in schema.get("enum", ()) if type(value) in names}]


def _listed(value: JSON) -> list[str]:
    return value if isinstance(value, list) else [value]


_READERS: tuple[Callable[[str, set[str], Schema], Iterator[Mined]], ...] = (
    _lengths,
    _counts,
    _enums,
    _ranges,
    _defaults,
)
