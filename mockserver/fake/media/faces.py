"""Faces: which font has a letter, Pillow's own or one of the machine's.

Pillow's own face has ASCII, and little else. For every other letter the machine's fonts are asked, those for Chinese
first: fontconfig tells which there are, and where it is not installed, the usual ones are looked for by the names of
their files. That is done once in a process, when such a letter is first drawn. So the same prompt gives the same
picture each time on one machine, and on two machines only where both have the same fonts.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby, islice
from typing import TYPE_CHECKING, cast

from mockserver.types import value

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont


@value
class Face:
    """A ``file`` of fonts, and the place of one in it."""

    file: str
    place: int = 0


OWN = Face("")
"""The face that comes with Pillow."""

_USUAL = (
    Face("NotoSansCJK-Regular.ttc", 2),  # the third is the one for simplified Chinese
    Face("NotoSansCJKsc-Regular.otf"),
    Face("NotoSansSC-Regular.otf"),
    Face("SourceHanSansSC-Regular.otf"),
    Face("wqy-microhei.ttc"),
    Face("wqy-zenhei.ttc"),
    Face("DroidSansFallbackFull.ttf"),
    Face("DroidSansFallback.ttf"),
    Face("PingFang.ttc"),
    Face("Hiragino Sans GB.ttc"),
    Face("STHeiti Light.ttc"),
    Face("msyh.ttc"),
    Face("simsun.ttc"),
    Face("DejaVuSans.ttf"),
    Face("Arial Unicode.ttf"),
    Face("arial.ttf"),
)
"""Fonts of Linux, macOS and Windows: Pillow finds a file by its name where each of them has its fonts."""

_ASK = ("fc-match", "--sort", "--format", "%{family}\t%{index}\t%{file}\n")
_WANTED = "sans-serif:lang=zh-cn:scalable=true:color=false"
"""What fontconfig is asked for; it sorts all others behind."""

_PATIENCE_SECONDS = 20
"""How long fontconfig may take: without a cache it reads every font of the machine."""

_MOST_FACES = 8
"""Faces that are asked for a letter: a prompt of thousands of letters that no font has must cost no seconds."""

_SMALLEST_PIXELS = 6
"""Pixels below which no letter can be told from another."""

_PROBE_PIXELS = 24
"""The size in which glyphs are compared."""

_NO_CHARACTER = "\U0010ffff"
"""A code point that is no character in any font: it draws what the face has for missing glyphs."""


@lru_cache(maxsize=8192)
def having(character: str) -> Face | None:
    """Return the face that a character is drawn with, or ``None`` if there is none with its glyph."""
    if character == " " or _has(OWN, character):
        return OWN
    return next((face for face in machine() if _has(face, character)), None)


def runs(line: str) -> Iterator[tuple[Face, str]]:
    """Cut a line into parts that are each drawn with one face. A character that no face has is left out."""
    for face, characters in groupby(line, having):
        if face is not None:
            yield face, "".join(characters)


@lru_cache(maxsize=64)
def font(size: int, face: Face = OWN) -> FreeTypeFont:
    """Return a face with letters of ``size`` pixels, or of the least that can be read. Raises ``OSError``."""
    from PIL import ImageFont

    pixels = max(_SMALLEST_PIXELS, size)
    if face is OWN:
        return cast("FreeTypeFont", ImageFont.load_default(pixels))
    # The other layout engine is missing from some builds of Pillow, and pictures must not depend on that.
    return ImageFont.truetype(face.file, pixels, face.place, layout_engine=ImageFont.Layout.BASIC)


@cache
def machine() -> tuple[Face, ...]:
    """Return the machine's faces, the first for Chinese; none twice, none that cannot be opened, and few."""
    return tuple(islice(filter(_opens, _told() or _USUAL), _MOST_FACES))


def _told() -> list[Face]:
    """Ask fontconfig for one face of each family, the best first; without fontconfig there are none."""
    import subprocess

    try:
        command = [*_ASK, _WANTED]
        told = subprocess.run(
            command, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=_PATIENCE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    families: dict[str, Face] = {}
    for line in told.stdout.decode(errors="surrogateescape").splitlines():
        family, _, rest = line.partition("\t")
        place, _, file = rest.partition("\t")
        if place.isdecimal():
            families.setdefault(family, Face(file, int(place)))
    return [*families.values()]


def _opens(face: Face) -> bool:
    try:
        font(_PROBE_PIXELS, face)
    except OSError:
        return False
    return True


def _has(face: Face, character: str) -> bool:
    size, drawn = _drawn(face, character)
    return (size, drawn) != _missing(face)


@lru_cache(maxsize=_MOST_FACES + 1)
def _missing(face: Face) -> tuple[tuple[int, int], bytes]:
    return _drawn(face, _NO_CHARACTER)


def _drawn(face: Face, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font(_PROBE_PIXELS, face).getmask(character)
    return mask.size, bytes(mask)
