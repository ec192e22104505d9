"""Texts: words a person would write, characters that break careless programs, and pictures as Base64."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from math import inf
from typing import Any

from mockserver.contract.vectors import picture
from mockserver.kit.generation.choices import Choices, picked
from mockserver.kit.generation.shapes import Our, Shape

WORDS = (
    "a quiet harbour at night",
    "the red bicycle, in the rain",
    "一只猫在月球上散步",
    "Ein Flug über die Dächer – ganz langsam",
    "قطة تمشي على الثلج",
    "Идёт снег.",
    "少女が「こんにちは」と言う",
)
"""What people ask for."""

CURIOSITIES = (
    "".join(chr(plane << 16 | 0x0101) for plane in range(17)),  # one character of each plane of Unicode
    "👩‍👩‍👧‍👦 and 🇯🇵 and é and é",
    "line one\nline two\ttab\r\nline three",
    "\"quoted\" 'twice' \\ back\\slash / {} [] {{name}} %s %00 ${HOME}",
    "<script>alert(1)</script> &amp; <b>bold</b>",
    "\u200bzero\u200bwidth\ufeff and \u202eright to left\u202c",
    "null",
    "0",
    "a << b, 3 > 2, mail@image.example",
)
"""Texts that a careless program cuts, escapes, counts or reads wrongly."""

PICTURE_KEYWORDS = frozenset({"x-base64", "x-image-format", "x-image-bytes", "x-image-side", "x-image-ratio"})
"""The keywords that ask for a picture, or a URL, which nobody can make up of letters."""

_LAST = (*WORDS, "x", "0", "😀")
_URL_ENDINGS = ("?size=large&v=2", "/a%20b/%E7%8C%AB.png", "#top", "?q=猫")
_MOST = 5000


def text(shape: Shape, known: Sequence[str], usual: str, choices: Choices) -> str:
    """Return a text of a shape, made of ``usual`` or one of the ``known`` if nothing else is of it."""
    style = choices.below(6)
    if style == 0:
        found = usual
    elif style == 1 and known:
        found = picked(known, choices)
    elif style <= 2:
        found = " ".join(picked(WORDS, choices) for _ in range(1 + choices.below(3)))
    elif style == 3:
        found = picked(CURIOSITIES, choices)
    elif style == 4:
        found = choices.text()
    else:
        found = _at_the_edge(shape, picked((usual, *WORDS, "😀", "x"), choices), choices)
    tried = chain((_sized(shape, found), _sized(shape, usual)), known, (_sized(shape, each) for each in _LAST))
    return next(fitting(shape, tried), usual)


def fitting(shape: Shape, texts: Iterable[str]) -> Iterator[str]:
    """Yield those texts that are of a shape, and none of blanks alone: a service may take those for nothing."""
    return (each for each in texts if (each.strip() or not each) and shape.accepts(each))


def edges(our: Our) -> tuple[str, ...]:
    """Return texts near the limits of a keyword of ours, on both sides of each."""
    return _edges(our.keyword, json.dumps(our.value), our.holds)


def url_variants(texts: Sequence[str]) -> tuple[str, ...]:
    """Return URLs with other endings than those that are shown."""
    urls = [each for each in texts if each.startswith(("http://", "https://"))][:1]
    return tuple(url + ending for url in urls for ending in _URL_ENDINGS)


@cache
def _edges(keyword: str, value: str, holds: bool) -> tuple[str, ...]:
    return tuple(_EDGES[keyword](json.loads(value), holds)) if keyword in _EDGES else ()


def _at_the_edge(shape: Shape, piece: str, choices: Choices) -> str:
    """Stretch a text to the greatest or least length, or to one less or more than that."""
    longest = int(shape.longest) if shape.longest < inf else shape.shortest + 100
    lengths = (longest, shape.shortest, max(longest - 1, shape.shortest), min(shape.shortest + 1, longest))
    return _stretched(piece, min(picked(lengths, choices), _MOST))


def _sized(shape: Shape, found: str) -> str:
    if len(found) > shape.longest:
        return found[: int(shape.longest)]
    return _stretched(found, shape.shortest) if len(found) < shape.shortest else found


def _stretched(piece: str, length: int) -> str:
    spaced = f"{piece} " if " " in piece else piece or "x"
    return (spaced * (length // len(spaced) + 1))[:length]


def _encodings(_: bool, __: bool) -> Iterator[str]:
    yield from ("no Base64 at all", "data:image/png;base64," + picture(300, 300), picture(300, 300))


def _formats(_: list[str], __: bool) -> Iterator[str]:
    yield "bm8gcGljdHVyZQ=="
    yield from (picture(300, 300, kind) for kind in ("PNG", "JPEG", "GIF", "BMP"))


def _bytes(most: int, holds: bool) -> Iterator[str]:
    """Draw a picture with more bytes than it may have; of those that may, others have plenty."""
    if not holds:
        yield picture(300, 300, size=most + 1)


def _sides(side: int, _: bool) -> Iterator[str]:
    yield from (picture(*size) for size in ((side, side), (side, side - 1), (side - 1, side), (side + 1, side + 1)))


def _ratios(ratio: list[float], _: bool) -> Iterator[str]:
    """Draw pictures at both ends of the ratios and just over them."""
    wide, tall = int(300 * ratio[1]), int(300 / ratio[0])
    yield from (picture(*size) for size in ((wide, 300), (300, tall), (wide + 1, 300), (300, tall + 1)))


def _units(most: int, _: bool) -> Iterator[str]:
    yield from ("😀" * (most // 2) + "x" * (most % 2 + 1), "😀" * (most // 2))


_EDGES: dict[str, Callable[[Any, bool], Iterator[str]]] = {
    "x-base64": _encodings,
    "x-image-format": _formats,
    "x-image-bytes": _bytes,
    "x-image-side": _sides,
    "x-image-ratio": _ratios,
    "x-utf16-length": _units,
}
