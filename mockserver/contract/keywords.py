"""What JSON Schema cannot say: our own keywords, one function each, in one shape.

Each takes the value of the keyword and the instance, and yields a ``Problem`` for each thing that is wrong.
An instance of another type is not a problem here: the keyword ``type`` reports it.
``KEYWORDS`` at the end is the list; ``schemas/schema.meta.json`` says what each value looks like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from mockserver.contract.places import located
from mockserver.contract.texts.pictures import PREFIX, Picture, decoded, is_data
from mockserver.contract.texts.references import dangling
from mockserver.contract.texts.shots import shots_of
from mockserver.types import JSON, Path, kind_of, value


@value
class Problem:
    """What is wrong, and where: the ``path`` starts at the instance."""

    path: Path
    fact: str


Keyword = Callable[[Any, JSON], Iterator[Problem]]

_ROUNDING = 1e-9
"""So much a product of decimal fractions may be off: 0.1 + 0.2 is more than 0.3."""
_INTEGER = re.compile(r"-?[0-9]{1,99}", re.ASCII)
"""A whole number. Python takes long to read one of many digits, and no pattern of a schema lets one through."""


def references(value: dict[str, Any], instance: JSON) -> Iterator[Problem]:
    """Each reference in a text must name something that was sent.

    ``in`` lists the places of texts, ``to`` maps a reference to what it refers to. One with ``%`` has a number: of an
    item of a list, or of the field that it names (``image_%``). One with ``*`` has a name that stands at a place.
    """
    if not isinstance(instance, dict):
        return
    for place in value["in"]:
        for path, text in located(place, instance):
            for form, target in value["to"].items() if isinstance(text, str) else ():
                if form.partition("*" if "*" in form else "%")[0] not in text:
                    continue  # true of most texts, and ten times as fast as a pattern
                for found in dangling(form, text, target, instance):
                    yield Problem(path, f"{found} has nothing to refer to in {target}")


def total_items(value: dict[str, Any], instance: JSON) -> Iterator[Problem]:
    """Several ``lists`` share one ``max``."""
    if isinstance(instance, dict):
        lists = [found for name in value["lists"] if isinstance(found := instance.get(name), list)]
        if (total := sum(map(len, lists))) > value["max"]:
            yield Problem((), f"{' and '.join(value['lists'])} hold {total} items, at most {value['max']}")


def sum_equals(value: dict[str, Any], instance: JSON) -> Iterator[Problem]:
    """The numbers ``of`` a list's items add up to what is at the place ``equals``, or to ``default``."""
    if not isinstance(instance, dict):
        return
    parts = [_number(part) for _, part in located(value["of"], instance)]
    items = located(value["of"].rpartition("]")[0] + "]", instance)
    total = total_of(value, instance)
    is_whole = len(parts) == sum(1 for _ in items) and None not in parts
    if parts and is_whole and total is not None and sum(part for part in parts if part) != total:
        yield Problem((), f"the sum of {value['of']} must be {value['equals']}, {total}")


def unique(place: str, instance: JSON) -> Iterator[Problem]:
    """No text stands at a place twice."""
    seen = set[str]()
    for path, found in located(place, instance):
        if isinstance(found, str) and found:
            if found in seen:
                yield Problem(path, f"{found!r} is there twice")
            seen.add(found)


def shots(value: dict[str, Any], instance: JSON) -> Iterator[Problem]:
    """The shots that a text at the place ``in`` consists of are numbered from 1 to ``most``, and each has at most so
    many characters as ``words`` says; each lasts a second at least, and together they last as long as is said at the
    place ``equals``, or as ``default``.
    """
    for path, text in located(value["in"], instance):
        said = shots_of(text) if isinstance(text, str) else []
        for shot in said:
            if not 1 <= shot.number <= value["most"]:
                yield Problem(path, f"a shot has the number {shot.number}, which must be from 1 to {value['most']}")
            if shot.seconds < 1:
                yield Problem(path, f"shot {shot.number} lasts {shot.seconds} s, at least 1")
            if len(shot.words) > value["words"]:
                yield Problem(path, f"shot {shot.number} has {len(shot.words)} characters, at most {value['words']}")
        total = total_of(value, instance)
        lasting = sum(shot.seconds for shot in said)
        if said and total is not None and lasting != total:
            yield Problem(path, f"the shots last {lasting} s, and {value['equals']} is {total}")


def grown_area(value: dict[str, Any], instance: JSON) -> Iterator[Problem]:
    """A picture that grows by parts of its ``height`` and ``width`` has at most so many ``times`` its area.

    A part that is not there is 0. One that is no number, or not from 0 to ``each``, is left to other keywords.
    """
    if not isinstance(instance, dict):
        return
    sides = [[instance.get(name, 0) for name in value[side]] for side in ("height", "width")]
    parts = [part for side in sides for part in side]
    if all(kind_of(part) in ("integer", "fraction") and 0 <= part <= value["each"] for part in parts):
        times = (1 + sum(sides[0])) * (1 + sum(sides[1]))
        if times > value["times"] + _ROUNDING:
            yield Problem((), f"the area grows to {times:.4g} times, at most {value['times']}")


def ascending(value: list[str], instance: JSON) -> Iterator[Problem]:
    """The number in the first of two fields is less than that in the second."""
    numbers: list[Any] = [instance.get(name) for name in value] if isinstance(instance, dict) else [None]
    if all(kind_of(number) in ("integer", "fraction") for number in numbers) and not numbers[0] < numbers[1]:
        yield Problem((), f"{value[0]} must be before {value[1]}")


def one_nonzero(value: list[str], instance: JSON) -> Iterator[Problem]:
    """At most one of these numbers of an object is not 0."""
    if isinstance(instance, dict):
        found = [name for name in value if kind_of(instance.get(name)) in ("integer", "fraction") and instance[name]]
        if len(found) > 1:
            yield Problem((), f"{' and '.join(found)} are not 0, at most one may be")


def utf16_length(value: int, instance: JSON) -> Iterator[Problem]:
    """A text has at most this many UTF-16 units, which is what JavaScript counts.

    A text with more characters than that is left to ``maxLength``.
    """
    if isinstance(instance, str) and len(instance) <= value < 2 * len(instance):
        units = len(instance) + sum(letter > "\uffff" for letter in instance)
        if units > value:
            yield Problem((), f"{units} UTF-16 units in {len(instance)} characters, at most {value}")


def int64(_: bool, instance: JSON) -> Iterator[Problem]:
    """A number, or a text that is one, must fit into 64 bits with a sign; other texts are left to ``pattern``."""
    number = instance
    if isinstance(instance, str) and _INTEGER.fullmatch(instance):
        number = int(instance)
    if isinstance(number, int | float) and not isinstance(number, bool) and not -(2**63) <= number < 2**63:
        yield Problem((), "does not fit into 64 bits")


def base64(value: bool | str, instance: JSON) -> Iterator[Problem]:  # the value is true or "prefixed"
    """A text that is no URL must be Base64, without a ``data:`` prefix unless it may be ``prefixed``."""
    if is_data(instance) and (decoded(instance) is None or (value is True and PREFIX.match(instance))):
        yield Problem((), "neither an http(s) URL nor raw Base64")


def image_format(value: list[str], instance: JSON) -> Iterator[Problem]:
    """The Base64 picture has one of these formats, and is complete."""
    if (data := decoded(instance)) is not None:
        if (picture := data.picture) is None:
            yield Problem((), f"the {data.size} bytes cannot be read as a picture")
        elif picture.format not in value:
            yield Problem((), f"a {picture.format} picture, but only {' or '.join(value)} is accepted")


def image_bytes(value: int, instance: JSON) -> Iterator[Problem]:
    """The Base64 picture has at most this many bytes."""
    if (data := decoded(instance)) is not None and data.size > value:
        yield Problem((), f"{data.size} bytes, at most {value}")


def image_side(value: int, instance: JSON) -> Iterator[Problem]:
    """Both sides of the Base64 picture have at least this many pixels."""
    if (picture := _picture(instance)) is not None and min(picture.width, picture.height) < value:
        yield Problem((), f"{picture.width} x {picture.height} px, each side at least {value}")


def image_ratio(value: list[float], instance: JSON) -> Iterator[Problem]:
    """Width divided by height of the Base64 picture lies in this range."""
    if (picture := _picture(instance)) is not None:
        low, high = value
        if not low <= picture.width / picture.height <= high:
            yield Problem((), f"{picture.width} x {picture.height} px, ratio from {low} to {high}")


KEYWORDS: dict[str, Keyword] = {
    "x-references": references,
    "x-total-items": total_items,
    "x-sum-equals": sum_equals,
    "x-unique": unique,
    "x-shots": shots,
    "x-grown-area": grown_area,
    "x-ascending": ascending,
    "x-one-nonzero": one_nonzero,
    "x-utf16-length": utf16_length,
    "x-int64": int64,
    "x-base64": base64,
    "x-image-format": image_format,
    "x-image-bytes": image_bytes,
    "x-image-side": image_side,
    "x-image-ratio": image_ratio,
}

OF_PICTURES = frozenset({"x-image-format", "x-image-bytes", "x-image-side", "x-image-ratio"})
"""The keywords about the bytes of a picture: a service may also create the task, and let it fail."""

OF_DATA = OF_PICTURES | {"x-base64"}
"""The keywords that do not apply to a URL."""


def total_of(value: dict[str, Any], instance: JSON) -> int | None:
    """Return the number at the place ``equals`` of a keyword, or its ``default``; ``None`` if none is there."""
    return _number(next((found for _, found in located(value["equals"], instance)), value["default"]))


def _picture(instance: JSON) -> Picture | None:
    return None if (data := decoded(instance)) is None else data.picture


def _number(value: JSON) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return int(value) if kind_of(value) == "integer" else None
