"""Pictures as a request sends them: texts in Base64, their sizes in bytes, and what they show."""

from __future__ import annotations

import binascii
import re
import warnings
from base64 import b64decode
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from typing import TypeGuard

from mockserver.types import JSON, is_url, value

_KEPT_LETTERS = 16 << 20
"""The longest text that is kept after it was decoded: more than a picture of 10 MB. With two of them that is 56 MiB."""

_JPEG = b"\xff\xd8\xff"
"""How a JPEG file begins. One with a second picture, as phones write it, is JPEG as well; Pillow calls it MPO (S4)."""

PREFIX = re.compile(r"data:[a-z]{1,16}/[a-z0-9.+-]{1,64};base64,", re.ASCII | re.IGNORECASE)
"""What makes Base64 a URL (RFC 2397)."""


@value
class Picture:
    format: str
    width: int
    height: int


@dataclass(frozen=True)
class Data:
    """What a text in Base64 stands for."""

    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    @cached_property
    def picture(self) -> Picture | None:
        from PIL import Image

        try:
            with warnings.catch_warnings():
                # Of a bomb, and of a second picture that cannot be read: the first is what counts.
                warnings.simplefilter("ignore")
                with Image.open(BytesIO(self.content)) as image:
                    image.verify()
                    form = "JPEG" if self.content.startswith(_JPEG) else image.format or "unknown"
                    return Picture(form, image.width, image.height)
        except Exception:  # noqa: BLE001 - Pillow raises whatever its decoders raise; all of it means "not a picture"
            return None


@value
class Facts:
    """What is known of a long text in Base64 whose bytes are not kept."""

    size: int
    picture: Picture | None


class _Mark:
    """Stands for a long text: its length and its hash, 64 bits by a secret of this process, tell it from others."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.known_by = len(text), hash(text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Mark) and self.known_by == other.known_by

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


def decoded(text: JSON) -> Data | Facts | None:
    """Decode a text in Base64; ``None`` for a URL, and for anything else that is none.

    Five keywords in a row ask about the same text, so the last ones are kept, and of long ones the facts. To decode
    50 MB takes a fifth of a second, and to hash them a hundredth.
    """
    if not is_data(text):
        return None
    if len(text) <= _KEPT_LETTERS:
        return _kept(text)
    mark = _Mark(text)
    try:
        return _facts(mark)
    finally:
        mark.text = ""


@lru_cache(maxsize=2)
def _kept(text: str) -> Data | None:
    return _decoded(text)


@lru_cache(maxsize=8)
def _facts(mark: _Mark) -> Facts | None:
    data = _decoded(mark.text)
    return None if data is None else Facts(data.size, data.picture)


def _decoded(text: str) -> Data | None:
    text = text[prefix.end() :] if (prefix := PREFIX.match(text)) else text
    if len(text) % 4:
        return None  # Python overlooks padding that is too long
    try:
        return Data(b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None
