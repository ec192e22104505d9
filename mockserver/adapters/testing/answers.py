"""Answers to what clients of httpx send: at once, after they have waited, or what they see of a fault on the wire."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from types import ModuleType
from typing import Protocol

import httpx

from mockserver.adapters.http.headers import mapped
from mockserver.adapters.testing.hosts import Hosts
from mockserver.types import Request, Response, Wire

_LOOK_SECONDS = 0.01
"""How often it looks whether an answer was released; in another process, perhaps."""


class Answering(Protocol):
    """What answers requests to some hosts, and says which others may go out."""

    hosts: Hosts

    def answer(self, request: Request) -> Response:
        """Answer a request."""

    def refusal(self, host: str) -> Exception:
        """Return the error for a host that is not answered and may not go out."""

    def is_held(self, number: int) -> bool:
        """Whether an answer has to wait still."""

    def forget(self, number: int) -> None:
        """Take note that an answer was sent, or that its client has left."""


def answered(run: Answering, request: httpx.Request, errors: ModuleType) -> Response:
    """Answer a request, or raise what its client would see of a fault on the wire."""
    answer = run.answer(_asked(request))
    with closing(_held(run, request, answer, errors)) as waits:
        for seconds in waits:
            time.sleep(seconds)
    return _arrived(request, answer, errors)


async def answered_later(run: Answering, request: httpx.Request, errors: ModuleType) -> Response:
    """Do the same without stopping the loop of asyncio or Trio."""
    answer = run.answer(_asked(request))
    with closing(_held(run, request, answer, errors)) as waits:
        for seconds in waits:
            from anyio import sleep  # httpx brings it, and only who waits needs it

            await sleep(seconds)
    return _arrived(request, answer, errors)


def _held(run: Answering, request: httpx.Request, answer: Response, errors: ModuleType) -> Generator[float]:
    """Yield how long to wait before another look, as long as an answer is held and its client has patience."""
    number = None if answer.wire is None else answer.wire.held
    if number is None:
        return
    patience, began = _patience(request), time.monotonic()
    try:
        while run.is_held(number):
            if patience is not None and time.monotonic() - began > patience:
                raise errors.ReadTimeout("the fake holds the answer")
            yield _LOOK_SECONDS
    finally:
        run.forget(number)


def _patience(request: httpx.Request) -> float | None:
    """Return how many seconds the client waits for an answer."""
    patience: float | None = request.extensions.get("timeout", {}).get("read")
    return patience


def _arrived(request: httpx.Request, answer: Response, errors: ModuleType) -> Response:
    wire, patience = answer.wire or Wire(), _patience(request)
    if wire.hangs or (patience is not None and wire.headers_after > patience * 1000):
        raise errors.ReadTimeout("the fake does not answer in time")
    if wire.resets != "no":
        raise errors.ReadError("the fake reset the connection")
    return answer


def body_of(request: httpx.Request, answer: Response) -> bytes:
    """Return the body that a request gets."""
    return b"" if request.method == "HEAD" else answer.body


def _asked(request: httpx.Request) -> Request:
    url = request.url
    path, _, query = url.raw_path.decode("ascii").partition("?")
    return Request(request.method, path, query, mapped(request.headers.raw), request.content, url.scheme)
