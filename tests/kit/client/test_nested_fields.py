"""Clients of services whose requests keep fields inside others are judged: the schemas say where, and no code does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import httpx
import pytest

from mockserver.contract import catalog
from mockserver.contract.places import first, with_value
from mockserver.kit.client.fake_process import FakeProcess
from mockserver.kit.client.player import FAKE_OPTIONS
from tests.mutants.clients.reference import Answer, Reference
from tests.mutants.clients.trial import findings, settings
from tests.support.other_services import STATES, schemas_with_others

PATCH = """
from pathlib import Path
import mockserver.resources
shipped = mockserver.resources.folder
mockserver.resources.folder = lambda name: Path({schemas!r}) if name == "schemas" else shipped(name)
"""
"""What Python runs when it starts: so the fake reads our schemas, too."""


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeProcess]:
    place = tmp_path_factory.mktemp("others")
    schemas = schemas_with_others(place)
    (place / "sitecustomize.py").write_text(PATCH.format(schemas=str(schemas)), encoding="utf-8")
    root = Path(__file__).parents[3]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{place}:{root}")
        patch.setattr(catalog, "folder", lambda _: schemas)
        patch.setattr(catalog, "_loaded", cache(catalog._loaded.__wrapped__))  # the usual one is kept
        with FakeProcess(FAKE_OPTIONS) as running:
            yield running


class Other(Reference):
    """A client without faults of one of the two services; it turns answers into those that the reference reads."""

    words: Mapping[str, str] = {word: state for state, word in STATES.items()}

    def hello(self) -> Answer:
        return {"name": "other", "operations": list(self.paths), "callbacks": True, "big_numbers": True}

    def hook(self, payload: Answer) -> object:
        raise NotImplementedError

    def generate(self, request: Answer) -> Answer:
        payload = request["payload"]
        self.is_called_back = self.hook(payload) == self.url
        flat = {**payload, "callback_url": self.url} if self.is_called_back else payload
        self.given = payload
        answer: Answer = super().generate({**request, "payload": flat})
        return answer

    def body(self, payload: Answer) -> Answer:
        given: Answer = self.given
        return given


class Nested(Other):
    paths: Mapping[str, str] = {"nested/film": "/api/v1/task"}

    def hook(self, payload: Answer) -> object:
        return first("config.webhook_config.endpoint", payload)

    def called_back(self, data: Answer) -> None:
        super().called_back({**data, "task_status": self.words.get(data["status"])})

    def data(self, response: httpx.Response) -> Answer | None:
        task = self.read(response).get("data")
        if response.status_code != 200 or not task:
            return None
        works = task.get("output", {}).get("works", [])
        return {
            "task_id": task["task_id"],
            "task_status": self.words.get(task["status"], ""),
            "task_status_msg": task.get("error", {}).get("message", ""),
            "task_result": {"videos": [{"url": work["video"]} for work in works]},
        }


class Typed(Other):
    paths: Mapping[str, str] = {"typed/film": "/films"}

    def hook(self, payload: Answer) -> object:
        return first("options.callback_url", payload)

    def called_back(self, data: Answer) -> None:
        super().called_back({"task_id": data["id"], "task_status": self.words.get(data["status"])})

    def data(self, response: httpx.Response) -> Answer | None:
        task = self.read(response).get("data")
        if response.status_code != 200 or not task:
            return None
        return {
            "task_id": task["id"],
            "task_status": self.words.get(task["status"], ""),
            "task_status_msg": task.get("message", ""),
            "task_result": {"videos": [{"url": each["url"]} for each in task.get("outputs", [])]},
        }


class Naming(Typed):
    """Adds a name of its own, by which it would find a lost task: a client may do that."""

    def body(self, payload: Answer) -> Answer:
        name = first("options.external_task_id", self.given) or f"mine-{id(self.request)}"
        return with_value("options.external_task_id", self.given, name)


class Shouting(Typed):
    """Writes the prompt in capitals."""

    def body(self, payload: Answer) -> Answer:
        contents = [
            {**item, "text": item["text"].upper()} if "text" in item else item for item in self.given["contents"]
        ]
        return {**self.given, "contents": contents}


class Inventing(Nested):
    """Asks for something that nobody asked it for."""

    def body(self, payload: Answer) -> Answer:
        return {**self.given, "input": {**self.given["input"], "resolution": "1080p"}}


ABOUT_BODIES = ("payload-arrives-unchanged", "nothing-is-invented", "mistakes-are-not-repaired")


@pytest.mark.parametrize("client", [Nested, Typed], ids=lambda each: each.__name__)
def test_a_right_client_sends_right_bodies(client: type[Other], fake: FakeProcess) -> None:
    found = findings(fake, settings(client(), only=ABOUT_BODIES, examples=1))
    assert [(each.check, each.received, each.payload) for each in found] == []


@pytest.mark.torture
@pytest.mark.parametrize("client", [Nested, Typed], ids=lambda each: each.__name__)
def test_a_right_client_is_found_right(client: type[Other], fake: FakeProcess) -> None:
    found = findings(fake, settings(client(), examples=3))
    assert [(each.check, each.received, each.payload) for each in found] == []


def test_a_client_may_add_a_name_of_its_own(fake: FakeProcess) -> None:
    found = findings(fake, settings(Naming(), only=ABOUT_BODIES[:2], examples=1))
    assert [(each.check, each.received) for each in found] == []


@pytest.mark.parametrize(
    ("client", "said"), [(Shouting, "arrived in upper case"), (Inventing, "input")], ids=["shouting", "inventing"]
)
def test_a_wrong_client_is_found(client: type[Other], said: str, fake: FakeProcess) -> None:
    found = findings(fake, settings(client(), only=ABOUT_BODIES[:1], examples=3))
    assert {each.check for each in found} == {"payload-arrives-unchanged"}
    assert any(said in each.received for each in found), found
