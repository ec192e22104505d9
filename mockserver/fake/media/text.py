"""Text on a picture: any string becomes lines that a person can read, on a plate of its own.

Each letter is drawn with the first face that has it (``faces``). A character that none has (emoji, or Chinese on a
machine without a font for it) or that would not show (a control character) is written out as `‹U+1F600›`: a person
can look that up, and can tell nothing from an empty box.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from unicodedata import category, normalize

from mockserver.fake.media import faces

if TYPE_CHECKING:
    from PIL.Image import Image

INK = (255, 255, 255, 255)
PLATE = (14, 16, 28, 176)
ELLIPSIS = "…"

_MOST_LETTERS = 4000
"""Characters of a prompt that are looked at; fewer fit on any picture."""

_MOST_LINES = 24
"""Lines on a plate at most."""

_SIZES = (20, 26, 34, 44, 56)
"""Sizes of the letters to try, largest first: that part of the picture's shorter side."""


def plate(text: str, width: int, height: int, short_side: int) -> Image:
    """Return a dark translucent plate with the text on it, as RGBA, within `width` and `height` pixels.

    The letters are the largest, in proportion to the picture's shorter side, that let all of the text fit.
    What does not fit in the smallest ones, or in 24 lines, is cut and ends in an ellipsis. One line there
    always is, also where `height` has no room for it.
    """
    from PIL import Image, ImageDraw

    letters, lines = _fit(legible(text), width, height, short_side)
    padding, leading = _spacing(letters)
    ascent, _ = faces.font(letters).getmetrics()
    wide = max(_length(line, letters) for line in lines)
    size = (max(1, min(width, round(wide) + 2 * padding)), max(1, leading * len(lines) + 2 * padding))
    tile = Image.new("RGBA", size, (*PLATE[:3], 0))
    draw = ImageDraw.Draw(tile)
    draw.rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius=min(padding, *size) // 2, fill=PLATE)
    for number, line in enumerate(lines):
        x, baseline = float(padding), padding + number * leading + ascent
        for face, run in faces.runs(line):
            font = faces.font(letters, face)
            draw.text((x, baseline), run, INK, font, anchor="ls")
            x += font.getlength(run)
    return tile


def legible(text: str) -> str:
    """Return the text with line feeds as its only control characters, and with a face for each letter."""
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


def _fit(text: str, width: int, height: int, short_side: int) -> tuple[int, list[str]]:
    """Return the size of the letters in pixels, and the lines."""
    for part in _SIZES:
        letters = short_side // part
        padding, leading = _spacing(letters)
        advances = {character: _length(character, letters) for character in {*text} - {"\n"}}
        room = max(1, width - 2 * padding)
        lines = [short for line in text.split("\n") for short in wrap(line, room, advances)]
        most = min(_MOST_LINES, max(1, (height - 2 * padding) // leading))
        if len(lines) <= most:
            return letters, lines
    return letters, [*lines[: most - 1], _shortened(lines[most - 1], letters, room)]


def _shortened(line: str, letters: int, room: int) -> str:
    while line and _length(line + ELLIPSIS, letters) > room:
        line = line[:-1]
    return line + ELLIPSIS


def _length(line: str, letters: int) -> float:
    """Return how many pixels wide a line is."""
    return sum(faces.font(letters, face).getlength(run) for face, run in faces.runs(line))


def _spacing(letters: int) -> tuple[int, int]:
    """Return the plate's padding and the height of a line, in pixels."""
    size = faces.font(letters).size
    return round(size * 0.8), round(size * 1.35)


def _breaks_after(character: str) -> bool:
    return character in " -›" or ord(character) >= 0x2E80


def _shown(character: str) -> str:
    kind = category(character)
    if character == "\n" or kind in {"Zl", "Zp"}:
        return "\n"
    if character == "\t" or kind == "Zs":
        return " "
    return character if kind[0] != "C" and faces.having(character) else f"‹U+{ord(character):04X}›"
