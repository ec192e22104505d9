"""Results over HTTP: made in a thread when first asked for, kept as files, served with ranges so browsers can seek."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.adapters.http.headers import request_of
from mockserver.adapters.http.wire import deliver, gone
from mockserver.adapters.http.workers import Workers
from mockserver.fake.answering.headers import annotated
from mockserver.fake.core import Fake
from mockserver.fake.media.artifacts import Archive, Artifact, File, Film, Picture, Sound
from mockserver.fake.media.render import render
from mockserver.fake.media.results import PATH, Gone, Result, find
from mockserver.types import Response

_ROOM_BYTES = 512 << 20
"""Files that are kept: some twenty films in 4K, and not so many that a small disk is full."""

_AT_ONCE = 2
"""Films that are rendered at once, and sounds, and pictures: a film in 4K takes 300 MB and two cores."""


class Results:
    """Serves what result URLs point to, without credentials as the real service does.

    Films, sounds and pictures are made in a lane each, so that no picture waits for a film; what nobody waits for any
    more is not made.
    """

    def __init__(self, fake: Fake, workers: Workers | None = None, room: int = _ROOM_BYTES) -> None:
        """Keep at most ``room`` bytes of files; those not asked for the longest go, and are made again when needed."""
        self._fake, self._workers, self._room = fake, workers or Workers(), room
        self._folder: TemporaryDirectory[str] | None = None
        self._files: OrderedDict[Artifact, asyncio.Task[Path]] = OrderedDict()
        self._made: dict[Artifact, tuple[Path, int]] = {}
        self._wanted: Counter[Artifact] = Counter()
        self._lanes = {kind: asyncio.Semaphore(_AT_ONCE) for kind in (Film, Sound, Picture, File, Archive)}
        self._drafts = count()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._workers.stop()
        if self._folder is not None:
            self._folder.cleanup()

    async def serve(self, request: Request) -> ASGIApp:
        """Answer a request for one file."""
        asked = request_of(request.scope)
        found = await to_thread.run_sync(self._fake.fetch, asked) if self._fake.waits else self._fake.fetch(asked)
        return self._answer(found)

    async def preview(self, request: Request) -> ASGIApp:
        """Answer a request of the dashboard: no fault happens, so none is used up."""
        path, now = PATH + request.path_params["name"], self._fake.clock.now()
        found = await to_thread.run_sync(find, self._fake.world, path, now)
        return self._answer(found if isinstance(found, Gone) else Result(found))

    def _answer(self, found: Result | Gone) -> ASGIApp:
        if isinstance(found, Gone):
            answer = annotated(Response(found.status, reason=found.reason), ())
            return PlainTextResponse("there is no such result, or it has expired\n", found.status, answer.headers)
        return partial(self._send, found)

    async def _send(self, result: Result, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a file, which is not removed until that is done."""
        artifact = result.artifact
        self._wanted[artifact] += 1
        try:
            path = await self._file(artifact, receive)
            if path is None:
                return
            if result.wire is None:
                await FileResponse(path, media_type=artifact.content_type)(scope, receive, send)
            else:
                await deliver(Response(200, path.read_bytes(), result.headers, result.wire), scope, receive, send)
        except RenderingFailed as failed:
            answer = partial(self._fake.failed, request_of(scope), failed.error)
            await deliver(await to_thread.run_sync(answer) if self._fake.waits else answer(), scope, receive, send)
        finally:
            self._wanted -= Counter([artifact])
            self._forget_unwanted(artifact)
            self._make_room()

    async def _file(self, artifact: Artifact, receive: Receive) -> Path | None:
        """Return the file of a result, made first if it is missing; ``None`` if the client leaves before.

        Several requests wait for one rendering. Raises ``RenderingFailed``.
        """
        making = self._files.get(artifact)
        if making is None:
            making = self._files[artifact] = self._workers.start("result", self._make(artifact))
        self._files.move_to_end(artifact)
        if not making.done():
            leaving = self._workers.start("departure", gone(receive))
            try:
                await asyncio.wait([making, leaving], return_when=asyncio.FIRST_COMPLETED)
            finally:
                leaving.cancel()
            if not making.done():
                return None
        try:
            return await making
        except Exception as error:
            raise RenderingFailed(error) from error

    async def _make(self, artifact: Artifact) -> Path:
        name = f"{artifact.task_id}-{artifact.index}{'-watermark' if artifact.watermark else ''}{artifact.suffix}"
        abandoned = threading.Event()
        try:
            async with self._lanes[type(artifact)]:
                if self._folder is None:
                    self._folder = TemporaryDirectory(prefix="mockserver-", ignore_cleanup_errors=True)
                path = Path(self._folder.name) / name
                draft = path.with_name(f"{next(self._drafts)}.draft")
                # Not asyncio.to_thread: closing the loop would wait for a film that no client wants any more.
                size = await to_thread.run_sync(_write, artifact, draft, abandoned, abandon_on_cancel=True)
                draft.replace(path)  # whole, whatever a thread still writes that was abandoned
        except BaseException:
            abandoned.set()
            self._files.pop(artifact, None)
            raise
        self._made[artifact] = path, size
        self._make_room()
        return path

    def _forget_unwanted(self, artifact: Artifact) -> None:
        """Stop making what no client waits for any more."""
        making = self._files.get(artifact)
        if making is not None and not making.done() and artifact not in self._wanted:
            del self._files[artifact]
            making.cancel()

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


class RenderingFailed(Exception):
    """A result could not be made, because of an ``error`` that nobody foresaw."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _write(artifact: Artifact, path: Path, abandoned: threading.Event) -> int:
    content = render(artifact, abandoned.is_set)
    return 0 if abandoned.is_set() else path.write_bytes(content)
