"""The probe: it notes what it sends, waits where there is no room, counts what it makes, and survives any server."""

import json
from dataclasses import replace

import httpx
import pytest

from mockserver.kit.server.budget import Budget, Spent
from mockserver.kit.server.probe import Probe
from mockserver.types import Request, Response
from tests.mutants.servers.stage import NOON, URL, Ask, Stage, Wrong, trial

IMAGE = "kling/omni-image.create"
GOOD = {"prompt": "x"}


def before(wrong: Wrong = Wrong(), most: int = 10) -> Probe:  # noqa: B008 # it is frozen
    return trial("kling", wrong, operation=IMAGE, max_creates=most).probe()


def test_an_exchange_is_noted_with_what_it_was_for() -> None:
    found = before()
    operation = found.target.operations[0]
    trial = found.create(operation, GOOD, "live", order="one")
    assert found.trials == (trial,)
    assert (trial.exchange.number, trial.exchange.at, trial.exchange.operation) == (1, NOON, IMAGE)
    assert (trial.exchange.status, trial.exchange.sent, trial.order, trial.is_accepted) == (200, GOOD, "one", True)
    assert trial.exchange.request.headers["authorization"] == "Bearer key-of-mine"


def test_a_path_in_the_url_stands_before_those_of_the_contract() -> None:
    found = trial("yutoai").probe()
    target = replace(found.target, url=f"{URL}/yutoai/")
    client = httpx.Client(transport=Stage())
    other = Probe(target, client, Budget(1, 60, found.clock), clock=found.clock)
    assert other.ask(target.operations[0], GOOD).exchange.request.path == "/yutoai/kling/v1/images/omni-image"


def test_only_what_was_made_counts() -> None:
    found = before(most=2)
    operation = found.target.operations[0]
    found.create(operation, {"prompt": 1}, "refuse")
    assert found.budget.made == 0
    found.create(operation, GOOD, "live")
    found.create(operation, GOOD, "live")
    with pytest.raises(Spent, match="the 2 tasks of --max-creates were made"):
        found.create(operation, GOOD, "live")


def test_a_create_without_an_answer_counts() -> None:
    found = before(Wrong(lambda ask, request: Response(0)))
    trial = found.create(found.target.operations[0], GOOD, "live")
    assert (trial.exchange.response, trial.exchange.fault) == (None, "ReadTimeout: the server does not answer")
    assert found.budget.made == 1


def test_time_is_kept() -> None:
    found = before()
    found.clock.sleep(3_600_000)
    with pytest.raises(Spent, match="seconds of --seconds were over"):
        found.create(found.target.operations[0], GOOD, "live")


@pytest.mark.parametrize(
    ("headers", "pause"), [({}, 1000), ({"retry-after": "7"}, 7000), ({"retry-after": "9999999"}, 1000)]
)
def test_who_is_told_that_there_is_no_room_waits_and_asks_again(headers: dict[str, str], pause: int) -> None:
    answers = [Response(429, b"{}", headers)]

    def respond(ask: Ask, request: Request) -> Response:
        return answers.pop() if answers else ask(request)

    found = before(Wrong(respond))
    trial = found.create(found.target.operations[0], GOOD, "live", order="one")
    assert trial.is_accepted
    assert found.clock.now() == NOON + pause
    assert [(each.aim, each.order) for each in found.trials] == [("busy", None), ("live", "one")]
    assert found.budget.made == 1


def test_a_server_that_never_has_room_is_not_asked_for_ever() -> None:
    found = before(Wrong(lambda ask, request: Response(429, b"{}")))
    assert found.create(found.target.operations[0], GOOD, "live").exchange.status == 429
    assert len(found.trials) == 9
    assert found.budget.made == 0


@pytest.mark.parametrize("url", ["http://[", "http://\u732b.test:99999/", "//", "\ud800"])
def test_a_url_that_is_none_is_a_fault_of_the_server(url: str) -> None:
    trial = before().fetch(url)
    assert trial.exchange.response is None
    assert trial.exchange.fault


@pytest.mark.parametrize("id", ["a/b", "?", "\u732b", "\ud800", "%00", "..", ""])
def test_an_id_stays_one_segment_of_a_path(id: str) -> None:
    found = before()
    shows = found.terms.beside(found.target.operations[0], "get")
    assert shows is not None
    path = found.ask(shows, id=id).exchange.request.path
    assert path.count("/") == 4
    assert path.isascii()


def test_results_are_fetched_without_credentials() -> None:
    asked: list[Request] = []

    def respond(_: Ask, request: Request) -> Response:
        asked.append(request)
        return Response(200, json.dumps({}).encode())

    before(Wrong(respond)).fetch("http://server.test/results/1?a=b")
    assert (asked[0].path, asked[0].query) == ("/results/1", "a=b")
    assert "authorization" not in asked[0].headers
