"""Our ``x-`` keywords: what the generator does to keep one, and what it does to break one.

``contract/keywords.py`` says what each keyword means. This is the other half: one ``KeywordGenerator`` for each, in
``GENERATORS`` at the end. A keyword about a single text or number needs none: the known values of its field, which
come from its ``examples``, ``x-accept`` and ``x-reject``, are changed slightly until one keeps the keyword and one
breaks it. If that finds nothing, give the keyword ``values`` on both sides of its limit:

    "x-even": KeywordGenerator(values=lambda value, holds: iter((2, 3)))
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import inf
from typing import Any

from mockserver.contract.keywords import OF_DATA
from mockserver.contract.places import first, steps
from mockserver.contract.vectors import picture
from mockserver.kit.generation.choices import Choices
from mockserver.kit.generation.finished.growth import broken_growth, with_growth
from mockserver.kit.generation.finished.having import having
from mockserver.kit.generation.finished.names import with_names
from mockserver.kit.generation.finished.nonzero import broken_one, with_one
from mockserver.kit.generation.finished.order import out_of_order, with_order
from mockserver.kit.generation.finished.shots import with_shots
from mockserver.kit.generation.finished.uniques import with_unique_texts
from mockserver.kit.generation.intersection import conjunction, intersect_choices, list_shapes, object_shapes
from mockserver.kit.generation.scalars import near_values
from mockserver.kit.generation.shapes import NUMBER_KINDS, OwnKeyword, Shape, Shapes
from mockserver.kit.generation.sums import with_sum
from mockserver.types import JSON, Payload


def _broken_scalar(own: OwnKeyword) -> Shapes:
    return conjunction(kinds=NUMBER_KINDS | {"string"}, own_keywords=(own,))


def _unchanged(_: OwnKeyword, payload: Payload, __: Shape, ___: Choices) -> Payload:
    return payload


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordGenerator:
    """How one keyword is kept, and how it is broken. Each default is right for a keyword about a text or a number.

    * ``broken``: the shapes of what can break the keyword: usually "a text"; for a keyword about the fields of an
      object those objects that have these fields
    * ``values``: given the keyword's value and whether it must hold, texts and numbers just inside its limits and just
      outside. Without it the known values of a field are slightly changed
    * ``is_heavy``: a value that breaks the keyword has megabytes, so it is made only when that rule is asked for
    * ``late_fields``: the fields of an object that must be made after all others, because they depend on them
    * ``references``: for each place (``shots[].prompt``) texts that refer to what is already in the object: to be
      inserted where that suits if the keyword must hold, and by all means if it must not
    * ``room``: how many items a list may have, from and up to, given the ``made`` fields and all that will be present
    * ``completed``: the finished object, changed so that it keeps or breaks the keyword
    """

    broken: Callable[[OwnKeyword], Shapes] = _broken_scalar
    values: Callable[[Any, bool], Iterator[JSON]] | None = None
    is_heavy: bool = False
    late_fields: Callable[[Any], frozenset[str]] = lambda _: frozenset()
    references: Callable[[OwnKeyword, Payload], Mapping[str, list[str]]] = lambda _, __: {}
    room: Callable[[OwnKeyword, Shape, str, Payload, Sequence[str]], tuple[int, float]] | None = None
    completed: Callable[[OwnKeyword, Payload, Shape, Choices], Payload] = _unchanged


def generator_of(keyword: str) -> KeywordGenerator:
    """Return how a keyword is kept and broken; the default if nothing special is known of it."""
    return GENERATORS.get(keyword, _DEFAULT)


def values_near_limits(own: OwnKeyword, known: Sequence[JSON]) -> tuple[JSON, ...]:
    """Return texts and numbers on both sides of a keyword's limits; ``known`` are the known values of its field."""
    if generator_of(own.keyword).values is None:
        return tuple(near_values(known))
    return _values_near_limits(own.keyword, json.dumps(own.value), own.holds)


@cache  # pictures take long to draw
def _values_near_limits(keyword: str, value: str, holds: bool) -> tuple[JSON, ...]:
    values = generator_of(keyword).values
    return tuple(values(json.loads(value), holds)) if values else ()


def _objects_with(place: str, own: OwnKeyword) -> Shapes:
    """Return the objects that have something at a place; in a list, that each item has it, or one that is chosen."""
    return tuple(both for shape in having(place) for both in intersect_choices((shape,), _is(own)))


def _is(own: OwnKeyword) -> Shapes:
    return object_shapes(own_keywords=(own,))


# x-references: a text may refer only to what was sent beside it.

_REFERENCE_NUMBERS = range(1, 11)
"""A text refers to one of the first ten items. No list of our services is longer, and a longer one has enough then."""

_FAR_NUMBER = 99
"""A reference to the 99th item refers to nothing: no list of our services may have so many."""


def _references(own: OwnKeyword, payload: Payload) -> dict[str, list[str]]:
    """Return the references to what a payload has if the keyword must hold, else references to nothing."""
    numbers = _sent_numbers if own.holds else _missing_numbers
    texts = [
        form.replace("%", str(number))
        for form, target in own.value["to"].items()
        for number in (numbers(payload, target) if "*" not in form else ())
    ]
    return dict.fromkeys(map(_field_at, own.value["in"]), texts) if texts else {}


def _field_at(place: str) -> str:
    """Return the name that a place has for the generator, which tells no items apart."""
    return re.sub(r"\[[^\]]*\]", "[]", place)


def _sent_numbers(payload: Payload, target: str) -> Iterator[int]:
    return (number for number in _REFERENCE_NUMBERS if _is_sent(payload, target, number))


def _missing_numbers(payload: Payload, target: str) -> Iterator[int]:
    """Yield the number after the last item, the one before the first, and one far beyond."""
    yield next(number for number in (*_REFERENCE_NUMBERS, _FAR_NUMBER) if not _is_sent(payload, target, number))
    yield from (0, _FAR_NUMBER)


def _is_sent(payload: Payload, target: str, number: int) -> bool:
    if "%" in target:  # one field for each number: image_1, image_2
        return bool(payload.get(target.replace("%", str(number))))
    items = first(target, payload)
    return isinstance(items, list) and number <= len(items)


def _broken_references(own: OwnKeyword) -> Shapes:
    return tuple(shape for place in own.value["in"] for shape in _objects_with(place, own))


def _referring_fields(value: Mapping[str, Any]) -> frozenset[str]:
    """Return the fields with texts that refer to others by number; a name may stand beside its text."""
    has_numbers = any("%" in form for form in value["to"])
    return frozenset(steps(place)[0].field for place in value["in"] if has_numbers)


def reference_pattern(schema: JSON) -> re.Pattern[str] | None:
    """Return an expression that finds all references that a schema knows; ``None`` if it knows none."""
    forms = "|".join(map(_form_pattern, sorted(set(_reference_forms(schema)))))
    return re.compile(forms) if forms else None


def _form_pattern(form: str) -> str:
    pattern = re.escape(form).replace("%", "[0-9]+")
    return rf"(?<!\w){pattern}".replace(r"\*", r"\w[\w-]*") if "*" in form else pattern


def _reference_forms(schema: JSON) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("x-references", {}).get("to", ())
        for inner in schema.values():
            yield from _reference_forms(inner)
    if isinstance(schema, list):
        for inner in schema:
            yield from _reference_forms(inner)


# x-unique: no text stands twice at a place.


def _broken_unique(own: OwnKeyword) -> Shapes:
    return tuple(both for shape in having(own.value, least=2) for both in intersect_choices((shape,), _is(own)))


# x-total-items: several lists share one maximum.


def _broken_total(own: OwnKeyword) -> Shapes:
    """Return the objects that have all of the lists, and those that have one at least."""
    names = own.value["lists"]
    filled = {name: list_shapes(min_items=1) for name in names}
    together = object_shapes(required=frozenset(names), properties=filled, own_keywords=(own,))
    return (*together, *(shape for name in names for shape in _objects_with(name, own)))


def _shared_room(own: OwnKeyword, shape: Shape, name: str, made: Payload, present: Sequence[str]) -> tuple[int, float]:
    """Return how many items a list may have. If the maximum must be exceeded, the last list sees to that."""
    if name not in own.value["lists"]:
        return 0, inf
    # What is wrong on purpose may stand where a list should.
    taken = sum(len(made[other]) for other in own.value["lists"] if isinstance(made.get(other), list))
    waiting = [other for other in own.value["lists"] if other in present and other != name and other not in made]
    if own.holds:
        reserved = sum(min(inner.min_items for inner in shape.field_shapes(other)) for other in waiting)
        return 0, own.value["max"] - taken - reserved
    return (0 if waiting else own.value["max"] + 1 - taken), inf


# Keywords about one text: values on both sides of their limits.

_SIDE_PIXELS = 300
"""The side of a picture where only its format or its size in bytes counts: no service refuses it as too small."""


def _utf16_texts(most: int, _: bool) -> Iterator[JSON]:
    """Emoji count twice: half as many of them reach the limit, and one letter more exceeds it."""
    yield from ("😀" * (most // 2) + "x" * (most % 2 + 1), "😀" * (most // 2))


def _ids(_: bool, __: bool) -> Iterator[JSON]:
    """Both ends of 64 bits, and one beyond, each as a number and as text."""
    for end in (2**63 - 1, 2**63, -(2**63), -(2**63) - 1):
        yield from (end, str(end))


def _encodings(_: bool | str, __: bool) -> Iterator[JSON]:
    yield from ("no Base64 at all", f"data:image/png;base64,{_square()}", _square())


def _formats(_: list[str], __: bool) -> Iterator[JSON]:
    yield "bm8gcGljdHVyZQ=="  # the Base64 of "no picture"
    yield from (_square(kind) for kind in ("PNG", "JPEG", "GIF", "BMP"))


def _too_many_bytes(most: int, holds: bool) -> Iterator[JSON]:
    """A picture that has not too many bytes needs no value of its own: other keywords have plenty."""
    if not holds:
        yield picture(_SIDE_PIXELS, _SIDE_PIXELS, size=most + 1)


def _sides(side: int, _: bool) -> Iterator[JSON]:
    yield from (picture(*size) for size in ((side, side), (side, side - 1), (side - 1, side), (side + 1, side + 1)))


def _ratios(ratio: list[float], _: bool) -> Iterator[JSON]:
    """Pictures at both ends of the ratios, and one pixel beyond."""
    short = _SIDE_PIXELS
    wide, tall = int(short * ratio[1]), int(short / ratio[0])
    yield from (picture(*size) for size in ((wide, short), (short, tall), (wide + 1, short), (short, tall + 1)))


_square = partial(picture, _SIDE_PIXELS, _SIDE_PIXELS)

_DEFAULT = KeywordGenerator()

GENERATORS: dict[str, KeywordGenerator] = {
    "x-unique": KeywordGenerator(broken=_broken_unique, completed=with_unique_texts),
    "x-references": KeywordGenerator(
        broken=_broken_references, late_fields=_referring_fields, references=_references, completed=with_names
    ),
    "x-total-items": KeywordGenerator(broken=_broken_total, room=_shared_room),
    "x-sum-equals": KeywordGenerator(broken=lambda own: _objects_with(own.value["of"], own), completed=with_sum),
    "x-shots": KeywordGenerator(broken=lambda own: _objects_with(own.value["in"], own), completed=with_shots),
    "x-ascending": KeywordGenerator(broken=out_of_order, completed=with_order),
    "x-grown-area": KeywordGenerator(broken=broken_growth, completed=with_growth),
    "x-one-nonzero": KeywordGenerator(broken=broken_one, completed=with_one),
    "x-utf16-length": KeywordGenerator(values=_utf16_texts),
    "x-int64": KeywordGenerator(values=_ids),
    "x-base64": KeywordGenerator(values=_encodings),
    "x-image-format": KeywordGenerator(values=_formats),
    "x-image-bytes": KeywordGenerator(values=_too_many_bytes, is_heavy=True),
    "x-image-side": KeywordGenerator(values=_sides),
    "x-image-ratio": KeywordGenerator(values=_ratios),
}
"""Keyword -> how it is kept and broken. One that is not here is about a text or a number.

An object is completed in this order: names are those that are left once they are unique, and a text is cut into shots
with the names in it.
"""


def in_order(own_keywords: Sequence[OwnKeyword]) -> Sequence[OwnKeyword]:
    """Return keywords in the order in which an object is completed for them."""
    if len(own_keywords) < 2:
        return own_keywords
    ranks = {keyword: rank for rank, keyword in enumerate(GENERATORS)}
    return sorted(own_keywords, key=lambda own: ranks.get(own.keyword, 0))


def needs_known_value(own: OwnKeyword) -> bool:
    """Tell whether a text with this constraint must be one that is known: nobody can make up a picture of letters."""
    return not own.holds or own.keyword in OF_DATA
