"""Pictures as a request sends them: texts in Base64, their sizes in bytes, and what they show."""

from __future__ import annotations

import binascii
import re
import warnings
from base64 import b64decode
from functools import lru_cache
from io import BytesIO
from typing import TypeGuard

from mockserver.types import JSON, is_url, value

_JPEG = b"\xff\xd8\xff"
"""How a JPEG file begins. One with a second picture, as phones write it, is JPEG as well; Pillow calls it MPO (S4)."""

PREFIX = re.compile(r"data:[a-z]{1,16}/[a-z0-9.+-]{1,64};base64,", re.ASCII | re.IGNORECASE)
"""What makes Base64 a URL (RFC 2397)."""


@value
class Picture:
    """A picture that can be read: its format as Pillow calls it, ``JPEG``, and its sides in pixels."""

    format: str
    width: int
    height: int


@value
class Data:
    """What a text in Base64 stands for: so many bytes, and the picture that they are, if they are one."""

    size: int
    picture: Picture | None


class _Text:
    """A text by which something is remembered without the text itself, which may have 70 million letters.

    Its length and its hash, 64 bits by a secret of this process, tell it from others. Whoever has used it takes its
    ``letters`` away.
    """

    def __init__(self, letters: str) -> None:
        self.letters = letters
        self.known_by = len(letters), hash(letters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Text) and self.known_by == other.known_by

    def __hash__(self) -> int:
        return hash(self.known_by)


def is_data(instance: JSON) -> TypeGuard[str]:
    """Whether a value can only be meant as Base64."""
    return isinstance(instance, str) and instance != "" and not is_url(instance)


def picture_size(text: JSON) -> tuple[int, int] | None:
    """Return width and height in pixels of a Base64 picture; ``None`` for a URL or anything else."""
    data = decoded(text)
    picture = data.picture if data is not None else None
    return (picture.width, picture.height) if picture else None


def decoded(text: JSON) -> Data | None:
    """Decode a text in Base64; ``None`` for a URL, and for anything else that is none.

    Five keywords in a row ask about the same text. To decode 50 MB takes a fifth of a second, to hash them a hundredth.
    """
    if not is_data(text):
        return None
    known_by = _Text(text)
    try:
        return _data(known_by)
    finally:
        known_by.letters = ""


@lru_cache(maxsize=8)
def _data(text: _Text) -> Data | None:
    content = _content(text.letters)
    return None if content is None else Data(len(content), _picture(content))


def _content(text: str) -> bytes | None:
    text = text[prefix.end() :] if (prefix := PREFIX.match(text)) else text
    if len(text) % 4:
        return None  # Python overlooks padding that is too long
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _picture(content: bytes) -> Picture | None:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # Of a bomb, and of a second picture that cannot be read: the first is what counts.
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(content)) as image:
                image.verify()
                form = "JPEG" if content.startswith(_JPEG) else image.format or "unknown"
                return Picture(form, image.width, image.height)
    except Exception:  # noqa: BLE001 - Pillow raises whatever its decoders raise; all of it means "not a picture"
        return None
