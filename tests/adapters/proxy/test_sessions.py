"""A whole session, create, poll, download and callbacks, is recorded and comes again with the service gone."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

import httpx
import pytest

from mockserver.adapters.comparison.observation import Observation
from mockserver.adapters.http.asgi import application
from mockserver.adapters.http.server import Server, listen
from mockserver.adapters.proxy.archives import Session, folder
from mockserver.adapters.proxy.forwarder import forwarding
from mockserver.adapters.proxy.keeper import Keeping
from mockserver.adapters.proxy.replay import Replay
from mockserver.adapters.proxy.results import MOST_BYTES, Kept
from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.fake.core import Fake
from mockserver.kit.task_view import TaskView
from mockserver.settings import Settings
from mockserver.types import JSON
from tests.conftest import PATIENCE
from tests.support.between import SERVICES, TOKEN, asked, makers, served, wait_for_the_end
from tests.support.receiver import Receiver, receiver

DIALECTS = ("kling", "kling-2", "useapi", "kie", "piapi")
EVERY = [pytest.param(id, marks=() if id in DIALECTS else pytest.mark.torture) for id in SERVICES]
SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    wait_for_the_end()


@dataclass
class Heard:
    """What a client was told: the last answer about its task, the bytes of the results, and the callbacks."""

    answer: JSON
    files: list[tuple[str, bytes]]
    callbacks: list[JSON]


def until(hook: Receiver, count: int) -> None:
    end = time.monotonic() + PATIENCE
    while len(hook.received) < count and time.monotonic() < end:
        time.sleep(0.01)
    assert len(hook.received) >= count


class Client:
    """A client of one service that creates, polls, downloads and listens."""

    def __init__(self, url: str, service: str, hook: Receiver) -> None:
        self.service, self.hook = SERVICES[service], hook
        self.maker: Operation = makers(service)[0]
        headers = {"authorization": f"Bearer {TOKEN}", "x-api-key": TOKEN}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, verify=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    @property
    def listens(self) -> bool:
        return self.service.layout.callback_field is not None

    def create(self) -> str:
        payload = dict(self.maker.schema["examples"][0])
        if self.listens:
            payload = self.maker.put(self.service.layout.callback_field, payload, f"{self.hook.url}/of-a-client")
        answer = self.http.post(self.maker.path, json=payload)
        assert answer.status_code == self.maker.answer_status, answer.text
        view = TaskView.of(answer.json(), self.service.layout)
        assert view is not None
        assert view.id is not None
        return view.id

    def poll(self, id: str) -> JSON:
        for path in asked(self.service.id, self.maker):
            query = next(
                (each for each in self.service.operations.values() if each.path == path and each.does == "get"), None
            )
            if query is None:
                continue
            named = {} if "{" in path else {query.finds: id}
            answer = self.http.get(path.replace("{id}", id).replace("{task_id}", id), params=named)
            if answer.status_code == 200:
                return answer.json()
        raise AssertionError("nothing shows the task")

    def end(self, id: str, callbacks: int) -> Heard:
        found = self.poll(id)
        view = TaskView.of(found, self.service.layout)
        assert view is not None
        assert view.state == "succeed"
        files = [self.http.get(url) for url in view.urls]
        if self.listens:
            until(self.hook, callbacks)
        kept = [(each.headers["content-type"], each.content) for each in files]
        return Heard(found, kept, [each.json for each in self.hook.received])


def recorded(place: Path, service: str, most_bytes: int = MOST_BYTES, **settings: Any) -> Heard:
    """Record a session with a fake, through a proxy that the fake reaches."""
    there = Fake(Settings(services=(service,), seed=1, webhook_secret=SECRET, **settings))
    there.clock.freeze()
    socket = listen("127.0.0.1", 0)
    public, ready = f"http://127.0.0.1:{socket.getsockname()[1]}", Event()
    with served(application(there), there) as upstream, receiver() as hook:
        keeping = Keeping(most_bytes, public)
        fake, app = forwarding(
            upstream, Settings(services=(service,)), lambda _: None, place, PATIENCE, keeping=keeping
        )
        server = Server(fake, socket, lambda _: ready.set(), app=app)
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        assert ready.wait(PATIENCE)
        with Client(public, service, hook) as client:
            id = client.create()
            count = 0
            for state in ("processing", "succeed"):
                there.clock.advance("1s")
                there.tasks.force(next(iter(there.tasks)), state)
                count = len(there.callbacks)
                client.poll(id)
            until(hook, min(1, count))
            heard = client.end(id, len({each.status for each in there.callbacks}))
        server.should_exit = True
        thread.join(PATIENCE)
        return heard


def plain(found: JSON) -> JSON:
    """Return a document without what is another one each time, and what is redacted; URLs of results stay."""
    text = re.sub(r'"(request_id|userId|secret)": ?("[^"]*"|\d+)', r'"\1": 0', json.dumps(found))
    text = re.sub(r"http://127\.0\.0\.1:\d+/results/", "there:/results/", text)
    return json.loads(re.sub(r'https?://[^"\\]+', "a URL", text))


@pytest.mark.parametrize("service", EVERY)
def test_a_recorded_session_plays_whole_with_the_service_gone(service: str, tmp_path: Path) -> None:
    before = recorded(tmp_path, service)
    lines: list[str] = []
    replay = Replay(tmp_path, Settings(services=(service,)), lines.append)
    with served(None, replay) as url, receiver() as hook, Client(url, service, hook) as client:
        id = client.create()
        for _ in range(2):  # the states before the end
            client.poll(id)
        after = client.end(id, len(before.callbacks))
    assert after.files == before.files
    assert after.files
    assert plain(after.answer) == plain(before.answer)
    states = [TaskView.told(each, client.service.layout).state for each in before.callbacks]
    assert [TaskView.told(each, client.service.layout).state for each in after.callbacks] == states
    assert bool(states) is client.listens


def test_nothing_secret_is_recorded(tmp_path: Path) -> None:
    recorded(tmp_path, "kling")
    texts = [file.read_text() for file in tmp_path.rglob("*.json")]
    assert any("webhook-signature" in text for text in texts)
    for text in texts:
        assert TOKEN not in text
        assert "v1," not in text
        assert "127.0.0.1" not in text.replace("recorded at 127.0.0.1", "")


def test_a_result_that_is_too_large_is_drawn_in_its_kind_and_size(tmp_path: Path) -> None:
    before = recorded(tmp_path, "kling", most_bytes=100)
    (about,) = (tmp_path / "results").iterdir()
    known = json.loads(about.read_text())
    assert (known["type"], known["bytes"]) == ("image/png", len(before.files[0][1]))
    replay = Replay(tmp_path, Settings(services=("kling",)), lambda _: None)
    with served(None, replay) as url, receiver() as hook, Client(url, "kling", hook) as client:
        id = client.create()
        for _ in range(2):
            client.poll(id)
        ((kind, content),) = client.end(id, 0).files
    assert kind == "image/png"
    assert content[16:24] == before.files[0][1][16:24]  # the sides, in the header of a PNG


@pytest.mark.parametrize(
    ("about", "kind"),
    [
        ('{"type": "video/mp4", "seconds": 1e300, "width": -7, "height": 1e300}', "Film"),
        ('{"type": "audio/x", "seconds": -5}', "Sound"),
        ('{"type": 7, "width": 1, "height": 1.5}', "Picture"),
        ("{}", "Picture"),
        ('{"seconds": 1e999}', None),
        ("[]", None),
        ("{", None),
        ("", None),
    ],
)
def test_what_is_known_of_a_result_may_be_anything(about: str, kind: str | None, tmp_path: Path) -> None:
    name = "0123456789abcdef.mp4"
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / f"{name}.json").write_text(about)
    found = Kept(tmp_path).artifact(name)
    assert (None if found is None else type(found).__name__) == kind


def test_a_folder_of_recordings_settles_readings(tmp_path: Path) -> None:
    chosen = {"kling/callback-result": "as-documented", "kling/info-when-none": "absent", "kling/status-msg": "empty"}
    recorded(tmp_path, "kling", readings=chosen)
    found: list[Observation] = Session(folder(tmp_path, load()), Settings()).observed()
    settled = {f"{each.service}/{each.question.id}": each.reading for each in found}
    assert chosen.items() <= settled.items()
    assert settled["kling/callback-signed"] == "yes"
