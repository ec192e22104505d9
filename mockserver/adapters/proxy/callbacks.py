"""Callbacks that were recorded: how they are kept without secrets, and how a replay sends them again."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from mockserver.adapters.http.poster import Poster
from mockserver.adapters.proxy.recordings import read_fixture
from mockserver.adapters.proxy.redaction import REMOVED, Redactor, digest
from mockserver.contract.service import Service
from mockserver.destinations import RefusedDestination
from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.core import Fake
from mockserver.fake.encoding import encoded
from mockserver.files import write
from mockserver.kit.task_view import ORDER, TaskView
from mockserver.secrecy.mask import json_of, secrets
from mockserver.types import JSON, Millis, value

FOLDER = "callbacks"
"""The folder of a service's callbacks, beside those of its operations."""

_KEPT = ("content-type",)
"""Headers of a callback whose values are kept; of the others that sign it the names are."""


@value
class Callback:
    """One recorded callback: the task that it is about, the state that it tells, and its body."""

    task: str
    state: str
    body: JSON
    headers: Mapping[str, str]
    name: str
    answered: int = 200
    at: Millis | None = None


class CallbackRecorder:
    """Writes callbacks into a folder, each attempt as a file."""

    def __init__(self, place: Path, service: Service, source: str) -> None:
        self._place, self._service, self._source = place, service, source

    def record(self, body: bytes, headers: Mapping[str, str], status: int, now: Millis) -> str:
        """Write a callback to which its receiver has answered, and return its name. Raises ``OSError``."""
        document = json_of(body)
        redactor = Redactor(secrets(headers, {}, document))
        view = TaskView.told(document, self._service.layout)
        kept = {name: text if name in _KEPT else REMOVED for name, text in headers.items()}
        told = redactor.json(document) if document is not None else redactor.text(body.decode(errors="replace"))
        fixture: dict[str, JSON] = {
            "source": self._source,
            "confidence": "observed",
            "callback": {"headers": kept, "body": told, "answered": status},
            "reproduced": False,
            "why": "A recording: what came before it is not recorded here.",
        }
        folder = self._place / self._service.id / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        about = f"{view.state or 'untold'}-{digest(view.id or '')[7:15]}"
        number = 1
        while (file := folder / f"{about}-{number}.json").exists():
            number += 1
        text = json.dumps({**fixture, "at": now}, ensure_ascii=False, indent=2) + "\n"
        write(file, text.encode(errors="backslashreplace"))
        return f"{self._service.id}/{FOLDER}/{file.stem}"


def load(place: Path, service: Service) -> tuple[Callback, ...]:
    """Read the callbacks of a service, those of one task in the order of its states. Raises ``BadRecording``."""
    return tuple(sorted(_read(place, service), key=lambda each: (each.task, ORDER.get(each.state, 0), each.name)))


def _read(place: Path, service: Service) -> Iterator[Callback]:
    for file in sorted((place / service.id / FOLDER).glob("*.json")):
        fixture = read_fixture(file)
        told: dict[str, Any] = fixture.get("callback", {})
        view = TaskView.told(told.get("body"), service.layout)
        if view.id is not None and view.state is not None:
            name = file.relative_to(place).as_posix()
            headers, answered = told.get("headers", {}), told.get("answered", 200)
            yield Callback(view.id, view.state, told["body"], headers, name, answered, fixture.get("at"))


class Sender:
    """Sends recorded callbacks to the receivers that clients name now, each after the one before it."""

    def __init__(self, fake: Fake, service: Service, callbacks: tuple[Callback, ...]) -> None:
        self._fake, self._service = fake, service
        self._waiting = {
            task: [each for each in callbacks if each.task == task] for task in {c.task for c in callbacks}
        }
        self._receivers: dict[str, tuple[str, str]] = {}
        self._left: dict[str, list[Callback]] = {}
        self._queue: SimpleQueue[Delivery] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def created(self, task: str, url: str, account: str) -> None:
        """A client has named a receiver for a task."""
        if task in self._waiting:
            self._receivers[task] = url, account
            self._left[task] = [*self._waiting[task]]

    def shown(self, task: str, state: str, body_of: Any) -> None:
        """A client was shown a task in a state: send what was reported until then. ``body_of`` serves its results."""
        left = self._left.get(task, [])  # an attempt that failed is not made again: the next is in the recording
        while left and ORDER.get(left[0].state, 0) <= ORDER.get(state, 0):
            found, (url, account) = left.pop(0), self._receivers[task]
            body = encoded(body_of(found.body))
            self._send(
                Delivery(found.name, self._service.id, task, account, found.state, url, body, self._fake.clock.now())  # type: ignore[arg-type] # a layout knows no other state
            )

    def _send(self, delivery: Delivery) -> None:
        self._queue.put(delivery)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True, name="recorded callbacks")
            self._thread.start()

    def _run(self) -> None:
        while True:
            asyncio.run(self._post(self._queue.get()))

    async def _post(self, delivery: Delivery) -> None:
        poster = Poster(self._fake, 1)
        try:
            with suppress(RefusedDestination):
                await poster.post(delivery)
        finally:
            await poster.close()
