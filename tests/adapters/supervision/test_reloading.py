"""A contract that is saved is served at once; one that is broken is told, and the one before stays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest

from mockserver.adapters.supervision.reloading import Reloading
from mockserver.contract.catalog import read
from mockserver.errors import NoSuchService
from mockserver.fake.core import Fake
from mockserver.importing.folder import write
from mockserver.importing.notes import Notes
from mockserver.importing.skeleton import skeleton
from mockserver.resources import SCHEMAS, folder
from mockserver.settings import Settings
from mockserver.types import JSON, Request
from tests.conftest import PATIENCE
from tests.support.process import Process, started
from tests.support.results import result_at, status

PATH = "/acme/v1/images/omni-image"


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """Return the folder of a service that is like Kling."""
    write(tmp_path / "acme", skeleton("acme", "kling"), Notes(), "kling")
    return tmp_path / "acme"


def change(place: Path, edit: Callable[[JSON], object], name: str = "service.json") -> None:
    """Save a file as editors do: whole, and under another name first."""
    found = json.loads((place / name).read_text())
    edit(found)
    (place / ".draft").write_text(json.dumps(found))
    (place / ".draft").replace(place / name)


def moved(found: JSON) -> None:
    found["operations"]["omni-image.create"]["path"] = "/moved"


def create(fake: Fake, path: str = PATH) -> tuple[int, JSON]:
    headers = {"authorization": "Bearer me", "content-type": "application/json"}
    answer = fake.respond(Request("POST", path, "", headers, b'{"prompt": "A boat"}'))
    return answer.status, json.loads(answer.body)


class TestInThisProcess:
    @pytest.fixture(autouse=True)
    def _load(self, acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(SCHEMAS, str(acme))

    @pytest.fixture
    def fake(self, acme: Path) -> Fake:
        return Fake(Settings(pace="instant", services=("acme",)), catalog=read(folder("schemas"), [acme]))

    def test_what_was_saved_is_served_and_tasks_stay(self, acme: Path, fake: Fake) -> None:
        said: list[str] = []
        reloading = Reloading(fake, said.append)
        _, created = create(fake)
        assert not reloading.look()
        change(acme, moved)
        assert reloading.look()
        assert said == ["the contract was read again."]
        assert (create(fake)[0], create(fake, "/moved")[0]) == (404, 200)
        shown = fake.respond(
            Request("GET", f"{PATH}/{created['data']['task_id']}", headers={"authorization": "Bearer me"})
        )
        assert json.loads(shown.body)["data"]["task_status"] == "succeed"

    def test_the_tasks_of_an_operation_that_is_gone_still_have_results_and_callbacks(
        self, acme: Path, fake: Fake
    ) -> None:
        fake.clock.freeze()
        body = b'{"prompt": "A boat", "callback_url": "https://client.example/hook"}'
        headers = {"authorization": "Bearer me", "content-type": "application/json"}
        id = json.loads(fake.respond(Request("POST", PATH, "", headers, body)).body)["data"]["task_id"]

        def renamed(found: JSON) -> None:
            found["operations"]["other.create"] = found["operations"].pop("omni-image.create")

        reloading = Reloading(fake, lambda _: None)
        change(acme, renamed)
        assert reloading.look()
        assert create(fake)[0] == 200
        last = fake.delivered()[-1]
        assert json.loads(last.body)["task_status"] == "succeed"
        assert status(result_at(fake, f"/results/acme/{id}/0.png")) == 200

    @pytest.mark.parametrize(
        ("edit", "told"),
        [
            (
                lambda found: found.update(dialect="none"),
                r"acme/service.json#/dialect: .*The contract stays as it was.",
            ),
            (
                lambda found: found["operations"]["omni-image.create"].update(body="none.json"),
                r"acme/service.json#/operations/omni-image.create",
            ),
            (lambda found: found["operations"]["omni-image.create"].update(does="nothing"), r"omni-image.create/does"),
        ],
    )
    def test_what_is_broken_is_told_with_its_place_and_the_contract_stays(
        self, edit: Callable[[JSON], object], told: str, acme: Path, fake: Fake
    ) -> None:
        import re

        said: list[str] = []
        reloading = Reloading(fake, said.append)
        before = (acme / "service.json").read_text()
        change(acme, edit)
        assert reloading.look()
        assert re.search(told, said[0]), said
        assert create(fake)[0] == 200
        (acme / "service.json").write_text(before)
        assert reloading.look()
        assert said[1:] == ["the contract was read again."]

    def test_a_service_that_the_settings_name_must_stay(self, acme: Path, fake: Fake) -> None:
        with pytest.raises(NoSuchService):
            fake.take_contract(read(folder("schemas")))
        assert create(fake)[0] == 200

    def test_a_half_written_file_is_told_and_the_next_look_is_free(self, acme: Path, fake: Fake) -> None:
        said: list[str] = []
        reloading = Reloading(fake, said.append)
        (acme / "service.json").write_text('{"title": ')
        assert reloading.look()
        assert "acme/service.json#: not JSON" in said[0]
        assert not reloading.look()


def ask(connection: HTTPConnection, path: str) -> int:
    headers = {"authorization": "Bearer me", "content-type": "application/json"}
    connection.request("POST", path, b'{"prompt": "A boat"}', headers)
    response = connection.getresponse()
    response.read()
    return response.status


def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    end = monotonic() + PATIENCE
    while not is_so():
        assert monotonic() < end, "it did not happen"
        sleep(0.02)


@pytest.fixture(params=[1, 2])
def server(request: pytest.FixtureRequest, acme: Path) -> Iterator[Process]:
    workers = ("--workers", str(request.param)) if request.param > 1 else ()
    with started("--pace", "instant", "--schemas", str(acme), "--service", "acme", "--reload", *workers) as found:
        yield found


def test_a_saved_file_is_live_on_connections_that_are_open_and_in_each_worker(acme: Path, server: Process) -> None:
    connections = [HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE) for _ in range(4)]
    try:
        assert [ask(each, PATH) for each in connections] == [200] * 4
        change(acme, moved)
        until(lambda: all(ask(each, "/moved") == 200 for each in connections))
        assert [ask(each, PATH) for each in connections] == [404] * 4
        (acme / "service.json").write_text("{")
        until(lambda: "acme/service.json#" in server.stderr)
        assert [ask(each, "/moved") for each in connections] == [200] * 4
        assert server.stderr.count("not JSON") == 1
    finally:
        for each in connections:
            each.close()
