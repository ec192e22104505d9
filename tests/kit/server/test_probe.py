"""The probe: it records what it sends, waits for a busy server, counts what it creates, and survives any server."""

import json
from collections import Counter
from dataclasses import replace

import httpx
import pytest

from mockserver.contract.catalog import load
from mockserver.kit.server.evidence import Attempt, Purpose, ResultFile, Watched
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.findings import is_busy
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.spending.budget import Budget, Spent
from mockserver.kit.server.transport import Transport
from mockserver.kit.transcript import Exchange
from mockserver.types import JSON, Request, Response
from tests.mutants.servers.harness import NOON, URL, Ask, InMemoryServer, Wrong, prepare

IMAGE = "kling/omni-image.create"
GOOD = {"prompt": "x"}
FILE = ResultFile("one", {})


def probe_of(wrong: Wrong = Wrong(), most: int = 10) -> Probe:  # noqa: B008 # it is frozen
    return prepare("kling", wrong, operation=IMAGE, max_creates=most).probe()


def test_an_exchange_is_recorded_with_what_it_was_for() -> None:
    probe = probe_of()
    operation = probe.target.create_operations[0]
    attempt = probe.create(operation, GOOD, Purpose.CREATE_WATCHED, Watched("one"))
    assert probe.recorder.attempts == (attempt,)
    assert (attempt.exchange.number, attempt.exchange.at, attempt.exchange.operation) == (1, NOON, IMAGE)
    assert (attempt.exchange.status, attempt.exchange.sent, attempt.about, attempt.is_accepted) == (
        200,
        GOOD,
        Watched("one"),
        True,
    )
    assert attempt.exchange.request.headers["authorization"] == "Bearer key-of-mine"


def test_a_path_in_the_url_stands_before_those_of_the_contract() -> None:
    probe = prepare("yutoai").probe()
    target = replace(probe.target, url=f"{URL}/yutoai/")
    transport = Transport(httpx.Client(transport=InMemoryServer()), probe.clock)
    other = Probe(target, transport, Budget(1, 60, probe.clock), probe.clock)
    assert other.ask(target.create_operations[0], GOOD).exchange.request.path == "/yutoai/kling/v1/images/omni-image"


def test_only_what_was_created_counts() -> None:
    probe = probe_of(most=2)
    operation = probe.target.create_operations[0]
    probe.create(operation, {"prompt": 1}, Purpose.BREAK_RULE)
    assert probe.budget.created == 0
    probe.create(operation, GOOD, Purpose.CREATE_WATCHED)
    probe.create(operation, GOOD, Purpose.CREATE_WATCHED)
    with pytest.raises(Spent, match="the 2 tasks of --max-creates were created"):
        probe.create(operation, GOOD, Purpose.CREATE_WATCHED)


def test_a_create_without_an_answer_counts() -> None:
    probe = probe_of(Wrong(lambda ask, request: Response(0)))
    attempt = probe.create(probe.target.create_operations[0], GOOD, Purpose.CREATE_WATCHED)
    assert (attempt.exchange.response, attempt.exchange.fault) == (None, "ReadTimeout: the server does not answer")
    assert probe.budget.created == 1


def test_time_is_kept() -> None:
    probe = probe_of()
    probe.clock.sleep(3_600_000)
    with pytest.raises(Spent, match="seconds of --seconds were over"):
        probe.create(probe.target.create_operations[0], GOOD, Purpose.CREATE_WATCHED)


@pytest.mark.parametrize(
    ("headers", "pause"), [({}, 1000), ({"retry-after": "7"}, 7000), ({"retry-after": "9999999"}, 1000)]
)
def test_a_busy_server_is_asked_again_after_a_pause(headers: dict[str, str], pause: int) -> None:
    answers = [Response(429, b"{}", headers)]

    def respond(ask: Ask, request: Request) -> Response:
        return answers.pop() if answers else ask(request)

    probe = probe_of(Wrong(respond))
    attempt = probe.create(probe.target.create_operations[0], GOOD, Purpose.CREATE_WATCHED, Watched("one"))
    assert attempt.is_accepted
    assert probe.clock.now() == NOON + pause
    assert [(each.purpose, each.about) for each in probe.recorder.attempts] == [
        (Purpose.BUSY, None),
        (Purpose.CREATE_WATCHED, Watched("one")),
    ]
    assert probe.budget.created == 1


def test_a_server_that_is_always_busy_is_not_asked_for_ever() -> None:
    probe = probe_of(Wrong(lambda ask, request: Response(429, b"{}")))
    assert probe.create(probe.target.create_operations[0], GOOD, Purpose.CREATE_WATCHED).exchange.status == 429
    assert len(probe.recorder.attempts) == 9
    assert probe.budget.created == 0


YUNWU = "yunwu/omni-image.create"


@pytest.mark.parametrize(
    ("body", "times"),
    [
        ({"code": 400, "message": "n must be at most 9"}, 1),
        ({"code": 400, "message": "parallel task over resource pack limit"}, 9),
        ({"code": 1302, "message": "slow down"}, 9),
        ({}, 9),
    ],
)
def test_a_gateway_that_answers_everything_with_429_is_asked_again_where_it_was_busy(
    body: dict[str, JSON], times: int
) -> None:
    answer = Response(429, json.dumps(body).encode())
    probe = prepare("yunwu", Wrong(lambda ask, request: answer), operation=YUNWU).probe()
    probe.create(probe.target.create_operations[0], GOOD, Purpose.CREATE_WATCHED)
    assert len(probe.recorder.attempts) == times


@pytest.mark.parametrize("service", load().services)
def test_what_a_service_refuses_is_not_taken_for_being_busy(service: str) -> None:
    expectations, errors = Expectations(load(), load().service(service)), load().service(service).errors
    fields = Counter[str]()  # any name is there

    def busy(id: str) -> bool:
        body = {
            name: str(value).format_map(fields) if isinstance(value, str) else value
            for name, value in errors[id].body.items()
        }
        answer = Response(errors[id].status, json.dumps(body).encode())
        exchange = Exchange(1, 0, 1, None, Request("POST", "/"), answer)
        return is_busy(Attempt(exchange, Purpose.READ), expectations)

    refusals = ("invalid", "missing-task", "duplicate-external-id", "unreadable", "media-type")
    assert [id for id in refusals if id in errors and busy(id)] == []
    assert [id for id in ("too-fast", "no-slot") if id in errors and errors[id].status == 429 and not busy(id)] == []


@pytest.mark.parametrize("url", ["http://[", "http://\u732b.test:99999/", "//", "\ud800"])
def test_a_malformed_url_is_a_fault_of_the_server(url: str) -> None:
    attempt = probe_of().download(url, FILE)
    assert attempt.exchange.response is None
    assert attempt.exchange.fault


@pytest.mark.parametrize("id", ["a/b", "?", "\u732b", "\ud800", "%00", "..", ""])
def test_an_id_stays_one_segment_of_a_path(id: str) -> None:
    probe = probe_of()
    get = probe.expectations.get_operation(probe.target.create_operations[0])
    assert get is not None
    path = probe.ask(get, id=id).exchange.request.path
    assert path.count("/") == 4
    assert path.isascii()


def test_results_are_fetched_without_credentials() -> None:
    asked: list[Request] = []

    def respond(_: Ask, request: Request) -> Response:
        asked.append(request)
        return Response(200, json.dumps({}).encode())

    probe_of(Wrong(respond)).download("http://server.test/results/1?a=b", FILE)
    assert (asked[0].path, asked[0].query) == ("/results/1", "a=b")
    assert "authorization" not in asked[0].headers
