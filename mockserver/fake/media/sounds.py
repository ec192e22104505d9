"""Sounds: a quiet chord that swells once a second, as MP3 or WAV, or as the track of a film."""

from __future__ import annotations

from array import array
from fractions import Fraction
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from math import cos, pi, sin
from typing import TYPE_CHECKING, Literal
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockserver.fake.media.artifacts import Sound

SAMPLE_RATE = 48_000

USUAL_CHORD = (220, 277, 330)
"""Whole numbers of hertz: a second of this sound joins the next without a click."""

_LOUDNESS = 0.03
"""Of a sine of full scale: it is to be heard, and to frighten nobody."""

_CHUNK = 1152
"""Samples in one frame of MP3."""

_BITS_PER_SECOND = 96_000

_LOWEST_HERTZ, _PITCHES = 180, 120

_OPTIONS = {"wav": {"fflags": "+bitexact"}, "mp3": {"id3v2_version": "0", "fflags": "+bitexact"}}
"""No tags: the same sound is the same bytes with other releases of the muxers."""


def encode(sound: Sound, is_abandoned: Callable[[], bool] = lambda: False) -> bytes:
    """Return the file, to the sample as long as was asked for; one that ``is_abandoned`` is broken off, and empty."""
    import av

    file = BytesIO()
    is_wav = sound.format == "wav"
    total = sound.milliseconds * SAMPLE_RATE // 1000
    with av.open(file, "w", format=sound.format, options=_OPTIONS[sound.format]) as container:
        codec: Literal["pcm_s16le", "mp3"] = "pcm_s16le" if is_wav else "mp3"
        stream = container.add_stream(codec, rate=SAMPLE_RATE, layout="mono", bit_rate=_BITS_PER_SECOND)
        for start, samples in chunks(chord(sound), total, _CHUNK):
            if is_abandoned():
                return b""
            frame = av.AudioFrame("s16" if is_wav else "s16p", "mono", len(samples))
            frame.planes[0].update(array("h", (round(32_767 * level) for level in samples)).tobytes())
            frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def chord(sound: Sound) -> tuple[int, int, int]:
    """Return the pitches of a sound in hertz: those of another task, or of another index, are others."""
    lowest = _LOWEST_HERTZ + crc32(f"{sound.task_id}/{sound.index}".encode()) % _PITCHES
    return lowest, lowest * 5 // 4, lowest * 3 // 2


def chunks(pitches: tuple[int, ...], total: int, size: int) -> Iterator[tuple[int, array[float]]]:
    """Yield so many samples of a chord in chunks, each with its place: levels from -1 to 1."""
    second = _second(pitches, size)
    for start, end in pairwise((*range(0, total, size), total)):
        at = start % SAMPLE_RATE
        yield start, second[at : at + end - start]


@lru_cache(maxsize=8)
def _second(pitches: tuple[int, ...], more: int) -> array[float]:
    """Return a second of a chord, and the beginning once ``more``, so that a chunk may begin anywhere in the second."""
    samples = array("f")
    for number in range(SAMPLE_RATE):
        turn = 2 * pi * number / SAMPLE_RATE
        samples.append(_LOUDNESS * (1.5 - cos(turn)) * sum(sin(pitch * turn) for pitch in pitches))
    samples.extend(samples[:more])
    return samples
