"""Uploads: the files that clients sent so that requests can point to them.

What is known of the last ten thousand is kept, and of their contents the last 64 MiB; what is behind an older URL is
gone, as it would be one day at the real service.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import fields, replace
from io import BytesIO
from typing import NamedTuple

from mockserver.contract.texts.pictures import picture_size
from mockserver.fake.media.artifacts import Artifact, File, Picture
from mockserver.fake.stores.store import Documents, Kind
from mockserver.types import Millis, value

_URL = re.compile(r"/results/uploads/([0-9]{1,18})(-cover)?\.([a-z0-9]+)")
_COVER = 1280, 720


class Measure(NamedTuple):
    """Pixels of a picture or film, and milliseconds of a film or sound; 0 where there are none."""

    width: int = 0
    height: int = 0
    duration: Millis = 0


@value
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


_FIELDS = tuple(field.name for field in fields(Upload))


def is_upload(url: str) -> bool:
    """Whether a URL has the form of an upload's, kept or not."""
    return _URL.search(url) is not None


_UPLOADS: Kind[Upload] = Kind(
    "uploads",
    lambda upload: [getattr(upload, name) for name in _FIELDS],
    lambda found: Upload(**{**dict(zip(_FIELDS, found, strict=True)), "measure": Measure(*found[-1])}),
)
_CONTENTS: Kind[bytes] = Kind(
    "contents", lambda content: b64encode(content).decode(), b64decode, weigh=lambda _, found: len(found)
)


class Uploads:
    """The uploads of all accounts, bounded in number and in bytes."""

    def __init__(self, documents: Documents, most: int = 10_000, room: int = 64 << 20) -> None:
        self._documents = documents
        self._known, self._contents = replace(_UPLOADS, most=most), replace(_CONTENTS, room=room)

    def __len__(self) -> int:
        return self._documents.count(self._known)

    def __iter__(self) -> Iterator[Upload]:
        """Yield what is known, the newest first."""
        return (upload for _, upload in self._documents.newest(self._known))

    def add(self, upload: Upload, content: bytes | None) -> None:
        """Keep a file, or only what is known of it; the oldest go when there is no more room."""
        self._documents.put(self._known, upload.id, upload, upload.account)
        if content is not None:
            self._documents.put(self._contents, upload.id, content, upload.account)

    def drop(self, upload: Upload) -> None:
        """Forget a file."""
        self._documents.drop(self._known, upload.id)
        self._documents.drop(self._contents, upload.id)

    def content(self, upload: Upload) -> bytes | None:
        """Return a file's bytes, as long as they are kept."""
        return self._documents.get(self._contents, upload.id)

    def behind(self, url: str) -> Upload | None:
        """Return the upload that a URL points to, or ``None``."""
        found = _URL.search(url)
        return self._documents.get(self._known, found[1]) if found else None

    def find(self, path: str) -> Artifact | None:
        """Return what is behind the path of an upload's URL, or ``None``."""
        match = _URL.fullmatch(path)
        upload = self._documents.get(self._known, match[1]) if match else None
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
        self._documents.forget(self._known, account)
        self._documents.forget(self._contents, account)


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
