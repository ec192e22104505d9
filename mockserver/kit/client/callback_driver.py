"""The callback driver: lets the fake's time pass while a client waits for a callback, and perhaps sends one first."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

from mockserver.contract.layout import Layout
from mockserver.kit.client.fake_process import FakeProcess, FakeUnavailable
from mockserver.kit.client.scenarios import ANOTHER_URL, FORGED_URL
from mockserver.kit.task_view import TaskView, at
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

    def __init__(
        self,
        fake: FakeProcess,
        account: str,
        url: str,
        forge: Callable[[str], JSON] | None = None,
        secret: str | None = None,
    ) -> None:
        """``forge`` returns what the client is told first, by the id of its task; it is signed if there is a secret.

        The secret is ``whsec_`` and Base64, as for the service's own callbacks.
        """
        self._fake, self._account, self._url, self._forge, self._secret = fake, account, url, forge, secret
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
                _call(self._url, self._forge(task), self._secret)
                if self._ends_by_itself():  # it has believed what it was told
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


def example_of_success(examples: Sequence[JSON], layout: Layout) -> JSON:
    """Return the first of some examples of callbacks that says that a task has succeeded; ``None`` if none does."""
    return next((each for each in examples if TaskView.told(each, layout).state == "succeed"), None)


def forged_callback(example: JSON, layout: Layout, task: str) -> JSON:
    """Return a callback that says that a task has succeeded with the result ``FORGED_URL``.

    ``example`` is a callback about another task that has succeeded.
    """
    about = _replaced(example, _way(example, layout, layout.id), lambda known: int(task) if _is_number(known) else task)
    return _just_now(about, layout, FORGED_URL)


def another_callback(example: JSON, layout: Layout, _: str) -> JSON:
    """Return a callback that says that another task than the client's has succeeded with the result ``ANOTHER_URL``.

    ``example`` is a callback about another task that has succeeded.
    """
    return _just_now(example, layout, ANOTHER_URL)


def _just_now(callback: JSON, layout: Layout, url: str) -> JSON:
    """Return a callback with the time that it is, and another result."""
    now = datetime.now(UTC)
    millis, text = round(now.timestamp() * 1000), f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"
    for path in filter(None, (layout.created_at, layout.updated_at)):
        way = _way(callback, layout, path)
        callback = _replaced(callback, way, lambda known: millis if _is_number(known) else text)
    for path in layout.results:
        callback = _replaced(callback, _way(callback, layout, path), lambda _: url)
    return callback


def _way(callback: JSON, layout: Layout, path: Path) -> Path:
    """Return where something of a task stands in a callback: its body is the task itself, or an answer that has it."""
    holders: tuple[Path, ...] = ((), *layout.task)
    return next(((*holder, *path) for holder in holders if at(callback, (*holder, *layout.id)) is not None), path)


def _is_number(value: JSON) -> bool:
    return isinstance(value, int)


def _replaced(document: JSON, path: Path, change: Callable[[JSON], JSON]) -> JSON:
    """Return a document with what is at a place changed; ``*`` stands for each item of a list.

    A text on the way is JSON, for some services write it so, and stays a text.
    """
    if not path:
        return change(document)
    step, rest = path[0], path[1:]
    if isinstance(document, str):
        return json.dumps(_replaced(json.loads(document), path, change))
    if step == "*" and isinstance(document, list):
        return [_replaced(item, rest, change) for item in document]
    if isinstance(document, dict) and step in document:
        return {**document, step: _replaced(document[step], rest, change)}
    return document


def _call(url: str, body: JSON, secret: str | None) -> None:
    import httpx

    text = json.dumps(body)
    headers = {"content-type": "application/json"} | (_proof(secret, text) if secret is not None else {})
    with suppress(httpx.HTTPError, httpx.InvalidURL):  # a client may well refuse it
        httpx.post(url, content=text, headers=headers, timeout=_FORGED_SECONDS, trust_env=False)


def _proof(secret: str, text: str) -> dict[str, str]:
    """Return the headers that prove that a callback comes from the service (Standard Webhooks)."""
    from standardwebhooks import Webhook

    id, now = "about-another-task", datetime.now(UTC)
    signature = Webhook(secret).sign(id, now, text)
    return {"webhook-id": id, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
