"""The callback driver: lets the fake's time pass while a client waits for a callback, and perhaps forges one first."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from mockserver.contract.layout import Layout
from mockserver.kit.client.fake_process import FakeProcess, FakeUnavailable
from mockserver.kit.client.scenarios import FORGED_URL
from mockserver.types import JSON, Path

_LOOK_SECONDS = 0.02
"""How often the driver looks whether the client has created its task."""

_LOOKS = 10
"""So many looks of the driver a client has to act on what it has heard before it hears more: 0.2 s, and longer on a
busy machine, which slows down both. A real task takes longer still."""

_FORGED_SECONDS = 5.0
"""How long a client may take to answer a forged callback."""

_SPAN = "5m"
"""Longer than any task takes at the pace of the real service."""


class CallbackDriver:
    """``with CallbackDriver(fake, account, url):`` ask the client, which listens at ``url``."""

    def __init__(self, fake: FakeProcess, account: str, url: str, forge: Callable[[str], JSON] | None = None) -> None:
        """``forge`` returns what a third party claims about a task, by its id, before the service calls back."""
        self._fake, self._account, self._url, self._forge = fake, account, url, forge
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._drive, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _drive(self) -> None:
        with suppress(FakeUnavailable):  # the request for the transcript will raise it again
            task = self._task()
            if task is None or self._ends_by_itself():
                return
            if self._forge is not None:
                _call(self._url, self._forge(task))
                if self._ends_by_itself():  # it has believed the third party
                    return
            self._fake.advance(_SPAN)

    def _ends_by_itself(self) -> bool:
        """Leave the client alone for a while, and tell whether it has ended meanwhile."""
        for _ in range(_LOOKS):
            if self._is_over.wait(_LOOK_SECONDS):
                return True
            self._fake.tasks(self._account)
        return False

    def _task(self) -> str | None:
        """Wait for the client's task and return its id; ``None`` if the client ended without one."""
        while not self._is_over.wait(_LOOK_SECONDS):
            tasks = self._fake.tasks(self._account)
            if tasks:
                return str(tasks[0]["id"])
        return None


def forged_callback(example: JSON, layout: Layout, task: str) -> JSON:
    """Return a callback that says that a task has succeeded with the result ``FORGED_URL``.

    ``example`` is a callback about another task that has succeeded.
    """
    now = round(time.time() * 1000)
    forged = _replaced(example, layout.id, lambda known: int(task) if isinstance(known, int) else task)
    for path in (layout.created_at, layout.updated_at):
        forged = _replaced(forged, path, lambda _: now)
    for path in layout.results:
        forged = _replaced(forged, path, lambda _: FORGED_URL)
    return forged


def _replaced(document: JSON, path: Path, change: Callable[[JSON], JSON]) -> JSON:
    """Return a document with what is at a place changed; ``*`` stands for each item of a list."""
    if not path:
        return change(document)
    step, rest = path[0], path[1:]
    if step == "*" and isinstance(document, list):
        return [_replaced(item, rest, change) for item in document]
    if isinstance(document, dict) and step in document:
        return {**document, step: _replaced(document[step], rest, change)}
    return document


def _call(url: str, body: JSON) -> None:
    import httpx

    with suppress(httpx.HTTPError, httpx.InvalidURL):  # a client may well refuse it
        headers = {"content-type": "application/json"}
        httpx.post(url, content=json.dumps(body), headers=headers, timeout=_FORGED_SECONDS, trust_env=False)
