"""What a finished task points to: pictures and films as frozen values, and their sizes."""

from __future__ import annotations

from dataclasses import field, replace
from functools import lru_cache
from math import floor, isqrt
from typing import Literal

from mockserver.types import value

FRAME_RATE = 24
"""Frames a second, unless a model makes another number (family 4.4)."""

USUAL_STEP = 16
"""Pixels by which the sides of a picture grow: the block of most encoders, and so what models of pictures draw in."""


USUAL_SUFFIX = {"image": ".png", "video": ".mp4", "audio": ".mp3"}
"""The end of a file name, with the dot, by the medium."""


@value
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
        return USUAL_SUFFIX["image"] if self.format == "png" else ".jpg"


@value
class Film:
    """One video of a task: `width` and `height` are pixels, both even, `seconds` is what was asked for, and `rate` is
    the number of frames in each.
    """

    task_id: str
    index: int
    prompt: str
    width: int
    height: int
    seconds: int
    sound: bool = False
    watermark: bool = False
    rate: int = FRAME_RATE

    @property
    def content_type(self) -> str:
        return "video/mp4"

    @property
    def suffix(self) -> str:
        """The end of its file name, with the dot."""
        return USUAL_SUFFIX["video"]

    @property
    def cover(self) -> Picture:
        """The picture that stands for it."""
        return Picture(self.task_id, self.index, self.prompt, self.width, self.height, "jpeg", self.watermark)

    @property
    def milliseconds(self) -> int:
        """How long it lasts."""
        return _frames(self.seconds, self.rate) * 1000 // self.rate

    @property
    def frames(self) -> int:
        """One more than the seconds need: a recorded film of 5 s lasts 5.041 s (kling 2.2)."""
        return _frames(self.seconds, self.rate)

    @property
    def duration(self) -> str:
        """Seconds as the wire writes them, with the milliseconds cut and not rounded: `5.041`."""
        return film_duration(self.seconds, self.rate)


@value
class Sound:
    """One sound of a task, as one of the files that it can be had as."""

    task_id: str
    index: int
    milliseconds: int
    format: Literal["mp3", "wav"] = "mp3"
    watermark: bool = False

    @property
    def content_type(self) -> str:
        return "audio/mpeg" if self.format == "mp3" else "audio/wav"

    @property
    def suffix(self) -> str:
        """The end of its file name, with the dot."""
        return f".{self.format}"

    @property
    def duration(self) -> str:
        """Seconds as the wire writes them."""
        return f"{self.milliseconds // 1000}.{self.milliseconds % 1000:03d}"


@value
class File:
    """What a client uploaded, as it came: `task_id` is the id of the upload, which no task has."""

    task_id: str
    content_type: str
    suffix: str
    content: bytes = field(compare=False, repr=False)
    index: int = 0
    watermark: bool = False


Drawn = Picture | Film
"""What is seen, and has sides."""

Made = Drawn | Sound
"""What a task makes."""


@value
class Archive:
    """Several results in one ZIP; ``task_id`` is a digest of the ids of all."""

    task_id: str
    parts: tuple[Made, ...]
    content_type: str = "application/zip"
    suffix: str = ".zip"
    index: int = 0
    watermark: bool = False


Artifact = Made | File | Archive
"""What the URL of a result points to."""


def forms(made: Made) -> tuple[Made, ...]:
    """Return the files that a result can be had as: of a sound there are two."""
    return (made, replace(made, format="wav")) if isinstance(made, Sound) else (made,)


@lru_cache(maxsize=256)
def film_duration(seconds: int, rate: int = FRAME_RATE) -> str:
    """Return how long a film lasts of which so many seconds were asked for, as ``Film.duration`` has it."""
    whole, milliseconds = divmod(_frames(seconds, rate) * 1000 // rate, 1000)
    return f"{whole}.{milliseconds:03d}"


@lru_cache(maxsize=256)
def dimensions(ratio: str, side: int, step: int = USUAL_STEP, *, is_nearest: bool = False) -> tuple[int, int]:
    """Return the width and height in pixels of a picture of this ratio, with the area of a square of this ``side``.

    Both are multiples of ``step``, the next ones below or, with ``is_nearest``, the nearest. ``ratio`` is
    `width:height` in whole numbers, as the wire writes it (`21:9`) or as a source picture has it (`1023:767`).
    Raises ValueError for anything else; the caller resolves `auto`.
    """
    from fractions import Fraction

    wide, high = _terms(ratio)
    unit = Fraction(side, step) ** 2

    def steps(share: Fraction) -> int:
        below = isqrt(floor(unit * share))
        is_above = is_nearest and unit * share > Fraction(2 * below + 1, 2) ** 2
        return max(1, below + is_above)

    return step * steps(Fraction(wide, high)), step * steps(Fraction(high, wide))


@lru_cache(maxsize=256)
def film_dimensions(ratio: str, short_side: int) -> tuple[int, int]:
    """Return the width and height in pixels of a film whose shorter side is 720, 1080 or 2160.

    The longer side is rounded to an even number, as H.264 wants it: 16:9 at 1080 is 1920 by 1080. `ratio` and
    ValueError are as in `dimensions`.
    """
    wide, high = _terms(ratio)
    long_side = 2 * max(1, round(short_side * max(wide, high) / min(wide, high) / 2))
    return (long_side, short_side) if wide > high else (short_side, long_side)


def _frames(seconds: int, rate: int) -> int:
    return rate * seconds + 1


def _terms(ratio: str) -> tuple[int, int]:
    """Split `16:9` into its two numbers."""
    wide, colon, high = ratio.partition(":")
    if not (colon and wide.isdecimal() and high.isdecimal() and int(wide) and int(high)):
        raise ValueError(f"{ratio!r} is no aspect ratio: write width:height in whole numbers, such as 16:9")
    return int(wide), int(high)
