"""Uploads: the files that clients sent so that requests can point to them.

What is known of the last ten thousand is kept, and of their contents the last 64 MiB; what is behind an older URL is
gone, as it would be one day at the real service.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import NamedTuple

from mockserver.contract.keywords import picture_size
from mockserver.fake.media.artifacts import Artifact, File, Picture
from mockserver.types import Millis

_URL = re.compile(r"/results/uploads/([0-9]{1,18})(-cover)?\.([a-z0-9]+)")
_COVER = 1280, 720


class Measure(NamedTuple):
    """Pixels of a picture or film, and milliseconds of a film or sound; 0 where there are none."""

    width: int = 0
    height: int = 0
    duration: Millis = 0


@dataclass(frozen=True, slots=True)
class Upload:
    """One file. ``kind`` is image, video or audio; ``email`` is empty where there is only one account."""

    id: str
    service: str
    account: str
    email: str
    kind: str
    content_type: str
    suffix: str
    base_url: str
    created_at: Millis
    measure: Measure

    @property
    def name(self) -> str:
        """Its file name, which no other upload has."""
        return f"{self.id}.{self.suffix}"

    @property
    def url(self) -> str:
        """Where it can be fetched again."""
        return f"{self.base_url}/results/uploads/{self.name}"

    @property
    def cover_url(self) -> str:
        """Where there is a picture that stands for it."""
        return f"{self.base_url}/results/uploads/{self.id}-cover.jpg"


def is_upload(url: str) -> bool:
    """Whether a URL has the form of an upload's, kept or not."""
    return _URL.search(url) is not None


class Uploads:
    """The uploads of all accounts, bounded in number and in bytes."""

    def __init__(self, most: int = 10_000, room: int = 64 << 20) -> None:
        self._most, self._room = most, room
        self._uploads: OrderedDict[str, Upload] = OrderedDict()
        self._contents: OrderedDict[str, bytes] = OrderedDict()
        self._held = 0

    def __len__(self) -> int:
        return len(self._uploads)

    def __iter__(self) -> Iterator[Upload]:
        """Yield what is known, the newest first."""
        return iter(list(reversed(self._uploads.values())))

    def add(self, upload: Upload, content: bytes | None) -> None:
        """Keep a file, or only what is known of it; the oldest go when there is no more room."""
        self._uploads[upload.id] = upload
        if content is not None:
            self._contents[upload.id] = content
            self._held += len(content)
        while self._held > self._room:
            self._held -= len(self._contents.popitem(last=False)[1])
        while len(self._uploads) > self._most:
            self._forget(next(iter(self._uploads)))

    def content(self, upload: Upload) -> bytes | None:
        """Return a file's bytes, as long as they are kept."""
        return self._contents.get(upload.id)

    def behind(self, url: str) -> Upload | None:
        """Return the upload that a URL points to, or ``None``."""
        found = _URL.search(url)
        return self._uploads.get(found[1]) if found else None

    def find(self, path: str) -> Artifact | None:
        """Return what is behind the path of an upload's URL, or ``None``."""
        match = _URL.fullmatch(path)
        upload = self._uploads.get(match[1]) if match else None
        if match is None or upload is None:
            return None
        if match[2]:
            return Picture(upload.id, 0, upload.name, *_COVER, "jpeg")
        content = self.content(upload)
        if content is None or match[3] != upload.suffix:
            return None
        return File(upload.id, upload.content_type, f".{upload.suffix}", content)

    def clear(self, account: str | None = None) -> None:
        """Forget all files, or those of one account."""
        for upload in self:
            if account in (None, upload.account):
                self._forget(upload.id)

    def _forget(self, id: str) -> None:
        del self._uploads[id]
        self._held -= len(self._contents.pop(id, b""))


def measured(kind: str, suffix: str, content: bytes) -> Measure | None:
    """Look into a file; ``None`` if it is not what it says. ``suffix`` names the form of a film or sound."""
    if kind == "image":
        size = picture_size(b64encode(content).decode())
        return Measure(*size) if size else None
    import av

    try:
        # The form is named because the library would else try all it knows, and some of those open other files.
        with av.open(BytesIO(content), "r", format=suffix) as container:
            # A name proves nothing: only what can be decoded is a film or a sound.
            first = next(container.decode(video=0) if kind == "video" else container.decode(audio=0), None)
            duration = (container.duration or 0) // 1000
    except (av.error.FFmpegError, ValueError, IndexError):
        return None
    if first is None:
        return None
    return Measure(first.width, first.height, duration) if isinstance(first, av.VideoFrame) else Measure(0, 0, duration)
