"""A second reading of the request schemas: slow, and written from ``schemas/README.md`` alone.

What JSON Schema can say is left to the plain ``jsonschema`` library, one rule at a time. Each keyword of ours is
evaluated here by the words of its row under "Our own keywords". Nothing of the package is used: where this reading and
``mockserver.contract`` differ, one of them is wrong, or the words are.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

SCHEMAS = Path(__file__).parents[2] / "schemas"
PLAIN = (
    *("type", "enum", "const", "minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems"),
    *("required", "additionalProperties"),
)
"""The keywords of JSON Schema that are rules where they stand; the others hold schemas."""


@dataclass(frozen=True)
class SecondRule:
    """One rule: its id, its level, and the schema that each value at its ``place`` must keep."""

    id: str
    level: str
    place: tuple[str, ...]
    schema: Any = field(repr=False)

    def is_kept_by(self, payload: Any, *, plainly: bool = False) -> bool:
        """Whether every value at the place is valid, for a plain validator or one that knows our keywords."""
        engine = self._plain if plainly or not self._has_own else self._whole
        return all(engine.is_valid(value) for value in _values(payload, self.place))

    @cached_property
    def _has_own(self) -> bool:
        return any(f'"{keyword}":' in json.dumps(self.schema) for keyword in OWN)

    @cached_property
    def _plain(self) -> Any:
        return Draft202012Validator(self.schema)

    @cached_property
    def _whole(self) -> Any:
        return _WITH_OWN(self.schema)

    @property
    def is_across(self) -> bool:
        """Whether it is a rule across fields."""
        return "$anchor" in self.schema


@cache
def rules_of(operation: str) -> tuple[SecondRule, ...]:
    """Return the rules of an operation, in the order of its schema."""
    schema = request_schema(operation)
    across = (SecondRule(part["$anchor"], part.get("x-level", "error"), (), part) for part in schema.get("allOf", ()))
    return (*_plain(schema, ()), *across)


@cache
def request_schema(operation: str) -> Any:
    """Return the schema of an operation's body or query, as it stands in its file."""
    service, _, name = operation.partition("/")
    parts = [json.loads(file.read_text(encoding="utf-8")) for file in (SCHEMAS / service).glob("*service.json")]
    entry: dict[str, Any] = next((part["operations"][name] for part in parts if name in part.get("operations", ())), {})
    if not {"body", "query"} & entry.keys():  # it is another service's
        return request_schema(f"{next(part['extends'] for part in parts if 'extends' in part)}/{name}")
    return json.loads((SCHEMAS / service / (entry.get("body") or entry["query"])).read_text(encoding="utf-8"))


def broken_rules(operation: str, payload: Any, *, woken: frozenset[str] = frozenset()) -> set[str]:
    """Return the ids of the rules that a payload breaks, those that are off only if they are ``woken``."""
    return {
        rule.id
        for rule in rules_of(operation)
        if (rule.level != "off" or rule.id in woken) and not rule.is_kept_by(payload)
    }


def _plain(schema: Any, place: tuple[str, ...]) -> Iterator[SecondRule]:
    name = "".join("[]" if step == "[]" else f".{step}" for step in place).lstrip(".")
    levels = schema.get("x-level", "error")
    for keyword, value in schema.items():
        if (keyword not in PLAIN and keyword not in OWN) or (keyword, value) == ("additionalProperties", True):
            continue
        level = levels.get(keyword, "error") if isinstance(levels, dict) else levels
        if keyword == "required":
            for each in value:
                subject = f"{name}.{each}".lstrip(".")
                yield SecondRule(f"{subject}.required", level, place, {"required": [each]})
        elif keyword == "additionalProperties":
            named = dict.fromkeys(schema["properties"], True)
            yield SecondRule(f"{name}.{keyword}".lstrip("."), level, place, {"properties": named, keyword: value})
        elif keyword == "enum" and "type" in schema:  # another type is told once
            values = {"anyOf": [{"not": {"type": schema["type"]}}, {keyword: value}]}
            yield SecondRule(f"{name}.{keyword}".lstrip("."), level, place, values)
        else:
            yield SecondRule(f"{name}.{keyword}".lstrip("."), level, place, {keyword: value})
    for each, part in schema.get("properties", {}).items():
        yield from _plain(part, (*place, each))
    if "items" in schema:
        yield from _plain(schema["items"], (*place, "[]"))


def _values(value: Any, place: tuple[str, ...]) -> Iterator[Any]:
    if not place:
        yield value
    elif place[0] == "[]":
        for item in value if isinstance(value, list) else ():
            yield from _values(item, place[1:])
    elif isinstance(value, dict) and place[0] in value:
        yield from _values(value[place[0]], place[1:])


def _at(payload: Any, place: str) -> list[Any]:
    """Return what is at a place: names apart by dots, [] for each item, [type=x] for those whose type is x."""
    found = [payload]
    for name, is_list, chosen in re.findall(r"([\w-]+)(\[([^\]]*)\])?", place):
        found = [value[name] for value in found if isinstance(value, dict) and name in value]
        if is_list:
            found = [item for value in found if isinstance(value, list) for item in value]
        if chosen:
            key, _, wanted = chosen.partition("=")
            found = [item for item in found if isinstance(item, dict) and item.get(key) == wanted]
    return found


# Our own keywords.


def _references(value: Any, instance: Any) -> bool:
    texts = [text for place in value["in"] for text in _at(instance, place) if isinstance(text, str)]
    for text in texts:
        for form, target in value["to"].items():
            if "*" in form:
                if not all(_is_named(instance, target, rest) for rest in _names(form, text)):
                    return False
            elif not all(_is_there(instance, target, number) for number in _numbers(form, text)):
                return False
    return True


def _names(form: str, text: str) -> Iterator[str]:
    """Yield what stands behind each mark that a letter, a digit or _ follows, and none comes before."""
    before, after = form.split("*")
    start = text.find(before)
    while start >= 0:
        rest = text[start + len(before) :]
        name = re.match(r"\w[\w-]*", rest)
        if name and not re.match(r"\w", text[start - 1 : start] or " ") and rest[name.end() :].startswith(after):
            yield rest
        start = text.find(before, start + 1)


def _is_named(instance: Any, target: str, rest: str) -> bool:
    return any(isinstance(name, str) and name and rest.startswith(name) for name in _at(instance, target))


def _numbers(form: str, text: str) -> Iterator[int]:
    before, after = form.split("%")
    for piece in text.split(before)[1:]:
        digits = re.match("[0-9]*", piece)[0]  # type: ignore[index] # it always matches
        if 1 <= len(digits) <= 9 and piece[len(digits) :].startswith(after):
            yield int(digits)


def _is_there(instance: Any, target: str, number: int) -> bool:
    if "%" in target:
        return instance.get(target.replace("%", str(number))) not in (None, "", 0, False, [], {})
    items = (_at(instance, target) or [None])[0]
    return isinstance(items, list) and number in range(1, len(items) + 1)


def _total_items(value: Any, instance: Any) -> bool:
    lists = [instance[name] for name in value["lists"] if isinstance(instance.get(name), list)]
    return bool(sum(len(items) for items in lists) <= value["max"])


def _sum_equals(value: Any, instance: Any) -> bool:
    outer, inner = value["of"].rsplit("[].", 1)
    items = _at(instance, f"{outer}[]")
    if not items:
        return True
    parts = [_whole(item.get(inner)) if isinstance(item, dict) else None for item in items]
    total = _total(value, instance)
    return None in parts or total is None or sum(part for part in parts if part is not None) == total


def _total(value: Any, instance: Any) -> int | None:
    found = _at(instance, value["equals"])
    return _whole(found[0] if found else value["default"])


def _unique(value: Any, instance: Any) -> bool:
    found = [text for text in _at(instance, value) if isinstance(text, str) and text]
    return len(found) == len(set(found))


def _shots(value: Any, instance: Any) -> bool:
    total = _total(value, instance)
    return all(
        _is_good_film(_shots_in(text), total, value) for text in _at(instance, value["in"]) if isinstance(text, str)
    )


def _shots_in(text: str) -> list[tuple[int, int, str]]:
    """Return number, seconds and words of each shot; none if the text is anything else than shots."""
    pieces = text.split(";")
    if pieces.pop().strip(" \t\n\r\f\v"):
        return []
    found = [
        re.fullmatch(r"\s*shot\s+(\d{1,9})\s*,\s*(\d{1,9})\s*,(.*)", piece, re.DOTALL | re.ASCII) for piece in pieces
    ]
    return [] if None in found else [(int(each[1]), int(each[2]), each[3].strip()) for each in found if each]


def _is_good_film(shots: list[tuple[int, int, str]], total: int | None, value: Any) -> bool:
    each = (1 <= n <= value["most"] and m >= 1 and len(words) <= value["words"] for n, m, words in shots)
    return all(each) and (not shots or total is None or sum(m for _, m, _ in shots) == total)


def _grown_area(value: Any, instance: Any) -> bool:
    parts = [[instance.get(name, 0) for name in value[side]] for side in ("height", "width")]
    for part in parts[0] + parts[1]:
        if isinstance(part, bool) or not isinstance(part, int | float) or part < 0 or part > value["each"]:
            return True
    height, width = map(sum, parts)
    return bool(1 + height + width + height * width <= value["times"] + 1e-9)


def _ascending(value: Any, instance: Any) -> bool:
    numbers = [instance.get(name) for name in value]
    if any(isinstance(number, bool) or not isinstance(number, int | float) for number in numbers):
        return True
    return bool(numbers[1] - numbers[0] > 0)


def _whole(value: Any) -> int | None:
    if isinstance(value, str):
        return int(value) if re.fullmatch("[0-9]{1,9}", value) else None
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    return int(value) if is_whole else None


def _one_nonzero(value: Any, instance: Any) -> bool:
    numbers = [instance[name] for name in value if name in instance and not isinstance(instance[name], bool)]
    return sum(number != 0 for number in numbers if isinstance(number, int | float)) <= 1


def _utf16_length(value: Any, instance: Any) -> bool:
    units = len(instance.encode("utf-16-le", "surrogatepass")) // 2
    return bool(len(instance) > value or units <= value)


def _int64(_: Any, instance: Any) -> bool:
    if isinstance(instance, str):
        if not re.fullmatch("-?[0-9]{1,99}", instance):
            return True
        instance = int(instance)
    return bool(-(2**63) <= instance <= 2**63 - 1)


def _base64(value: Any, instance: Any) -> bool:
    may_be = value == "prefixed" or _without_prefix(instance) == instance
    return not _is_data(instance) or (may_be and _content(instance) is not None)


def _image_format(value: Any, instance: Any) -> bool:
    content = _content(instance) if _is_data(instance) else None
    return content is None or (_picture(content) or (None,))[0] in value


def _image_bytes(value: Any, instance: Any) -> bool:
    content = _content(instance) if _is_data(instance) else None
    return content is None or len(content) <= value


def _image_side(value: Any, instance: Any) -> bool:
    content = _content(instance) if _is_data(instance) else None
    picture = _picture(content) if content is not None else None
    return picture is None or min(picture[1:]) >= value


def _image_ratio(value: Any, instance: Any) -> bool:
    content = _content(instance) if _is_data(instance) else None
    picture = _picture(content) if content is not None else None
    return picture is None or value[0] <= picture[1] / picture[2] <= value[1]


def _is_data(text: str) -> bool:
    return text != "" and re.match("https?://", text, re.IGNORECASE) is None


def _without_prefix(text: str) -> str:
    head, comma, rest = text.partition(",")
    is_prefix = comma and head.lower().startswith("data:") and head.lower().endswith(";base64")
    return rest if is_prefix else text


def _content(text: str) -> bytes | None:
    text = _without_prefix(text)
    is_base64 = len(text) % 4 == 0 and re.fullmatch("[A-Za-z0-9+/]*={0,2}", text)
    return b64decode(text) if is_base64 else None


def _picture(content: bytes) -> tuple[str, int, int] | None:
    """Read format, width and height from the bytes of a file; ``None`` if it is no picture, or not complete."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(content)
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg(content)
    if content[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF", *struct.unpack("<HH", content[6:10])
    if content.startswith(b"BM"):
        return "BMP", *struct.unpack("<ii", content[18:26])
    return None


def _png(content: bytes) -> tuple[str, int, int] | None:
    at, sides = 8, (0, 0)
    while at + 12 <= len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack(">I", content[at + 8 + length : at + 12 + length].rjust(4, b"\0"))
        if checksum != zlib.crc32(kind + data):
            return None
        if kind == b"IHDR":
            sides = struct.unpack(">II", data[:8])
        if kind == b"IEND":
            return "PNG", *sides
        at += 12 + length
    return None


def _jpeg(content: bytes) -> tuple[str, int, int] | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, (length,) = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return "JPEG", width, height
        at += 2 + length
    return None


OWN: dict[str, tuple[type | tuple[type, ...], Callable[[Any, Any], bool]]] = {
    "x-references": (dict, _references),
    "x-total-items": (dict, _total_items),
    "x-sum-equals": (dict, _sum_equals),
    "x-unique": (dict, _unique),
    "x-shots": (dict, _shots),
    "x-grown-area": (dict, _grown_area),
    "x-ascending": (dict, _ascending),
    "x-one-nonzero": (dict, _one_nonzero),
    "x-utf16-length": (str, _utf16_length),
    "x-int64": ((str, int, float), _int64),
    "x-base64": (str, _base64),
    "x-image-format": (str, _image_format),
    "x-image-bytes": (str, _image_bytes),
    "x-image-side": (str, _image_side),
    "x-image-ratio": (str, _image_ratio),
}
"""Keyword -> the types of the values that it is about, and whether such a value keeps it."""


def _engine() -> Any:
    def told(keyword: str) -> Callable[..., Iterator[ValidationError]]:
        kinds, keeps = OWN[keyword]

        def check(_: Any, value: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
            if isinstance(instance, kinds) and not isinstance(instance, bool) and not keeps(value, instance):
                yield ValidationError(keyword)

        return check

    return extend(Draft202012Validator, {keyword: told(keyword) for keyword in OWN})  # type: ignore[no-untyped-call]


_WITH_OWN = _engine()
