"""Late clients: an answer after the time limit is told as late, and what is sent too late belongs to no later play."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from mockserver.contract.catalog import load
from mockserver.kit.checks import NothingToJudge
from mockserver.kit.client import player
from mockserver.kit.client.checks.registry import CHECKS, findings
from mockserver.kit.client.evidence import Evidence
from mockserver.kit.client.fake_process import FakeProcess
from mockserver.kit.client.plan import PlannedScenario
from mockserver.kit.client.player import FAKE_OPTIONS, Connection, OutOfTime, play
from mockserver.kit.client.scenarios import SCENARIOS
from mockserver.kit.client.testee import ObjectTestee, ProgramTestee, find_testee
from mockserver.kit.client.testee import TesteeFault as Fault
from tests.mutants.clients.reference import Answer, Reference
from tests.support.client_evidence import evidence

KLING = load().services["kling"]
LATE = "gives-up-in-time"


def planned(scenario: str, **changed: Any) -> PlannedScenario:
    return PlannedScenario(KLING, KLING.operations["kling/omni-image.create"], SCENARIOS[scenario], **changed)


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeProcess]:
    with FakeProcess(FAKE_OPTIONS) as running:
        yield running


def found(seen: Evidence) -> list[tuple[str, str]]:
    """Return what the checks of its scenario find in an evidence."""
    received: list[tuple[str, str]] = []
    for check in CHECKS.values():
        if seen.scenario.id in check.scenarios:
            with suppress(NothingToJudge):
                received += [(each.check, each.received) for each in findings(check, seen)]
    return received


class Clock:
    """A clock that a client moves."""

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.passed

    def time(self) -> float:
        return time.time()


@pytest.mark.parametrize("scenario", ["plain", "refused", "down-for-good", "html-page", "task-fails", "answer-lost"])
def test_a_late_answer_is_told_as_late_and_else_judged_as_any_other(
    scenario: str, fake: FakeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(player, "time", clock)

    class Late(Reference):
        def generate(self, request: Answer) -> Answer:
            answer = super().generate(request)
            clock.passed += 31
            return answer

    limit = SCENARIOS[scenario].timeout_seconds
    [(check, received)] = found(play(Connection(ObjectTestee(Late()), fake), planned(scenario)))
    assert check == LATE
    assert received.startswith("the client took 3")
    assert f"s, but its limit was {limit:g} s; the client reported" in received


def test_a_late_error_is_told_once_where_a_timeout_was_due() -> None:
    seen = evidence("never-ends", seconds=31, outcome="error", message="gave up after 12 tries")
    [told] = [text for check, text in found(seen) if check == LATE]
    assert told.startswith(
        "the client took 31.0 s, but its limit was 2 s; the client reported 'error' with the message"
    )


def test_who_never_answers_hangs_and_is_not_late() -> None:
    seen = evidence("plain", seconds=60, fault=Fault("hung", "did not answer 'generate' within 60 s"))
    told = [text for check, text in found(seen) if check == LATE]
    assert told == ["the testee did not answer 'generate' within 60 s, but its limit was 20 s"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_scenario_has_a_time_limit_that_is_checked(scenario: str) -> None:
    assert scenario in CHECKS[LATE].scenarios
    limit = SCENARIOS[scenario].timeout_seconds
    late = evidence(scenario, seconds=limit + 30, outcome="timeout")
    assert len([text for check, text in found(late) if check == LATE]) == 1
    assert [text for check, text in found(replace(late, seconds=limit + 1)) if check == LATE] == []


SLOW = """
import json, os, sys, time
for line in sys.stdin:
    ask = json.loads(line)
    answer = {"name": "slow", "operations": ["kling/omni-image"]}
    if ask["do"] == "generate":
        time.sleep(float(sys.argv[1]))
        answer = {"outcome": "error", "message": f"process {os.getpid()}, request {ask['id']}"}
    print(json.dumps({"id": ask["id"], **answer}), flush=True)
"""


@pytest.mark.torture
def test_a_program_is_not_started_again_because_it_is_late(fake: FakeProcess) -> None:
    testee = ProgramTestee([sys.executable, "-c", SLOW, "11"])
    try:
        connection = Connection(testee, fake)
        first, second = (play(connection, planned("never-ends")) for _ in range(2))
    finally:
        testee.close()
    words = [str(each.answer["message"]).split(", ") for each in (first, second)]
    assert words[0][0] == words[1][0]
    assert [word[1] for word in words] == ["request 2", "request 3"]
    assert min(first.seconds, second.seconds) >= 11


def test_the_start_of_a_program_is_no_time_of_the_clients(fake: FakeProcess, tmp_path: Path) -> None:
    script = tmp_path / "testee.py"
    script.write_text("import time; time.sleep(1)\n" + SLOW)
    testee = ProgramTestee([sys.executable, str(script), "0"])
    try:
        assert play(Connection(testee, fake), planned("plain")).seconds < 1
    finally:
        testee.close()


def test_a_play_is_broken_off_when_the_time_of_the_run_is_over(fake: FakeProcess) -> None:
    class Hanging(Reference):
        def generate(self, request: Answer) -> Answer:
            threading.Event().wait(300)
            return {}

    with pytest.raises(OutOfTime, match="did not return from generate"):
        play(Connection(ObjectTestee(Hanging()), fake), planned("plain"), deadline=time.monotonic() + 0.2)


def _get(first: Answer, path: str, headers: Answer, **query: str) -> None:
    httpx.get(first["base_url"] + path, headers=headers, params=query)


def _create(first: Answer) -> None:
    httpx.post(first["base_url"] + PATH, headers=_bearer(first), json={"prompt": "A cat"})


def _bearer(first: Answer) -> Answer:
    keys, claims = first["credentials"], {"exp": int(time.time()) + 1800}
    token = keys.get("token") or jwt.encode({**claims, "iss": keys["access_key"]}, keys["secret_key"])
    return {"authorization": f"Bearer {token}"}


def _stale(first: Answer) -> Answer:
    claims = {"iss": first["credentials"].get("access_key", "nobody"), "exp": 1}
    return {"authorization": f"Bearer {jwt.encode(claims, 'x' * 32)}"}


PATH = "/v1/images/omni-image"
LATE_REQUESTS: dict[str, Callable[[Answer, str], None]] = {
    "a poll": lambda first, task: _get(first, f"{PATH}/{task}", _bearer(first)),
    "a poll without credentials": lambda first, task: _get(first, f"{PATH}/{task}", {}),
    "a poll on another path": lambda first, task: _get(first, f"/v1/images/{task}/status", {}),
    "a poll with a token that is over": lambda first, task: _get(first, f"{PATH}/{task}", _stale(first)),
    "a download": lambda first, task: _get(first, f"/results/kling/{task}/0.png", {}),
}
"""What a client may send when its play is over, whichever credentials it has."""

LATE_OF_A_TOKEN = {
    **LATE_REQUESTS,
    "a list": lambda first, _: _get(first, PATH, _bearer(first)),
    "a create": lambda first, _: _create(first),
    "a key without its scheme": lambda first, _: _get(first, PATH, {"authorization": first["credentials"]["token"]}),
    "a key in the url": lambda first, _: _get(first, PATH, {}, api_key=first["credentials"]["token"]),
}
"""With a token, of which there is a new one for each play, also what names no task."""


class Straggler(Reference):
    """A client that sends something for its first task when it is asked for the second one."""

    late: Callable[[Answer, str], None]
    first: Answer | None = None

    def generate(self, request: Answer) -> Answer:
        if self.first is None:
            self.first = request
            answer = super().generate(request)
            self.first_task = answer["task_id"]
            return answer
        self.late(self.first, self.first_task)
        answer = super().generate(request)
        self.late(self.first, self.first_task)
        return answer


def _second(fake: FakeProcess, late: Callable[[Answer, str], None], scenario: str, credentials: Any) -> Evidence:
    client = Straggler()
    client.late = late
    connection = Connection(ObjectTestee(client), fake)
    play(connection, planned("plain", credentials=credentials))
    return play(connection, planned(scenario, credentials=credentials))


@pytest.mark.torture
@pytest.mark.parametrize("kind", LATE_OF_A_TOKEN)
def test_what_comes_late_is_not_booked_on_the_next_play(kind: str, fake: FakeProcess) -> None:
    seen = _second(fake, LATE_OF_A_TOKEN[kind], "long-wait", "token")
    assert found(seen) == []
    assert (len(seen.creates), seen.tasks) == (1, 1)
    assert {each.operation for each in seen.transcript} == {"kling/omni-image.create", "kling/omni-image.get"}


@pytest.mark.parametrize("kind", LATE_REQUESTS)
def test_what_comes_late_of_a_client_that_signs_is_known_by_its_task(kind: str, fake: FakeProcess) -> None:
    assert found(_second(fake, LATE_REQUESTS[kind], "long-wait", "jwt")) == []


@pytest.mark.parametrize("kind", ["a poll", "a create"])
def test_what_comes_late_does_not_use_up_what_goes_wrong(kind: str, fake: FakeProcess) -> None:
    seen = _second(fake, LATE_OF_A_TOKEN[kind], "poll-5xx", "token")
    assert [each.status for each in seen.polls][:1] == [500]


@pytest.mark.parametrize("credentials", ["token", "jwt"])
def test_a_client_that_keeps_its_first_credentials_is_seen(credentials: Any, fake: FakeProcess) -> None:
    class Keeping(Reference):
        kept: str | None = None

        def token(self) -> str:
            self.kept = self.kept or super().token()
            return self.kept

    connection = Connection(ObjectTestee(Keeping()), fake)
    for scenario in ("plain", "long-wait"):
        assert found(play(connection, planned(scenario, credentials=credentials))) == []


def test_a_hanging_object_signs_with_a_key_of_its_own(fake: FakeProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "_LATE_SECONDS", 0.0)
    keys: list[str] = []

    class Hanging(Reference):
        def generate(self, request: Answer) -> Answer:
            keys.append(request["credentials"]["access_key"])
            if len(keys) == 2:
                threading.Event().wait(300)
            return super().generate(request)

    connection = Connection(find_testee(Hanging()), fake)
    short = replace(SCENARIOS["plain"], timeout_seconds=1.0)
    for _ in range(4):
        play(connection, replace(planned("plain", credentials="jwt"), scenario=short))
    assert keys[0] == keys[1] != keys[2] == keys[3]


def test_callbacks_arrive_in_the_play_that_they_belong_to(fake: FakeProcess) -> None:
    heard: list[tuple[str, int]] = []
    asked: list[int] = []

    class OneReceiver(Reference):
        """A client that listens on one port for ever, and takes its time with what it hears."""

        def listen(self) -> Answer:
            return super().listen() if not self.url else {"url": self.url}

        def called_back(self, data: Answer) -> None:
            heard.append((data["task_id"], len(asked)))
            time.sleep(0.1)
            super().called_back(data)

        def generate(self, request: Answer) -> Answer:
            asked.append(1)
            self.bell = threading.Event()
            self.server.shutdown, self.server.server_close = (lambda: None), (lambda: None)  # type: ignore[method-assign]
            return super().generate(request)

    client = OneReceiver()
    connection = Connection(ObjectTestee(client), fake)
    for scenario in ("called-back-twice", "called-back-late", "called-back", "called-back-out-of-order"):
        assert found(play(connection, planned(scenario))) == []
    plays: dict[str, set[int]] = {}
    for task, number in heard:
        plays.setdefault(task, set()).add(number)
    assert sorted(map(len, plays.values())) == [1, 1, 1, 1]
