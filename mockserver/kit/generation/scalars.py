"""Scalars: texts and numbers of a shape.

Texts are words that a person would write, characters that break careless programs, and texts of every length.
Numbers are the ends of a range, their neighbours, and anything between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import inf

from mockserver.kit.generation.choices import Choices, picked
from mockserver.kit.generation.shapes import Shape
from mockserver.types import JSON, is_url

_EMOJI = "\U0001f600"
"""One character, two UTF-16 units, four bytes of UTF-8."""

WORDS = (
    "a quiet harbour at night",
    "the red bicycle, in the rain",
    "一只猫在月球上散步",
    "Ein Flug über die Dächer – ganz langsam",
    "قطة تمشي على الثلج",
    "Идёт снег.",
    "少女が「こんにちは」と言う",
)
"""What people ask for: scripts from left to right and from right to left, with and without spaces."""

CURIOSITIES = (
    "".join(chr(plane << 16 | 0x0101) for plane in range(17)),  # one character of each plane of Unicode
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 and \U0001f1ef\U0001f1f5, \U0001f44d\U0001f3fd",  # one sign each
    "\u2764\ufe0f is not \u2764\ufe0e",  # variation selectors
    "caf\u00e9 is not cafe\u0301",  # one letter in two spellings: composed and decomposed
    "o\u0302\u0301, a\u0328\u0308, z\u0351\u0343\u034a, n\u0303",  # combining marks that compose no letter
    "\u0301",  # a combining mark alone
    "\ud55c\uae00 is not \u1112\u1161\u11ab\u1100\u1173\u11af",  # syllables, and the Hangul jamo that they consist of
    "\ufb01ne \u2460 \u210c \uff21\uff22 \u00bd \u212b \u3392",  # compatibility letters, which NFKC replaces
    "Stra\u00dfe \u1e9e \u0130stanbul \u0131s\u0131 \u01c5 \u039f\u03b4\u03cc\u03c2",  # letters without one other case
    "line one\nline two\ttab\r\nline three",
    "next\u0085line, line\u2028separator, paragraph\u2029separator",
    "no\u00a0break, thin\u2009space, wide\u3000space",
    "  spaces at both ends  ",
    "\n\tlines at both ends\r\n",
    "\u3000\u00a0wide and hard spaces at both ends\u2003\u202f",
    "\"quoted\" 'twice' \\ back\\slash / {} [] {{name}} %s %00 ${HOME}",
    "<script>alert(1)</script> &amp; <b>bold</b>",
    "\u200bzero\u200bwidth\ufeff, soft\u00adhyphen, word\u2060joiner, \ufffd",
    "\u202eright to left\u202c and \u2067\u05d0\u05d1\u2069 and \u200f",
    "bell\u0007, escape\u001b[31m, separator\u001f, delete\u007f",  # control characters
    "null",  # two texts that YAML, a shell or a loose comparison takes for no text
    "0",
    "a << b, 3 > 2, mail@image.example",  # looks like a reference, <<<image_1>>> or @image_1, but is none
)
"""Texts that a careless program cuts, escapes, counts, normalises or misreads.

They are written as escapes: an editor that normalises a file would make two spellings of a letter the same.
"""

BLANKS = (
    *(" ", "   ", "\t", "\r\n", "\u00a0", "\u0085", "\u2003", "\u3000"),
    *("\u200b", "\ufeff", "\u2060\u200f", "\u00ad", "\u0007", "\u007f"),
)
"""Texts of which nothing can be seen: white space, characters without width and control characters, each alone."""

_ODD_TEXTS = (*CURIOSITIES, *BLANKS)

_SHORT_TEXTS = (*WORDS, "x", "0", _EMOJI)
"""What is tried last: one of these fits into nearly every shape once it is cut or repeated."""

_URL_ENDINGS = ("?size=large&v=2", "/a%20b/%E7%8C%AB.png", "#top", "?q=\u732b")
"""A query, percent-encoding, a fragment, and a character that a URL should not have but often has."""

_LONGEST_CHARACTERS = 5000
"""Longer texts are not made where a shape would allow them: the longest prompt of our services has 5000 characters."""

_UNLIMITED_CHARACTERS = 100
"""So much longer than its minimum is a long text that has no maximum."""

_BEYOND_INTEGERS = (2**53 + 1, 2**63 - 1, 2**31)
"""Whole numbers that a double, the largest 64-bit integer and a 32-bit integer cannot hold or just hold."""

_UNLIMITED_RANGE = 1000
"""So wide is a range of numbers that has only one end, or none."""

_FRACTION_STEPS = 100
"""A fraction is one of so many even steps through its range, so that it has few digits and shrinks well."""


def text_of(shape: Shape, known: Sequence[str], usual: str, choices: Choices) -> str:
    """Return a text of a shape in one of six styles, from the most ordinary to the most extreme.

    The styles are ``usual`` itself, one of the ``known`` texts, words, a curiosity or blank, any characters, and a text
    of any length, which is twice as likely as each other. The first is what a failing test shrinks to. Where the text
    that was made is not of the shape, ``usual``, a known text or a short one takes its place.
    """
    style = choices.below(7)
    if style == 0:
        made = usual
    elif style == 1 and known:
        made = picked(known, choices)
    elif style <= 2:
        made = " ".join(picked(WORDS, choices) for _ in range(1 + choices.below(3)))
    elif style == 3:
        made = picked(_ODD_TEXTS, choices)
    elif style == 4:
        made = choices.text()
    else:
        made = _repeated(picked((usual, *WORDS, _EMOJI, "x"), choices), _length(shape, choices))
    candidates = chain(
        (_sized(shape, made), _sized(shape, usual)), known, (_sized(shape, text) for text in _SHORT_TEXTS)
    )
    return next(fitting_texts(shape, candidates), usual)


def fitting_texts(shape: Shape, texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts that are of a shape."""
    return filter(shape.accepts, texts)


def url_variants(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the first URL among some texts with other endings."""
    urls = [text for text in texts if is_url(text)][:1]
    return tuple(url + ending for url in urls for ending in _URL_ENDINGS)


def number_edges(shape: Shape, *, is_whole: bool) -> list[float]:
    """Return numbers at both ends of a shape's range and next to them, inside and outside.

    Without an upper end, add whole numbers that are too big for many programs. The neighbour of a fraction is half a
    unit away and comes first: the end may itself be out of range, and the float next to it has seventeen digits, which
    no person would write.
    """
    ends = [end for end in (shape.least(is_whole=is_whole), shape.greatest(is_whole=is_whole)) if abs(end) < inf]
    near = [end + step for end in ends for step in ((0, 1, -1) if is_whole else (0.5, -0.5, 0))]
    return [*near, *(_BEYOND_INTEGERS if is_whole and shape.high == inf else ())]


def number_between(shape: Shape, choices: Choices, *, is_whole: bool) -> float:
    """Return any number of a shape's range."""
    low, high = shape.least(is_whole=is_whole), shape.greatest(is_whole=is_whole)
    if low == -inf:
        low = min(0, high - _UNLIMITED_RANGE) if high < inf else 0
    if high == inf:
        high = low + _UNLIMITED_RANGE
    if is_whole:
        return int(low) + choices.below(int(high - low) + 1)
    return low + (high - low) * choices.below(_FRACTION_STEPS + 1) / _FRACTION_STEPS


def near_values(known: Iterable[JSON]) -> Iterator[JSON]:
    """Yield texts and numbers of all sorts, and slight changes of the known ones.

    This is for a keyword of which nothing is known: some of these values keep it and others break it.
    """
    for value in known:
        if isinstance(value, str):
            yield from (value.upper(), value.lower(), f"{value} {value}", f"{value}!", f"{value}1")
            yield from (value[:-1], value[::-1])
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield from (value + 1, value - 1, value * 2, value + 0.5)
    yield from (*WORDS, *CURIOSITIES, "x", "X", _EMOJI, "1", "x" * _UNLIMITED_CHARACTERS)


def _length(shape: Shape, choices: Choices) -> int:
    """Choose how many characters a text of a shape has.

    It is an end of what is allowed or next to it, next to a power of two, or between: as likely to have two digits as
    three, so that short texts are not rare; or, as often as both, any number, so that long ones are not either.
    """
    least = shape.min_length
    most = min(int(shape.max_length) if shape.max_length < inf else least + _UNLIMITED_CHARACTERS, _LONGEST_CHARACTERS)
    style = choices.below(5)
    if style == 0:
        return min(picked((most, least, max(most - 1, least), least + 1), choices), most)
    if style >= 3:
        return least + choices.below(max(most - least, 0) + 1)
    power = 1 << choices.below(max(most.bit_length(), 1))
    found = power + (choices.below(3) - 1 if style == 1 else choices.below(power))
    return max(least, min(found, most))


def _sized(shape: Shape, text: str) -> str:
    """Cut a text that is too long for a shape, and repeat one that is too short."""
    if len(text) > shape.max_length:
        return text[: int(shape.max_length)]
    return _repeated(text, shape.min_length) if len(text) < shape.min_length else text


def _repeated(piece: str, length: int) -> str:
    spaced = f"{piece} " if " " in piece else piece or "x"
    return (spaced * (length // len(spaced) + 1))[:length]
