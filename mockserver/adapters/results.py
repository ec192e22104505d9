"""Results over HTTP: made in a thread when first asked for, kept as files, served with ranges so browsers can seek."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from mockserver.fake.artifacts import Artifact
from mockserver.fake.core import Fake
from mockserver.fake.media import render

_ROOM = 512 << 20
_AT_ONCE = 2
"""A film of 4K takes 300 MB while it is made, and both cores."""


class Results:
    """Serves what result URLs point to. Nobody needs credentials for them."""

    def __init__(self, fake: Fake, room: int = _ROOM) -> None:
        """Keep at most ``room`` bytes of files; those asked for least lately go, and are made again when needed."""
        self._fake, self._room = fake, room
        self._folder: TemporaryDirectory[str] | None = None
        self._files: OrderedDict[Artifact, asyncio.Task[Path]] = OrderedDict()
        self._sizes: dict[Artifact, int] = {}
        self._benches = asyncio.Semaphore(_AT_ONCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for making in self._files.values():
            making.cancel()
        if self._folder is not None:
            self._folder.cleanup()

    async def serve(self, request: Request) -> Response:
        """Answer a request for one file."""
        found = self._fake.result(request.url.path)
        if isinstance(found, int):
            return PlainTextResponse("there is no such result, or no longer\n", found)
        path = await self.file(found)
        return FileResponse(path, media_type=found.content_type, content_disposition_type="inline")

    async def file(self, artifact: Artifact) -> Path:
        """Return the file of a result, making it first if it is not there; several who ask wait for one making."""
        making = self._files.get(artifact)
        if making is None:
            making = self._files[artifact] = asyncio.create_task(self._make(artifact))
        self._files.move_to_end(artifact)
        return await asyncio.shield(making)

    async def _make(self, artifact: Artifact) -> Path:
        async with self._benches:
            try:
                content = await asyncio.to_thread(render, artifact)
            except BaseException:
                self._files.pop(artifact, None)
                raise
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="mockserver-")
        name = f"{artifact.task_id}-{artifact.index}{'-watermark' if artifact.watermark else ''}{artifact.suffix}"
        path = Path(self._folder.name) / name
        path.write_bytes(content)
        self._sizes[artifact] = len(content)
        self._make_room(artifact)
        return path

    def _make_room(self, newest: Artifact) -> None:
        """Remove the files asked for least lately. One that is being sent stays readable until it is sent."""
        for artifact in [kept for kept in self._files if kept in self._sizes and kept != newest]:
            if sum(self._sizes.values()) <= self._room:
                return
            del self._sizes[artifact]
            self._files.pop(artifact).result().unlink(missing_ok=True)
