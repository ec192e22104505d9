"""Media: what is in the bytes behind a result's URL."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO

_MP4_BRAND = b"ftyp"
"""The name of an MP4's first box, at its fifth byte."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A picture, a film or a sound that was decoded; sizes are in pixels, and of a sound 1.

    ``fault`` says why it could not be decoded, if so.
    """

    media: str = ""
    width: int = 1
    height: int = 1
    seconds: float = 0.0
    sound: bool = False
    fault: str | None = None


_SHOWN_BYTES = 16
"""By so many a person sees what a file is: a page of HTML, a GIF."""

_MOST_PIXELS = 1600 * 1600
"""A larger PNG is not decoded, for one of 8192 by 8192 would fill 200 MB: its check sums tell whether it is whole."""


_SOUNDS = (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"OggS", b"fLaC")
"""How files of sounds begin: MP3 with and without a tag, Ogg and FLAC."""

_WAV = (b"RIFF", b"WAVE")
"""The first four bytes of a WAV, and those from the ninth on."""

_AUDIO_BRAND = b"M4A "
"""The brand of an MP4 that is a sound."""


def decode(content: bytes) -> MediaFile:
    """Decode a file: of a picture everything, if it is not very large, of a film or a sound the first frame."""
    is_wav = (content[:4], content[8:12]) == _WAV
    if is_wav or content.startswith(_SOUNDS) or content[4:12] == _MP4_BRAND + _AUDIO_BRAND:
        return _sound(content)
    return _film(content) if content[4:8] == _MP4_BRAND else _picture(content)


def _picture(content: bytes) -> MediaFile:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a second picture in a JPEG file that cannot be read
            with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as image:
                width, height = image.size
                if image.format == "PNG" and width * height > _MOST_PIXELS:
                    image.verify()
                else:
                    image.draft(None, (1, 1))  # a JPEG can be decoded at an eighth of its size
                    image.load()
                return MediaFile("image", width, height)
    except UnidentifiedImageError:
        beginning = f"it begins with {content[:_SHOWN_BYTES]!r}" if content else "it is empty"
        return MediaFile(fault=f"not a PNG, JPEG or MP4: {beginning}")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return MediaFile(fault=f"a picture that cannot be decoded: {str(error) or type(error).__name__}")


def _film(content: bytes) -> MediaFile:
    import av

    try:
        with av.open(BytesIO(content), "r") as container:
            video = container.streams.video[0]
            video.codec_context.thread_count = 1  # each thread would keep frames of its own, of 12 MB at 4k
            next(container.decode(video))
            seconds = float(container.duration or 0) / av.time_base
            return MediaFile("video", video.width, video.height, seconds, bool(container.streams.audio))
    except (OSError, ValueError, IndexError, StopIteration) as error:
        return MediaFile(fault=f"an MP4 that cannot be decoded: {str(error) or type(error).__name__}")


def _sound(content: bytes) -> MediaFile:
    import av

    try:
        with av.open(BytesIO(content), "r") as container:
            next(container.decode(container.streams.audio[0]))
            return MediaFile("audio", seconds=float(container.duration or 0) / av.time_base, sound=True)
    except (OSError, ValueError, IndexError, StopIteration) as error:
        return MediaFile(fault=f"a sound that cannot be decoded: {str(error) or type(error).__name__}")
