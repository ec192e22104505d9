"""Traffic with a real fake, of every service, operation and path: what is judged of it is true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest

from mockserver.adapters.control import views
from mockserver.contract.catalog import load
from mockserver.contract.credentials import carried
from mockserver.contract.places import values, with_value
from mockserver.contract.service import Operation
from mockserver.contract.vectors import merged
from mockserver.fake.core import Fake
from mockserver.kit.client.exchanges.places import shown_at
from mockserver.kit.client.fake_process import transcript
from mockserver.kit.client.traffic import verdict
from mockserver.kit.lookups import beside, naming
from mockserver.kit.server.expectations import as_query
from mockserver.kit.task_view import TaskView
from mockserver.kit.verdict import Verdict
from mockserver.settings import Key, Settings
from mockserver.types import Payload, Request, Response
from tests.conftest import HOST
from tests.fake.intake.test_auth import SECRET, token


def is_free(create: Operation) -> bool:
    """Whether a create is there by default, and its example names nothing that its account must have."""
    questions = SERVICES[create.service].questions
    if any(questions[id].default != reading for id, reading in create.when.items()):
        return False
    named = (
        value for place in create.task.get("elements", ()) for value in values(place, create.schema["examples"][0])
    )
    return not any(named)


SERVICES = load().services
OPERATIONS = {id: each for service in SERVICES.values() for id, each in service.operations.items()}
CREATES = [
    id for id, each in OPERATIONS.items() if each.does == "create" and "invalid" in each.payloads and is_free(each)
]
WITH_PROMPT = [id for id in CREATES if "prompt" in OPERATIONS[id].task]
SERVED = {each.path for each in OPERATIONS.values()}
UNSERVED = [
    (service.id, method, path)
    for service in SERVICES.values()
    for path, data in service.unserved.items()
    for method in data["methods"]
    # A gateway's path may be that of Kling behind /kling, where ours is as well.
    if path.removeprefix("/kling") not in SERVED
]
OF_OTHERS = [
    (service.id, path)
    for service in SERVICES.values()
    for path, data in service.unserved.items()
    if path.endswith("/{id}") and "GET" in data["methods"]
]
"""Where a service shows tasks that the fake does not make; alone, so that nobody else answers there."""
PACES = ("instant", "fast", "polls:3", "real")
WAYS = {
    "header": ("key-of-mine", {"mockserver-expect": "refusal"}, ""),
    "name": ("mine-expect-refusal", {}, ""),
    "prompt": ("key-of-mine", {}, " [[mock: expect refusal]]"),
}


class Client:
    """Sends requests to a fake, each with a key."""

    def __init__(self, **settings: Any) -> None:
        self.fake = Fake(Settings(seed=1, **settings))

    def send(
        self, method: str, path: str, payload: Payload | None = None, key: str = "mine", **headers: str
    ) -> Response:
        body = b"" if payload is None else json.dumps(payload).encode()
        name, value = carried(f"Bearer {key}", credentials_at(headers.get("host", HOST)))
        usual = {"host": HOST, name: value, "content-type": "application/json"}
        path, _, query = path.partition("?")
        return self.fake.respond(Request(method, path, query, {**usual, **headers}, body))

    def made(self, operation: Operation, key: str = "mine", **fields: Any) -> str:
        """Create a task of the first example, and return its id."""
        answer = self.send("POST", operation.path, {**example(operation), **fields}, key, host=host(operation))
        assert answer.status == 200, answer.body
        view = TaskView.of(json.loads(answer.body), SERVICES[operation.service].layout)
        assert view is not None
        return str(view.id)

    def judged(self, **options: Any) -> Verdict:
        shown = [views.whole_exchange(self.fake, entry) for entry in self.fake.requests]
        return verdict("suite", transcript(shown), **options)


def example(operation: Operation) -> Payload:
    callback = SERVICES[operation.service].layout.callback_field
    return {name: value for name, value in operation.schema["examples"][0].items() if name != callback}


def host(operation: Operation) -> str:
    """Return the host at which no other service answers."""
    return SERVICES[operation.service].hosts[0]


def credentials_at(host: str) -> tuple[str, ...]:
    """Return the kinds of credentials of the services at a host."""
    return next((each.credentials for each in SERVICES.values() if each.hosts[0] == host), ())


def path_of(operation: Operation, id: str) -> str:
    """Return the path, perhaps with a query, that asks for a task."""
    path, asked = naming(operation, {}, id=id)
    return f"{path}?{urlencode(as_query(asked))}" if asked else path


def query_of(create: Operation) -> Operation:
    """Return the operation that shows a task of another one."""
    found = beside(SERVICES[create.service], create, "get")
    assert found is not None
    return found


@pytest.mark.parametrize(("create", "pace"), [*product(CREATES, PACES)])
def test_a_job_is_clean_and_so_are_polls_with_any_other_key_or_id(create: str, pace: str) -> None:
    operation, client = OPERATIONS[create], Client(pace=pace)
    id = client.made(operation)
    for asked, key in product((id, "123", "undefined", id[:-1]), ("mine", "another", token(), token(jti="2"))):
        client.send("GET", path_of(query_of(operation), asked), key=key, host=host(operation))
    assert client.judged(is_timed=False).findings == ()


@pytest.mark.parametrize("create", CREATES)
def test_an_account_with_two_keys_sees_its_task_with_both(create: str) -> None:
    operation = OPERATIONS[create]
    if "jwt" not in SERVICES[operation.service].credentials:
        return
    client = Client(pace="instant", keys=(Key.parse("mine=me"), Key.parse(f"access-key:{SECRET}=me")))
    now = client.fake.clock.now() // 1000
    keys = ["mine", *(token(nbf=now - 5, exp=now + 1800, jti=str(number)) for number in range(2))]
    id = client.made(operation, keys[0])
    path = path_of(query_of(operation), id)
    assert {client.send("GET", path, key=key, host=host(operation)).status for key in keys} == {200}
    assert client.judged().findings == ()


def wrong_queries() -> Iterator[tuple[str, str]]:
    """Yield each product with a query of its service, and with one of another, that are for tasks of others."""
    queries = [each for each in OPERATIONS.values() if each.does == "get"]
    for place, create in enumerate(CREATES):
        own = OPERATIONS[create].service
        wrong = [each for each in queries if create.removesuffix(".create") not in shown_at(each.id)]
        for found in ([each for each in wrong if (each.service == own) is is_own] for is_own in (True, False)):
            if found:
                yield create, found[place % len(found)].id


@pytest.mark.parametrize(("create", "query"), list(wrong_queries()))
@pytest.mark.parametrize("key", ["mine", "another"])
def test_a_task_on_another_operation_s_path_is_told(create: str, query: str, key: str) -> None:
    client = Client(pace="instant")
    id = client.made(OPERATIONS[create])
    path = path_of(OPERATIONS[query], id)
    answer = client.send("GET", path, key=key, host=host(OPERATIONS[query]))
    layout = SERVICES[OPERATIONS[query].service].layout
    assert answer.status >= 400 or TaskView.of(json.loads(answer.body), layout) is None
    (finding,) = client.judged().findings
    assert finding.check == "polls-the-right-path"
    shown, asked = ", ".join(sorted(shown_at(query))), path.partition("?")[0]
    assert f"a task of {create.removesuffix('.create')} at {asked}, a path of {shown}" in finding.received


@pytest.mark.parametrize(("service", "method", "path"), UNSERVED)
@pytest.mark.parametrize("prefix", ["", "/{service}", "/some/prefix"])
def test_a_path_that_only_the_real_service_has_is_no_mistake(service: str, method: str, path: str, prefix: str) -> None:
    client = Client(prefixes=("some/prefix",))
    first = next(iter(OPERATIONS.values()))
    client.made(first)
    asked = prefix.format(service=service) + re.sub(r"\{\w+\}", "kling-3.0", path)
    assert client.send(method, asked).status in (404, 405)
    found = client.judged(prefixes=("some/prefix",))
    assert found.findings == ()
    assert re.search(rf"\({method} (/kling)?{re.escape(path)} 1\)", dict(found.facts)["not judged"])


@pytest.mark.parametrize(("service", "path"), OF_OTHERS)
def test_a_known_task_where_only_others_can_be_is_told(service: str, path: str) -> None:
    client = Client(services=(service,))
    create = next(OPERATIONS[id] for id in CREATES if id.startswith(service))
    client.send("GET", path.replace("{id}", client.made(create)))
    (finding,) = client.judged().findings
    assert "a path for other tasks" in finding.received


@pytest.mark.parametrize(("create", "way"), [*product(WITH_PROMPT, WAYS)])
def test_a_refusal_is_meant_in_three_ways(create: str, way: str) -> None:
    operation, client = OPERATIONS[create], Client()
    key, headers, mark = WAYS[way]
    wrong = operation.payloads["invalid"]
    payload = merged(example(operation), wrong)
    marked = with_value(operation.task["prompt"], payload, f"A cat{mark}")
    refused = SERVICES[operation.service].errors["invalid"].status
    for _ in range(3):
        assert client.send("POST", operation.path, marked, key, host=host(operation), **headers).status == refused
    found = client.judged()
    assert (found.findings, int(found.status)) == ((), 0)
    assert dict(found.facts)["refusals that were meant"] == "3"
    bare = Client()
    for _ in range(3):
        bare.send("POST", operation.path, with_value(operation.task["prompt"], payload, "A cat"), host=host(operation))
    assert {finding.check for finding in bare.judged().findings} >= {"payloads-keep-the-rules"}


@pytest.mark.parametrize(("create", "way"), [*product(WITH_PROMPT, WAYS)])
def test_what_means_to_be_refused_is_answered_as_if_it_did_not(create: str, way: str) -> None:
    operation, client = OPERATIONS[create], Client()
    key, headers, mark = WAYS[way]
    payload = with_value(operation.task["prompt"], example(operation), f"A cat{mark}")
    answer = client.send("POST", operation.path, payload, key, host=host(operation), **headers)
    assert answer.status == 200
    found = client.judged()
    assert found.findings == ()
    assert dict(found.facts)["accepted, although a refusal was meant"] == f"{create} 1"


def test_accounts_whose_masks_look_alike_are_two() -> None:
    client = Client()
    for key in ("test-1", "test-2"):
        client.fake.faults.add("reset-after x1", account=key)
        client.send("POST", OPERATIONS["kling/omni-image.create"].path, {"prompt": "A cat"}, key)
    entries = [views.whole_exchange(client.fake, entry) for entry in client.fake.requests]
    assert len({each["account"] for each in entries}) == 1
    assert len({each.whose for each in transcript(entries)}) == 2
    assert client.judged().findings == ()


def test_bodies_that_the_journal_cuts_are_not_compared() -> None:
    client, path = Client(), OPERATIONS["kling/omni-image.create"].path
    for last in ("A", "B", "C"):
        assert client.send("POST", path, {"prompt": "x" * 100_000 + last}).status == 400
    found = client.judged()
    assert {finding.check for finding in found.findings} == {"payloads-keep-the-rules"}
    assert [finding.repeat for finding in found.findings] == [None]


def test_a_fault_at_the_request_leaves_no_task_and_is_no_loss() -> None:
    path = OPERATIONS["kling/omni-image.create"].path
    for fault, tasks in (("reset-before", 1), ("reset-after", 2), ("hang", 2), ("reset-during", 2)):
        client = Client()
        client.fake.faults.add(f"{fault} x1 on kling/omni-image.create")
        for _ in range(2):
            client.send("POST", path, {"prompt": "A cat"}, **{"idempotency-key": "one-call"})
        assert len(client.fake.tasks) == tasks
        found = {finding.received for finding in client.judged().findings}
        assert found == ({"the tries of one call made 2 tasks"} if tasks == 2 else set())


@pytest.mark.parametrize("service", SERVICES)
def test_no_operation_answers_on_a_path_that_is_not_served(service: str) -> None:
    client = Client(services=(service,))
    for path, data in SERVICES[service].unserved.items():
        for method in data["methods"]:
            client.send(method, path.replace("{", "x").replace("}", "x"))
    assert [entry.operation for entry in client.fake.requests if entry.operation is not None] == []
