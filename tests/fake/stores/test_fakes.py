"""A fake on each store: what a snapshot holds, and what a turn that fails leaves behind."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from mockserver.errors import BadSetting, StoreUnavailable
from mockserver.fake.core import Fake
from mockserver.fake.stores.store import SHARED, Bounds, Store
from mockserver.settings import Key, Settings
from mockserver.types import JSON, Request
from tests.conftest import IMAGE
from tests.fake.stores.makers import MAKERS, Times

NAMES = sorted(MAKERS)

Make = Callable[..., Fake]


@pytest.fixture
def store_of() -> Iterator[Callable[[str, Path], Store]]:
    """Return a function that opens a store of a kind in a folder."""
    with ExitStack() as stack:

        def opened(name: str, folder: Path) -> Store:
            store = MAKERS[name].open(folder, Bounds(), Times())
            stack.callback(store.close)
            return store

        yield opened


@pytest.fixture
def make(tmp_path: Path, store_of: Callable[[str, Path], Store]) -> Make:
    """Return a function that makes a fake on a new store of a kind."""
    numbers = count()

    def made(name: str, **settings: Any) -> Fake:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        return Fake(Settings(**settings), store=store_of(name, folder))

    return made


def send(fake: Fake, method: str = "POST", path: str = IMAGE, token: str = "me", **payload: JSON) -> Any:
    headers = {"host": "localhost", "authorization": f"Bearer {token}", "content-type": "application/json"}
    body = json.dumps({"prompt": "A cat", **payload}).encode() if method == "POST" else b""
    return json.loads(fake.respond(Request(method, path, "", headers, body)).body)


@pytest.mark.parametrize("after", NAMES)
@pytest.mark.parametrize("before", NAMES)
def test_a_snapshot_of_one_store_is_the_whole_state_in_another(make: Make, before: str, after: str) -> None:
    one, other = make(before, seed=1, pace="real"), make(after, seed=1, pace="real")
    one.clock.freeze()
    ids = [send(one, external_task_id=str(n), callback_url="http://127.0.0.1:1/")["data"]["task_id"] for n in range(3)]
    send(one, token="you", prompt="A cat [[mock: 1303 x2]]")
    one.faults.add("1303 x3 on kling/omni-image.create", account="me")
    one.limit("you", slots=2, rate="10/m")
    one.clock.advance("3s")
    state = json.loads(json.dumps(one.snapshot()))
    other.restore(state)
    assert other.snapshot() == state
    assert send(other, token="you", prompt="A cat [[mock: 1303 x2]]")["code"] == 1303
    assert send(other, "GET", f"{IMAGE}/1")["data"]["task_id"] == ids[1]
    assert send(other, token="nobody")["data"]["task_id"] not in ids
    assert send(other)["code"] == 1303
    other.clock.advance("1h")
    assert {delivery.task_id for delivery in other.delivered()} >= {*ids}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "memory"])
def test_a_snapshot_of_many_tasks_holds_up_nobody(make: Make, name: str) -> None:
    few, many = 100, 3000
    fake = make(name, pace="instant", max_tasks=10_000)
    for _ in range(many):
        send(fake)
    sections = fake.sections()
    turns = 0
    run = fake.store.run

    def counted(jobs: Any) -> Any:
        nonlocal turns
        turns += 1
        return run(jobs)

    fake.store.run = counted  # type: ignore[method-assign]
    tasks = sections["tasks"]
    assert not isinstance(tasks, list)
    first = next(iter(tasks))
    # All is read page by page: between two pages others have their turns.
    assert isinstance(first, dict)
    answered: list[int] = []
    other = Thread(target=lambda: answered.extend(send(fake)["code"] for _ in range(few)))
    other.start()
    rest = sum(1 for _ in tasks)
    other.join()
    assert (rest, answered) == (many - 1, [0] * few)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_told_in_a_turn_that_failed_nobody_has_heard(make: Make, name: str) -> None:
    fake = make(name)

    def fails() -> None:
        fake.world.sharing.change(Settings(pace="real"))
        fake.world.faults.add(next(iter(make("memory", faults=("1303",)).world.faults.counted())))
        raise StoreUnavailable("for this test.")

    with pytest.raises(StoreUnavailable):
        fake.turn(fails)
    if name != "memory":  # which keeps what a turn has written
        assert (send(fake)["code"], list(fake.faults), fake.settings.pace) == (0, [], "fast")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "memory"])
@pytest.mark.parametrize(
    ("secret", "option"),
    [({"keys": (Key("a"),)}, "--key"), ({"webhook_secret": "whsec_dGVzdA=="}, "--webhook-secret")],
)
def test_no_store_keeps_a_secret_setting(make: Make, name: str, secret: dict[str, Any], option: str) -> None:
    fake = make(name)
    with pytest.raises(BadSetting, match=f"^{option}: .*Start each worker with {option}"):
        fake.reconfigure(Settings(pace="real", **secret))
    assert fake.settings.pace == "fast"
    fake.reconfigure(Settings(pace="real", readings={"success-message": "success"}, prefixes=("/proxy",)))
    assert fake.store.documents.get(SHARED, "settings") == {
        "pace": "real",
        "readings": {"success-message": "success"},
        "prefixes": ["/proxy"],
    }


@pytest.mark.parametrize("name", NAMES)
def test_slots_that_a_task_gives_back_are_free(make: Make, name: str) -> None:
    fake = make(name, services=("useapi",), slots=1, pace="real")
    path = "/v1/kling/images/omni"
    job = send(fake, path=path)["task"]["id"]
    assert send(fake, path=path) == {"error": "All accounts are at capacity"}
    headers = {"host": "localhost", "authorization": "Bearer me"}
    assert fake.respond(Request("DELETE", f"/v1/kling/scheduler/{job}", "", headers, b"")).status == 200
    assert send(fake, path=path)["task"]["id"] != job


def test_a_snapshot_from_a_shared_store_takes_as_long_a_turn_with_many_tasks_as_with_few(make: Make) -> None:
    spent = []
    for tasks in (50, 5000):
        fake = make("sqlite", pace="instant", max_tasks=10_000)
        for _ in range(tasks):
            send(fake)
        begun = time.thread_time_ns()
        for _ in range(20):
            fake.sections()
        spent.append(time.thread_time_ns() - begun)
    assert spent[1] < 5 * spent[0]


@pytest.mark.parametrize("name", NAMES)
def test_of_clients_that_race_to_delete_an_element_one_has_done_it(
    tmp_path: Path, store_of: Callable[[str, Path], Store], name: str
) -> None:
    """Those of a store that others share come by two fakes, and take their turns there."""
    first = Fake(Settings(pace="instant"), store=store_of(name, tmp_path))
    is_shared = MAKERS[name].url is not None
    second = Fake(Settings(pace="instant"), store=store_of(name, tmp_path)) if is_shared else first
    made = "/v1/general/custom-elements"
    payload: dict[str, Any] = {
        "element_name": "Tom",
        "element_description": "A cat",
        "element_frontal_image": "https://example.com/1.png",
        "element_refer_list": [{"image_url": "https://example.com/2.png"}],
    }
    for _ in range(20):
        id = send(first, path=made, **payload)["data"]["element_id"]

        def delete(fake: Fake, id: int = id) -> str:
            answer = send(fake, path="/v1/general/delete-elements", element_id=str(id))
            return str(answer["message"])

        with ThreadPoolExecutor(4) as pool:
            told = sorted(pool.map(delete, (first, second, first, second)))
        assert told == [f"Element {id} already be deleted"] * 3 + ["SUCCEED"]
    assert send(second, "GET", made)["data"] == []
