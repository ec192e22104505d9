"""Files: what is in the bytes behind a result's URL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

_FILM = b"ftyp"


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture or a film that was decoded; ``fault`` says why not, if so."""

    media: str = ""
    width: int = 1
    height: int = 1
    seconds: float = 0.0
    sound: bool = False
    fault: str | None = None


@lru_cache(maxsize=64)
def opened(content: bytes) -> Opened:
    """Decode a file: a picture as a whole, of a film the first frame and what its container says."""
    return _film(content) if content[4:8] == _FILM else _picture(content)


def _picture(content: bytes) -> Opened:
    from PIL import Image

    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as image:
            image.load()
            return Opened("image", image.width, image.height)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return Opened(fault=f"no PNG, JPEG or MP4: {str(error) or type(error).__name__}")


def _film(content: bytes) -> Opened:
    import av

    try:
        with av.open(BytesIO(content), "r") as container:
            video = container.streams.video[0]
            next(container.decode(video))
            seconds = float(container.duration or 0) / av.time_base
            return Opened("video", video.width, video.height, seconds, bool(container.streams.audio))
    except (OSError, ValueError, IndexError, StopIteration) as error:
        return Opened(fault=f"an MP4 that cannot be decoded: {str(error) or type(error).__name__}")
