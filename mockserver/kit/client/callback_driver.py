"""The conductor: while a client waits to be called back, he lets the fake's time pass, and perhaps a stranger speak."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from typing import Self

from mockserver.kit.client.fake_process import NoStage, Stage
from mockserver.kit.client.scenarios import FORGED
from mockserver.types import JSON

_LOOK = 0.02
_BREATH = 0.2
"""Seconds that a client has to read the answer to its create, before it is called; a real task takes longer."""

_SPAN = "5m"
"""Longer than any task takes at the pace of the real service."""


class Conductor:
    """``with Conductor(stage, account, url, "image"):`` ask the client, which listens at ``url``."""

    def __init__(self, stage: Stage, account: str, url: str, media: str, *, is_strange: bool = False) -> None:
        """``is_strange``: somebody calls the client before the service does, with a result that is none."""
        self._stage, self._account, self._url, self._media = stage, account, url, media
        self._is_strange = is_strange
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._conduct, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _conduct(self) -> None:
        with suppress(NoStage):  # whoever asks for the transcript is told, too
            task = self._task()
            if task is None or self._over.wait(_BREATH):
                return
            if self._is_strange:
                _call(self._url, forged(task, self._media))
            self._stage.advance(_SPAN)

    def _task(self) -> str | None:
        """Wait for the client's task, and return its id; ``None`` if the client ended without one."""
        while not self._over.wait(_LOOK):
            tasks = self._stage.tasks(self._account)
            if tasks:
                return str(tasks[0]["id"])
        return None


def forged(task: str, media: str) -> dict[str, JSON]:
    """Return what a stranger says of a task: that it is done, and that its result lies with him."""
    now = round(time.time() * 1000)
    result = {"index": 0, "url": FORGED} if media == "image" else {"id": task, "url": FORGED, "duration": "5"}
    return {
        "task_id": task,
        "task_status": "succeed",
        "task_status_msg": "",
        "task_info": {},
        "task_result": {f"{media}s": [result]},
        "created_at": now,
        "updated_at": now,
    }


def _call(url: str, body: JSON) -> None:
    import httpx

    with suppress(httpx.HTTPError, httpx.InvalidURL):  # a client may close the door on strangers
        httpx.post(url, content=json.dumps(body), headers={"content-type": "application/json"}, timeout=5)
