"""Text on a picture: any string becomes lines that a person can read, on a plate of its own.

The face is WenQuanYi Micro Hei (Apache-2.0; Latin, Greek, Cyrillic, Chinese, Japanese and Korean) out of the
2 MB data package `paperang-p2-fonts-cjk`, and Pillow's own ASCII face where that package is not installed.
A character that the face does not have (emoji, Arabic) or that would not show (a control character) is
written out as `‹U+1F600›`: a person can look that up, and can tell nothing from an empty box. The fonts of
the machine are left alone, so that the same prompt gives the same picture everywhere.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast
from unicodedata import category, normalize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

INK = (255, 255, 255, 255)
PLATE = (14, 16, 28, 176)
ELLIPSIS = "…"

_MOST_LETTERS = 4000
"""Characters of a prompt that are looked at; fewer fit on any picture."""

_MOST_LINES = 24
"""Lines on a plate at most."""

_SIZES = (20, 26, 34, 44, 56)
"""Sizes of the letters to try, largest first: that part of the picture's shorter side."""

_SMALLEST_PIXELS = 6
"""Pixels below which no letter can be told from another."""

_NO_CHARACTER = "\U0010ffff"
"""A code point that is no character in any font: it draws what the face has for missing glyphs."""


def plate(text: str, width: int, height: int, short_side: int) -> Image:
    """Return a dark translucent plate with the text on it, as RGBA, within `width` and `height` pixels.

    The letters are the largest, in proportion to the picture's shorter side, that let all of the text fit.
    What does not fit in the smallest ones, or in 24 lines, is cut and ends in an ellipsis. One line there
    always is, also where `height` has no room for it.
    """
    from PIL import Image, ImageDraw

    font, lines = _fit(legible(text), width, height, short_side)
    padding, leading = _spacing(font)
    wide = max((font.getlength(line) for line in lines), default=0)
    size = (max(1, min(width, round(wide) + 2 * padding)), max(1, leading * len(lines) + 2 * padding))
    tile = Image.new("RGBA", size, (*PLATE[:3], 0))
    draw = ImageDraw.Draw(tile)
    draw.rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius=min(padding, *size) // 2, fill=PLATE)
    for number, line in enumerate(lines):
        draw.text((padding, padding + number * leading), line, INK, font)
    return tile


def face(size: int) -> FreeTypeFont:
    """Return the face with letters of `size` pixels."""
    return _face(max(_SMALLEST_PIXELS, size))


def legible(text: str) -> str:
    """Return the text with line feeds as its only control characters, and with each glyph in the face."""
    text = normalize("NFC", text[:_MOST_LETTERS].replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(_shown(character) for character in text)


def wrap(line: str, room: float, advances: dict[str, float]) -> Iterator[str]:
    """Cut a line into lines of at most `room` pixels: after a space or an ideograph, or else anywhere.

    A line holds one character at least. `advances` are the widths of all characters, in pixels.
    """
    start, used, cut = 0, 0.0, 0
    for at, character in enumerate(line):
        used += advances[character]
        if used > room and at > start and character != " ":
            end = cut if cut > start else at
            yield line[start:end].rstrip()
            start = end
            used = sum(advances[each] for each in line[start : at + 1])
        if _breaks_after(character):
            cut = at + 1
    yield line[start:].rstrip()


def _fit(text: str, width: int, height: int, short_side: int) -> tuple[FreeTypeFont, list[str]]:
    for part in _SIZES:
        font = face(short_side // part)
        padding, leading = _spacing(font)
        advances = {character: font.getlength(character) for character in {*text} - {"\n"}}
        room = max(1, width - 2 * padding)
        lines = [short for line in text.split("\n") for short in wrap(line, room, advances)]
        most = min(_MOST_LINES, max(1, (height - 2 * padding) // leading))
        if len(lines) <= most:
            return font, lines
    return font, [*lines[: most - 1], _shortened(lines[most - 1], font, room)]


def _shortened(line: str, font: FreeTypeFont, room: int) -> str:
    while line and font.getlength(line + ELLIPSIS) > room:
        line = line[:-1]
    return line + ELLIPSIS


def _spacing(font: FreeTypeFont) -> tuple[int, int]:
    """Return the plate's padding and the height of a line, in pixels."""
    return round(font.size * 0.8), round(font.size * 1.35)


def _breaks_after(character: str) -> bool:
    return character in " -›" or ord(character) >= 0x2E80


@lru_cache(maxsize=8192)
def _shown(character: str) -> str:
    kind = category(character)
    if character == "\n" or kind in {"Zl", "Zp"}:
        return "\n"
    if character == "\t" or kind == "Zs":
        return " "
    return character if kind[0] != "C" and _has_glyph(character) else f"‹U+{ord(character):04X}›"


def _has_glyph(character: str) -> bool:
    drawn, missing = (face(24).getmask(each) for each in (character, _NO_CHARACTER))
    return drawn.size != missing.size or bytes(drawn) != bytes(missing)


@lru_cache(maxsize=32)
def _face(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    try:
        path = files("paperang_p2_fonts_cjk") / "fonts" / "wqy-microhei.ttc"
    except ModuleNotFoundError:
        return cast("FreeTypeFont", ImageFont.load_default(size))
    # The other layout engine is missing from some builds of Pillow, and pictures must not depend on that.
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
