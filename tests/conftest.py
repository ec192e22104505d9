"""What most tests start with: a fake whose every answer is held against the contract."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import hypothesis
import pytest

from mockserver.configuration.environment import PREFIX
from mockserver.configuration.file import found as configured
from mockserver.contract.catalog import Catalog
from mockserver.contract.credentials import KEY_HEADER
from mockserver.fake.callbacks.delivery import Receiver
from mockserver.fake.callbacks.outbox import Claim
from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.secrecy.mask import Mask
from mockserver.settings import Settings
from mockserver.types import JSON, Millis, Request, Response
from tests.support import stores
from tests.support.programs import OF_MAKE
from tests.support.representatives import is_represented, operation_in
from tests.support.sampling import few_cases

# How long an example takes says more about the machine than about the code, and a commit that is right today must be
# right tomorrow: whoever looks for what nobody has thought of yet says --hypothesis-profile search. ``make test`` draws
# a quarter of the usual examples, and ``make torture`` runs the same tests again with all of them.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True, max_examples=25)
hypothesis.settings.register_profile("deep", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, print_blob=True)
hypothesis.settings.load_profile("house")


# What somebody has configured for the fakes of their own, or told the make that runs us, must not change the tests.
for _name in [name for name in os.environ if name.startswith(PREFIX) or name in OF_MAKE]:
    del os.environ[_name]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store", choices=("memory", *stores.KINDS), default="memory", help="where each fake has its state"
    )
    parser.addoption("--most-cases", type=int, metavar="N", help="run at most N cases of each test, spread over all")


def pytest_configure(config: pytest.Config) -> None:
    """Give each fake that names no store one of the kind that was asked for, and let no file configure any."""
    data = TemporaryDirectory(prefix="mockserver-tests-")
    config.add_cleanup(data.cleanup)
    os.environ["XDG_DATA_HOME"] = data.name  # the authority of whoever runs the tests is theirs alone
    for place in (Path.cwd(), Path(gettempdir())):
        if (file := configured(place)) is not None:
            raise pytest.UsageError(f"{file.path} would configure what is tested: move it away")
    make = stores.KINDS.get(config.getoption("--store"))
    if make is not None:
        folder = stores.folder()
        url, end = make(Path(folder.name))
        for cleanup in (folder.cleanup, end, stores.put_every_fake_on(url)):
            config.add_cleanup(cleanup)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what draws, which ``make torture`` runs again and draws more, and what another case stands for."""
    if hypothesis.is_hypothesis_test(getattr(item, "obj", None)):
        item.add_marker("drawn")
    _, bracket, case = item.name.partition("[")
    if bracket and is_represented(case[:-1]):
        item.add_marker("torture")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort the tests for several workers.

    What takes minutes and mostly waits begins, so that it does not run on alone when all others have ended. Tests of
    payloads come by operation, not by function: the search for what breaks its rules is kept, but not shared.
    """
    items.sort(key=_place)
    if most := config.getoption("--most-cases"):
        chosen = few_cases(items, most)
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = [item for item in items if item in chosen]


def _place(item: pytest.Item) -> tuple[bool, str]:
    path = str(item.path)
    return not path.startswith(SLOW), operation_in(item.name) if path.startswith(GENERATION) else ""


def pytest_collection_finish() -> None:
    """Let the collector of garbage leave alone what lives to the end: ten thousand tests, and all modules."""
    gc.collect()
    gc.freeze()


NOON: Millis = 1_790_000_000_000
"""When every test begins; time stands still until the test moves it."""

HOST = "127.0.0.1:8080"
TOKEN = "key-of-mine"

IMAGE = "/v1/images/omni-image"
VIDEO = "/v1/videos/omni-video"

SLOW, GENERATION = (str(Path(__file__).parent / place) for place in ("slow", "kit/generation"))

PATIENCE = 60.0
"""Seconds after which what was to come has not come, on the slowest machine; what comes is not waited for."""

PAYLOADS: Mapping[str, Mapping[str, JSON]] = {
    IMAGE: {"prompt": "A red bicycle in the rain"},
    VIDEO: {"prompt": "A cat walks over the moon", "aspect_ratio": "16:9"},
}
"""The least that each path accepts without a warning."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that keeps the contract."""

    status: int
    headers: Mapping[str, str]
    json: JSON

    @property
    def code(self) -> int:
        return int(self.json["code"])

    @property
    def message(self) -> str:
        return str(self.json["message"])

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def rules(self) -> list[str]:
        """The rules that the request broke."""
        return list(filter(None, self.headers.get("mockserver-rule", "").split(", ")))


class CheckedFake(Fake):
    """A fake at noon, with the ways of a client; an answer or a callback outside the contract fails the test."""

    def __init__(self, *, catalog: Catalog | None = None, clock: Clock | None = None, **settings: Any) -> None:
        super().__init__(Settings(**{"seed": 1, **settings}), catalog=catalog, clock=clock or Clock(lambda: NOON))

    def respond(self, request: Request) -> Response:
        response = super().respond(request)
        paths = (request.path, Mask.of(request, response).text(request.path))  # no store keeps the secrets in it
        entry = next(
            entry
            for entry in self.world.journal
            if (entry.request.method, entry.response.status) == (request.method, response.status)
            and entry.request.path in paths
        )
        service = self.world.catalog.services[entry.service]
        operation = service.operations[entry.operation] if entry.operation else None
        if response.status >= 400:
            assert response.status in {row.status for row in service.errors.values()}
            assert response.reason is not None
            assert entry.response.reason is not None
            check(self.world.catalog, service.refusal, _body(response))
        else:
            assert operation is not None
            assert response.status == operation.answer_status
            if operation.answer is not None:
                check(self.world.catalog, operation.answer, _body(response))
        return response

    def claimed(self, keys: Sequence[str], full: Collection[Receiver] = frozenset()) -> Claim:
        found = super().claimed(keys, full)
        for delivery in found.deliveries:
            task = self.world.tasks.get(delivery.service, delivery.task_id)
            if task is not None and (file := self.world.operation(task).callback):
                check(self.world.catalog, file, json.loads(delivery.body))
        return found

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        query: str = "",
        token: str | None = TOKEN,
        **headers: str | None,
    ) -> Answer:
        """Send bytes. A header is written with underscores; ``None`` leaves one of the usual ones out."""
        usual = {
            "host": HOST,
            "authorization": None if token is None else f"Bearer {token}",
            "x_api_key": token if any(KEY_HEADER in each.credentials for each in self.world.services) else None,
            "content_type": "application/json",
            **headers,
        }
        sent = {name.replace("_", "-"): value for name, value in usual.items() if value is not None}
        response = self.respond(Request(method, path, query, sent, body))
        is_json = response.headers.get("content-type") == "application/json"
        return Answer(response.status, response.headers, json.loads(response.body) if is_json else None)

    def post(self, path: str, payload: JSON, **how: Any) -> Answer:
        """Send a payload as it is."""
        return self.send("POST", path, json.dumps(payload).encode(), **how)

    def create(self, path: str = IMAGE, *, token: str = TOKEN, **fields: JSON) -> Answer:
        """Create a task of the least payload and some fields."""
        return self.post(path, {**PAYLOADS.get(path, PAYLOADS[IMAGE]), **fields}, token=token)

    def made(self, path: str = IMAGE, *, token: str = TOKEN, **fields: JSON) -> str:
        """Create a task that is accepted, and return its id."""
        answer = self.create(path, token=token, **fields)
        assert answer.status == 200, answer.json
        return str(answer.data["task_id"])

    def get(self, path: str, id: str | None = None, **how: Any) -> Answer:
        """Ask for a task, or without an id for a list."""
        return self.send("GET", path if id is None else f"{path}/{id}", **how)

    def status(self, id: str, path: str = IMAGE) -> str:
        """Ask for the word of a task's state."""
        return str(self.get(path, id).data["task_status"])


@pytest.fixture
def fake() -> CheckedFake:
    return CheckedFake()


@pytest.fixture
def in_memory(request: pytest.FixtureRequest) -> None:
    """Skip what holds only for a fake that shares nothing."""
    if request.config.getoption("--store") != "memory":
        pytest.skip("it is about a fake that shares nothing")


def check(catalog: Catalog, file: str, document: JSON) -> None:
    """Hold a document against the schema of an answer or a callback."""
    found = catalog.validator(file).iter_errors(document)
    errors = [f"{list(error.instance_path)}: {error.message}" for error in found]
    assert errors == [], f"{document} breaks {file}"


def _body(response: Response) -> JSON:
    assert response.headers["content-type"] == "application/json"
    return json.loads(response.body, parse_constant=_no_number)


def _no_number(text: str) -> None:
    raise AssertionError(f"{text} is not JSON")
