"""Results over HTTP: made in a thread when first asked for, kept as files, served with ranges so browsers can seek."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.adapters.http.headers import request_of
from mockserver.adapters.http.wire import deliver
from mockserver.fake.core import Fake
from mockserver.fake.media.artifacts import Artifact
from mockserver.fake.media.render import render
from mockserver.fake.media.results import PATH, Result, find
from mockserver.types import Response

_ROOM_BYTES = 512 << 20
"""Files that are kept: some twenty films in 4K, and not so many that a small disk is full."""

_AT_ONCE = 2
"""Results that are rendered at once: a film in 4K takes 300 MB and two cores."""


class Results:
    """Serves what result URLs point to, without credentials as the real service does."""

    def __init__(self, fake: Fake, room: int = _ROOM_BYTES) -> None:
        """Keep at most ``room`` bytes of files; those not asked for the longest go, and are made again when needed."""
        self._fake, self._room = fake, room
        self._folder: TemporaryDirectory[str] | None = None
        self._files: OrderedDict[Artifact, asyncio.Task[Path]] = OrderedDict()
        self._made: dict[Artifact, tuple[Path, int]] = {}
        self._wanted: Counter[Artifact] = Counter()
        self._renderers = asyncio.Semaphore(_AT_ONCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for making in self._files.values():
            making.cancel()
        if self._folder is not None:
            self._folder.cleanup()

    async def serve(self, request: Request) -> ASGIApp:
        """Answer a request for one file."""
        return self._answer(self._fake.fetch(request_of(request.scope)))

    async def preview(self, request: Request) -> ASGIApp:
        """Answer a request of the dashboard: no fault happens, so none is used up."""
        found = find(self._fake.world, PATH + request.path_params["name"], self._fake.clock.now())
        return self._answer(found if isinstance(found, int) else Result(found))

    def _answer(self, found: Result | int) -> ASGIApp:
        if isinstance(found, int):
            return PlainTextResponse("there is no such result, or it has expired\n", found)
        return partial(self._send, found)

    async def _send(self, result: Result, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a file, which is not removed until that is done."""
        artifact = result.artifact
        self._wanted[artifact] += 1
        try:
            path = await self._file(artifact)
            if result.wire is None:
                await FileResponse(path, media_type=artifact.content_type)(scope, receive, send)
            else:
                await deliver(Response(200, path.read_bytes(), result.headers, result.wire), scope, receive, send)
        finally:
            self._wanted -= Counter([artifact])
            self._make_room()

    async def _file(self, artifact: Artifact) -> Path:
        """Return the file of a result, made first if it is missing; several requests wait for one rendering."""
        making = self._files.get(artifact)
        if making is None:
            making = self._files[artifact] = asyncio.create_task(self._make(artifact))
        self._files.move_to_end(artifact)
        return await asyncio.shield(making)

    async def _make(self, artifact: Artifact) -> Path:
        name = f"{artifact.task_id}-{artifact.index}{'-watermark' if artifact.watermark else ''}{artifact.suffix}"
        try:
            async with self._renderers:
                if self._folder is None:
                    self._folder = TemporaryDirectory(prefix="mockserver-", ignore_cleanup_errors=True)
                path = Path(self._folder.name) / name
                # Not asyncio.to_thread: closing the loop would wait for a film that no client wants any more.
                size = await to_thread.run_sync(_write, artifact, path, abandon_on_cancel=True)
        except BaseException:
            self._files.pop(artifact, None)
            raise
        self._made[artifact] = path, size
        self._make_room()
        return path

    def _make_room(self) -> None:
        """Remove the files not asked for the longest, except those that are being sent."""
        taken = sum(size for _, size in self._made.values())
        for artifact in [kept for kept in self._files if kept in self._made and kept not in self._wanted]:
            if taken <= self._room:
                return
            path, size = self._made.pop(artifact)
            del self._files[artifact]
            path.unlink(missing_ok=True)
            taken -= size


def _write(artifact: Artifact, path: Path) -> int:
    return path.write_bytes(render(artifact))
