"""Results that were recorded: files beside the recordings, and what is known of those that were too large.

A recording has ``https://example.com/<digest>.png`` in the place of a result's URL; the file goes by that name.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from mockserver.adapters.proxy.redaction import Redactor
from mockserver.fake.media.artifacts import Artifact, File, Film, Picture, Sound
from mockserver.fake.media.results import PATH
from mockserver.files import write
from mockserver.secrecy.mask import json_of
from mockserver.types import JSON

FOLDER = "results"
"""The folder of the files, beside those of the services."""

OWN = f"{PATH}recorded/"
"""Where a proxy serves them."""

MOST_BYTES = 50 << 20
"""The size of the largest result that is kept, unless ``--max-result`` says otherwise."""

_NAME = re.compile(r"[0-9a-f]{16}(\.[a-z0-9]{1,5})?")
_URL = re.compile(r"https?://example\.com/([0-9a-f]{16}(?:\.[a-z0-9]{1,5})?)")
_SUFFIX_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
_MORE_TYPES = {".mp4": "video/mp4", ".mp3": "audio/mpeg", ".wav": "audio/wav"}
_USUAL_SIDES, _USUAL_SECONDS, _LONGEST_SECONDS, _LARGEST_SIDE = (1280, 720), 5, 60, 4096
_HEAD_BYTES = 64 * 1024


def name_of(url: str) -> str:
    """Return the name of a result's file: that of its URL in recordings."""
    return Redactor().text(url).rpartition("/")[2]


class Kept:
    """The results in a folder of recordings."""

    def __init__(self, place: Path) -> None:
        self._folder = place / FOLDER

    def has(self, name: str) -> bool:
        """Whether a file, or what is known of it, is there."""
        return self._file(name).is_file() or self._about(name).is_file()

    def keep(self, name: str, content: bytes, about: Mapping[str, JSON], most: int) -> None:
        """Keep a result, or of one with more than ``most`` bytes what is known of it. Raises ``OSError``."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if len(content) <= most:
            write(self._file(name), content)
        else:
            known = {**about, **_sides(content[:_HEAD_BYTES])}
            write(self._about(name), json.dumps(known, indent=2) + "\n")

    def artifact(self, name: str) -> Artifact | None:
        """Return a result, or one that is drawn in its place; ``None`` for a name that is not there."""
        if not _NAME.fullmatch(name):
            return None
        suffix = Path(name).suffix
        try:
            if self._file(name).is_file():
                kind = {**_SUFFIX_TYPES, **_MORE_TYPES}.get(suffix, "application/octet-stream")
                return File(name.partition(".")[0], kind, suffix, self._file(name).read_bytes())
            about = json_of(self._about(name).read_bytes())
        except OSError:
            return None
        return _drawn(name, about) if isinstance(about, dict) else None

    def served(self, document: JSON, base_url: str) -> JSON:
        """Return a recorded document with URLs at which its results are served."""
        if isinstance(document, dict):
            return {name: self.served(inner, base_url) for name, inner in document.items()}
        if isinstance(document, list):
            return [self.served(inner, base_url) for inner in document]
        if isinstance(document, str) and "://example.com/" in document:  # perhaps in a text of JSON
            return _URL.sub(lambda found: f"{base_url}{OWN}{found[1]}" if self.has(found[1]) else found[0], document)
        return document

    def _file(self, name: str) -> Path:
        return self._folder / name

    def _about(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def _drawn(name: str, about: Mapping[str, Any]) -> Artifact:
    """Return what takes the place of a result that was too large: of its kind, its sides and its length."""
    kind = str(about.get("type", ""))
    id, text = name.partition(".")[0], "A recorded result that was too large to keep"
    width, height = (
        _side(about.get(side), usual) for side, usual in zip(("width", "height"), _USUAL_SIDES, strict=True)
    )
    seconds = about.get("seconds")
    length = int(min(max(seconds, 1), _LONGEST_SECONDS)) if isinstance(seconds, int | float) else _USUAL_SECONDS
    if kind.startswith("video/"):
        return Film(id, 0, text, width, height, length)
    if kind.startswith("audio/"):
        return Sound(id, 0, 1000 * length, "wav" if "wav" in kind else "mp3")
    return Picture(id, 0, text, width, height, "jpeg" if "jpeg" in kind else "png")


def _side(found: object, usual: int) -> int:
    side = int(found) if isinstance(found, int | float) and 0 < found <= _LARGEST_SIDE else usual
    return max(side - side % 2, 2)


def _sides(head: bytes) -> dict[str, JSON]:
    """Return the sides of a picture, as far as its beginning tells."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a picture that is very large: it is not decoded
            with Image.open(BytesIO(head)) as picture:
                return {"width": picture.width, "height": picture.height}
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return {}
