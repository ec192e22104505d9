"""What a finished task points to: pictures and films as frozen values, and their sizes."""

from dataclasses import dataclass, field
from functools import lru_cache
from math import gcd, isqrt, sqrt
from typing import Literal

FRAME_RATE = 24


@dataclass(frozen=True, slots=True)
class Picture:
    """One image of a task: `index` counts from 0, `width` and `height` are pixels.

    The same values always give the same bytes. `watermark` asks for the marked twin, which differs in
    nothing else.
    """

    task_id: str
    index: int
    prompt: str
    width: int
    height: int
    format: Literal["png", "jpeg"] = "png"
    watermark: bool = False

    @property
    def content_type(self) -> str:
        return f"image/{self.format}"

    @property
    def suffix(self) -> str:
        """The end of its file name, with the dot."""
        return ".png" if self.format == "png" else ".jpg"


@dataclass(frozen=True, slots=True)
class Film:
    """One video of a task: `width` and `height` are pixels, both even, `seconds` is what was asked for."""

    task_id: str
    index: int
    prompt: str
    width: int
    height: int
    seconds: int
    sound: bool = False
    watermark: bool = False

    @property
    def content_type(self) -> str:
        return "video/mp4"

    @property
    def suffix(self) -> str:
        """The end of its file name, with the dot."""
        return ".mp4"

    @property
    def frames(self) -> int:
        """One more than the seconds need: a recorded film of 5 s lasts 5.041 s (kling 2.2)."""
        return FRAME_RATE * self.seconds + 1

    @property
    def duration(self) -> str:
        """Seconds as the wire writes them, with the milliseconds cut and not rounded: `5.041`."""
        seconds, milliseconds = divmod(self.frames * 1000 // FRAME_RATE, 1000)
        return f"{seconds}.{milliseconds:03d}"


@dataclass(frozen=True, slots=True)
class File:
    """What a client uploaded, as it came: `task_id` is the id of the upload, which no task has."""

    task_id: str
    content_type: str
    suffix: str
    content: bytes = field(compare=False, repr=False)
    index: int = 0
    watermark: bool = False


Made = Picture | Film
"""What a task makes."""

Artifact = Made | File
"""What the URL of a result points to."""


@lru_cache(maxsize=256)
def dimensions(ratio: str, area: int) -> tuple[int, int]:
    """Return the width and height in pixels that have exactly this ratio and come nearest to this area.

    `ratio` is `width:height` in whole numbers, as the wire writes it (`21:9`) or as a source picture has it
    (`1023:767`). Where the smallest size of a ratio is larger than `area` already, the sides are rounded.
    Raises ValueError for anything else; the caller resolves `auto`.
    """
    wide, high = _terms(ratio)
    if wide * high > area:
        scale = sqrt(area / (wide * high))
        return max(1, round(wide * scale)), max(1, round(high * scale))
    lower = isqrt(area // (wide * high))
    factor = min((lower, lower + 1), key=lambda k: abs(wide * high * k * k - area))
    return wide * factor, high * factor


@lru_cache(maxsize=256)
def film_dimensions(ratio: str, short_side: int) -> tuple[int, int]:
    """Return the width and height in pixels of a film whose shorter side is 720, 1080 or 2160.

    The longer side is rounded to an even number, as H.264 wants it: 16:9 at 1080 is 1920 by 1080. `ratio` and
    ValueError are as in `dimensions`.
    """
    wide, high = _terms(ratio)
    long_side = 2 * max(1, round(short_side * max(wide, high) / min(wide, high) / 2))
    return (long_side, short_side) if wide > high else (short_side, long_side)


def _terms(ratio: str) -> tuple[int, int]:
    """Split `16:9`, in lowest terms: 21:9 is 7:3, which comes nearer to an area."""
    wide, colon, high = ratio.partition(":")
    if not (colon and wide.isdecimal() and high.isdecimal() and int(wide) and int(high)):
        raise ValueError(f"{ratio!r} is no aspect ratio: write width:height in whole numbers, such as 16:9")
    shared = gcd(int(wide), int(high))
    return int(wide) // shared, int(high) // shared
