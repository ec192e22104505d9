"""Traffic: what the journal alone shows of a client, and ``mockserver run`` around it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver.cli import main
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.traffic import AGAIN, IN_TIME, OF_A_JOB, OF_ALL, OF_RESULTS, REFUSED, verdict
from mockserver.kit.reports.folder import FILES
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.types import JSON, Request
from tests.support.client_evidence import NOON, PATH, TASK, create, created, fetch, poll, refused, said, state

LIMITED = said(429, {"code": 1303, "message": "slow", "request_id": "r"}, retry_after="2")
DONE = poll(state("succeed", "http://a/1.png"))
NAMED: JSON = {"prompt": "A cat", "external_task_id": "mine"}
RULE = {
    "rule": "n.maximum",
    "pointer": "/n",
    "level": "error",
    "fact": "is more than 9",
    "description": "How many.",
    "source": "kling 1.2",
}

KEY = {"idempotency-key": "one-call"}
OTHERS = "/v1/videos/omni-video"
DOWN = refused(503, 5001)
UNREFUSED = create(created(), refusal_meant_by="header")


def at(exchange: Exchange, millis: int) -> Exchange:
    """Return an exchange at a time after the first second."""
    return replace(exchange, at=NOON + 1000 + millis)


def again(*exchanges: Exchange) -> list[Exchange]:
    """Return tries of which the client says that they are one call."""
    return [replace(each, request=replace(each.request, headers={**each.request.headers, **KEY})) for each in exchanges]


def meant(exchange: Exchange, way: str = "header") -> Exchange:
    return replace(exchange, refusal_meant_by=way)


def unknown(path: str, method: str = "GET", status: int = 404, **changed: Any) -> Exchange:
    """Return a request to a path of no operation."""
    answer = refused(status, 1203, **changed.pop("answered", {}))
    return replace(poll(answer, path=path, operation=None), request=Request(method, path), **changed)


CLEAN: Mapping[str, Sequence[Exchange]] = {
    "a job": [create(created()), poll(state("processing")), DONE, DONE],
    "a download": [create(created()), DONE, fetch()],
    "a 429 that is waited for": [*again(create(LIMITED), at(create(created()), 9000)), DONE],
    "a lost answer": [create(None), create(refused(), {"prompt": "Another"})],
    "a lost answer, and a name that keeps it one task": again(create(None, NAMED), create(created(), NAMED)),
    "a lost answer, and the next create is refused": [create(None), create(refused()), create(refused(401, 1000))],
    "an own name with letters of a path": [
        create(created(), {"prompt": "A cat", "external_task_id": "a/b c"}),
        poll(state("processing"), "a%2Fb%20c"),
    ],
    "a lost refusal": again(create(None, lost=refused()), create(created())),
    "a connection that is reset before anything is done": again(create(None, lost=said(503, b"")), create(created())),
    "a success that is wanted again": [create(created()), at(create(created("9")), 1)],
    "two refusals of two payloads": [create(refused()), create(refused(), {"prompt": "Another"})],
    "three tests with the same refused payload": [create(refused())] * 3,
    "the same from two accounts": [create(refused(), account=name, violations=()) for name in ("one", "two")],
    "a refusal a while later": [create(refused()), at(create(refused()), 100_000)],
    "a warning": [create(created(), violations=({**RULE, "level": "warning"},)), DONE],
    "a second region after 401": [create(refused(401, 1000)), at(create(refused(401, 1000)), 1)],
    "a token that is renewed after 401": again(create(refused(401, 1004)), at(create(created()), 1)),
    "two tests side by side find the service down": [create(DOWN), at(create(DOWN), 1)],
    "two tests side by side are too many": [create(LIMITED), at(create(LIMITED), 1)],
    "a 429 that asks for no pause": again(create(refused(429, 1302)), at(create(created()), 400)),
    "a 429 that may be tried again at once": again(create(said(429, {}, retry_after="0")), at(create(created()), 400)),
    "a Retry-After that nobody can read": again(create(said(429, {}, retry_after="soon")), at(create(created()), 400)),
    "another key asks": [create(created(), account="one"), poll(refused(404, 1203), account="two"), DONE],
    "an access key asks after a token": [create(created(), account="one"), poll(refused(), account="two", claims={})],
    "an id that nobody has": [create(created()), poll(refused(404, 1203), "another")],
    "an id before anything was created": [poll(refused(404, 1203), "another")],
    "another's own name": [
        create(created(), NAMED, account="one"),
        poll(refused(404, 1203), path=f"{OTHERS}/mine", operation="kling/omni-video.get", account="two"),
    ],
    "two tests read the end": [create(created()), *[DONE] * 4],
    "many tests read the end, each after one of its own": [create(created()), *[DONE, create(created("9"))] * 6],
    "the end is read by two clients": [create(created()), *[DONE, replace(DONE, account="other")] * 6],
    "a test steps through the states": [create(created()), *[at(poll(state("processing")), 1)] * 9, DONE],
    "lists": [create(created()), *[at(poll(path=PATH, operation="kling/omni-image.list"), 1)] * 20],
    "a scheme in small letters": [create(created(), scheme="bearer")],
    "a page of a list": [create(created()), poll(query="page_token=1234&sort_key=up")],
    "meant by a header": [create(created()), *[meant(create(refused(), violations=(RULE,)))] * 3],
    "meant by a name": [meant(create(refused(401, 1000), scheme=None), "name"), create(created())],
    "meant on no path": [meant(unknown("/v1/nowhere")), create(created())],
    "meant, with HTTP 200": [meant(create(refused(200, 5000), query="api_key=1")), create(created())],
    "only the real service": [create(created()), *[unknown("/v1/account/costs")] * 2],
    "a look at the server": [create(created()), unknown("/", scheme=None), unknown(PATH, "OPTIONS", scheme=None)],
    "no HTTP at all": [create(created()), unknown("", "GET", 400), unknown(PATH, "POST", 408)],
}

BROKEN: Sequence[tuple[str, str, Sequence[Exchange]]] = [
    ("polls-the-right-path", "GET /v1/tasks is not a path", [create(created()), unknown("/v1/tasks")]),
    (
        "polls-the-right-path",
        f"DELETE {PATH}/1: the service has this path for GET",
        [unknown(f"{PATH}/1", "DELETE", answered={"allow": "GET"})],
    ),
    (
        "polls-the-right-path",
        f"a task of kling/omni-image at {OTHERS}/{TASK}, a path of kling/omni-video",
        [create(created()), poll(refused(), path=f"{OTHERS}/{TASK}", operation="kling/omni-video.get")],
    ),
    (
        "polls-the-right-path",
        f"a task of kling/omni-image at {OTHERS}/mine, a path of kling/omni-video",
        [create(created(), NAMED), poll(refused(), path=f"{OTHERS}/mine", operation="kling/omni-video.get")],
    ),
    (
        "polls-the-right-path",
        f"a task of kling/omni-image at /v1/images/generations/{TASK}, a path of kling/generations",
        [create(created()), poll(refused(), path=f"/v1/images/generations/{TASK}", operation="kling/generations.get")],
    ),
    (
        "polls-the-right-path",
        "but the task is 756247381086029497: its id was rounded as a number",
        [create(created("756247381086029497")), poll(refused(), "756247381086029400")],
    ),
    ("credentials-are-a-bearer-token", "the scheme Basic", [create(refused(401, 1002), scheme="Basic")]),
    ("no-key-in-the-url", "api_key=…", [create(created(), query="api_key=1"), DONE]),
    ("results-are-fetched-without-credentials", "Authorization: Bearer", [create(created()), DONE, fetch("Bearer")]),
    ("results-are-fetched-without-credentials", "token=… has", [create(created()), DONE, fetch(query="token=1")]),
    ("content-type-is-json", "text/plain", [create(refused(), headers={"content-type": "text/plain"})]),
    ("content-type-is-json", "there is no", [create(refused(), headers={"content-type": ""})]),
    ("stops-at-the-end", "4 polls in a row came after the state succeed", [create(created()), *[DONE] * 5]),
    ("own-mistakes-are-not-repeated", "2 tries of one call", again(create(refused()), at(create(refused()), 99_000))),
    ("a-lost-answer-makes-no-second-task", "made 2 tasks", again(create(None), create(created()))),
    (
        "a-lost-answer-makes-no-second-task",
        "made 2 tasks",
        again(create(None, lost=created()), create(created("9"))),
    ),
    ("retry-after-is-honoured", "Retry-After was 2", again(create(LIMITED), at(create(created()), 500))),
    (
        "retry-after-is-honoured",
        "Retry-After was 5",
        again(create(said(429, {}, retry_after="5")), at(create(created()), 2000)),
    ),
    ("retries-wait", "1 ms after one that was answered with 503", again(create(DOWN), at(create(created()), 1))),
    (
        "polls-at-a-sane-pace",
        "11 polls in a row",
        [create(created()), *[at(poll(state("processing")), step) for step in range(1, 20)]],
    ),
    (REFUSED.id, "/n: is more than 9", [create(refused(), violations=(RULE,))]),
    (AGAIN.id, "if this was one call of the client, it may have a second task", [create(None), create(created())]),
    (
        AGAIN.id,
        "came 4 times in a row, each too soon after 503: if this was one call",
        [create(DOWN), *[at(create(DOWN), step) for step in (1, 2, 3)]],
    ),
]


def placed(exchanges: Sequence[Exchange]) -> Transcript:
    return Transcript(
        tuple(
            replace(each, number=number, at=each.at or NOON + number * 1000)
            for number, each in enumerate(exchanges, start=1)
        )
    )


@pytest.mark.parametrize("exchanges", CLEAN.values(), ids=CLEAN)
def test_nothing_is_found_where_nothing_is_wrong(exchanges: Sequence[Exchange]) -> None:
    assert verdict("npm test", placed(exchanges)).findings == ()


@pytest.mark.parametrize(("check", "told", "exchanges"), BROKEN)
def test_what_is_wrong_is_found_and_named(check: str, told: str, exchanges: Sequence[Exchange]) -> None:
    found = verdict("npm test", placed(exchanges))
    assert {finding.check for finding in found.findings} == {check}
    assert any(told in finding.received for finding in found.findings)
    assert check in {made.id for made in found.made}


@pytest.mark.parametrize("exchanges", [*CLEAN.values(), *(each for *_, each in BROKEN)])
def test_what_means_to_be_refused_and_is_refused_is_never_a_finding(exchanges: Sequence[Exchange]) -> None:
    refused = [meant(each) for each in exchanges if each.status is not None and each.status >= 400]
    found = verdict("npm test", placed([create(created()), *refused]))
    assert found.findings == ()
    assert dict(found.facts).get("refusals that were meant", "0") == str(len(refused))


def test_the_same_broken_payload_three_times_is_told_with_an_if() -> None:
    found = verdict("npm test", placed([create(refused(), violations=(RULE,))] * 3))
    assert {finding.check for finding in found.findings} == {REFUSED.id, AGAIN.id}
    (again,) = found.of(AGAIN.id)
    told = "refused with 400 3 times within 2000 ms: if this was one call of the client, it repeats its own mistakes"
    assert told in again.received


def test_every_check_of_traffic_is_tried() -> None:
    assert {check for check, *_ in BROKEN} == {*OF_ALL, *OF_RESULTS, *OF_A_JOB, *IN_TIME, REFUSED.id, AGAIN.id}
    assert CHECKS.keys() >= {*OF_ALL, *OF_RESULTS, *OF_A_JOB, *IN_TIME}


def test_a_line_that_repeats_a_finding_reaches_a_fake_that_can_be_started() -> None:
    port = next(option.default for option in main.commands["serve"].params if option.name == "port")
    for _, _, exchanges in BROKEN:
        for finding in verdict("npm test", placed(exchanges)).findings:
            assert f"http://127.0.0.1:{port}/" in str(finding.repeat)


def test_a_line_repeats_the_scheme_that_was_wrong() -> None:
    (finding,) = verdict("a", placed([create(refused(401, 1002), scheme="Basic")])).findings
    assert '"authorization: Basic $MOCKSERVER_TOKEN"' in str(finding.repeat)


def test_a_body_that_was_cut_is_not_repeated() -> None:
    cut = create(refused(), b'{"prompt": "A ca', violations=(RULE,), is_whole=False)
    (finding,) = verdict("a", placed([cut, cut])).findings
    assert (finding.payload, finding.repeat) == (None, None)


def test_a_wrong_path_of_many_tasks_is_told_once() -> None:
    wrong = [unknown(f"/v1/tasks/{number}") for number in range(100)]
    assert len(verdict("a", placed(wrong)).findings) == 1
    everywhere = [unknown(f"/v1/tasks-{number}/1") for number in range(100)]
    assert len(verdict("a", placed(everywhere)).findings) == 5


def test_what_only_the_real_service_has_is_told_and_not_judged() -> None:
    only = [*[unknown("/v1/account/costs")] * 3]
    told = "3 requests to paths of the service that this fake does not serve (GET /v1/account/costs 3)"
    assert dict(verdict("a", placed([create(created()), *only])).facts)["not judged"] == told
    alone = verdict("a", placed(only))
    assert (alone.obstacle, int(alone.status)) == (f"all that came is {told}", 2)


def test_a_prefix_of_the_fake_is_one_of_the_paths_that_it_does_not_serve() -> None:
    proxied = placed([create(created()), unknown("/proxy/kling/v1/account/costs")])
    assert len(verdict("a", proxied).findings) == 1
    assert verdict("a", proxied, prefixes=("proxy/kling",)).findings == ()


def test_looks_at_the_server_are_no_traffic() -> None:
    found = verdict("a", placed([unknown("/", "HEAD"), unknown("/health", scheme=None)]))
    assert found.obstacle is not None
    assert found.obstacle.startswith("only requests of no client reached the fake. Let the client read its base URL")


@pytest.mark.parametrize(
    ("exchanges", "told"),
    [
        ([UNREFUSED], "kling/omni-image.create 1"),
        ([UNREFUSED, meant(create(refused(), {"n": 0}))], "kling/omni-image.create 1"),
        ([UNREFUSED, meant(create(refused()))], None),
        ([meant(UNREFUSED, "name"), meant(create(refused(), {"n": 0}), "name")], None),
        ([meant(create(None))], None),
    ],
)
def test_what_means_to_be_refused_and_never_is_is_told(exchanges: Sequence[Exchange], told: str | None) -> None:
    found = verdict("a", placed(exchanges))
    assert found.findings == ()
    assert dict(found.facts).get("accepted, although a refusal was meant") == told


def test_exchanges_for_which_there_was_no_room_are_counted() -> None:
    found = verdict("a", placed([create(created())]), forgotten=7)
    assert dict(found.facts)["exchanges forgotten"] == "7: there was no more room for them"


def test_how_results_are_fetched_is_judged_only_where_one_is() -> None:
    skipped = {skip.check: skip.reason for skip in verdict("npm test", placed([create(created()), DONE])).skipped}
    assert skipped == dict.fromkeys(OF_RESULTS, "no result was downloaded")


def test_a_refused_payload_names_its_rule() -> None:
    (finding,) = verdict("npm test", placed([create(refused(), {"n": 20}, violations=(RULE,))])).findings
    assert (finding.rule, finding.subject, finding.payload) == ("n.maximum", "kling/omni-image n.maximum", {"n": 20})
    assert finding.source == "kling 1.2"


def test_times_are_not_judged_where_the_clock_is_not_the_machine_s() -> None:
    for check, _, exchanges in BROKEN:
        found = verdict("npm test", placed(exchanges), is_timed=False)
        assert {skip.check for skip in found.skipped} >= {*IN_TIME}
        assert check not in IN_TIME or found.findings == ()
        assert not any(re.search(r"\d ms", finding.received) for finding in found.findings)


def test_without_traffic_nothing_is_judged() -> None:
    found = verdict("true", Transcript())
    assert (found.made, int(found.status)) == ((), 2)
    assert {skip.check for skip in found.skipped} == {
        *(*OF_ALL, *OF_RESULTS, *OF_A_JOB, *IN_TIME, REFUSED.id, AGAIN.id)
    }


def test_the_facts_tell_what_was_touched() -> None:
    facts = dict(verdict("a", placed([create(refused(), violations=(RULE,)), DONE, DONE])).facts)
    assert facts["operations"] == "kling/omni-image.create 1, kling/omni-image.get 2"
    assert facts["rules broken"] == "kling/omni-image n.maximum (error) 1"


CLIENT = """
import json, os, sys, urllib.request
def ask(path, body=None):
    headers = {"authorization": "Bearer " + os.environ["KLING_API_KEY"], "content-type": "application/json"}
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(os.environ["KLING_BASE_URL"] + path, data, headers)
    return json.load(urllib.request.urlopen(request))["data"]
assert os.environ["MOCKSERVER_URL"] == os.environ["KLING_BASE_URL"]
task = ask("/v1/images/omni-image", {"prompt": "A cat"})["task_id"]
assert ask("/v1/images/omni-image/" + task)["task_status"] == "succeed"
exec(sys.argv[1])
"""


def run(code: str, *words: str) -> Result:
    return CliRunner().invoke(main, ["run", "--pace", "instant", *words, "--", sys.executable, "-c", CLIENT, code])


STEER = """
def steer(path):
    base = os.environ["KLING_BASE_URL"] + "/_mock/"
    urllib.request.urlopen(urllib.request.Request(base + path, b"{}", method="POST"))
"""


def test_what_a_reset_clears_is_judged_all_the_same() -> None:
    result = run(STEER + "for _ in range(5): ask('/v1/images/omni-image/' + task)\nsteer('reset')")
    assert result.exit_code == 1, result.output
    assert "5 polls in a row came after the state succeed" in result.stderr
    assert "exchanges: 7\n" in result.stderr


def test_times_are_not_judged_once_the_clock_was_touched() -> None:
    result = run(STEER + "steer('clock/freeze')\nsteer('clock/resume')")
    assert result.exit_code == 0, result.output
    assert f"{', '.join(IN_TIME)}: the fake's clock was stopped or set" in result.stderr


def test_a_clean_command_ends_as_it_did(tmp_path: Path) -> None:
    result = run("", "--key", "key-of-mine", "--report", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "kling/omni-image.create 1" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    assert json.loads((tmp_path / "verdict.json").read_text())["findings"] == []


def test_a_broken_contract_is_1_unless_it_is_accepted(tmp_path: Path) -> None:
    result = run("for _ in range(5): ask('/v1/images/omni-image/' + task)")
    assert result.exit_code == 1
    assert "stops-at-the-end" in result.stderr
    baseline = tmp_path / "baseline"
    baseline.write_text("stops-at-the-end kling/omni-image  # known\n")
    assert run("for _ in range(5): ask('/v1/images/omni-image/' + task)", "--baseline", str(baseline)).exit_code == 0


@pytest.mark.parametrize(("code", "status"), [("sys.exit(7)", 7), ("os.kill(os.getpid(), 9)", 137)])
def test_a_command_that_fails_fails(code: str, status: int) -> None:
    assert run(code).exit_code == status


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--", "no-such-program-at-all"], "COMMAND: 'no-such-program-at-all' cannot be run"),
        (["--fault", "nonsense", "--", "true"], "no fault 'nonsense'"),
        (["--pace", "nonsense", "--", "true"], "nonsense"),
        (["--baseline", "/no/such", "--", "true"], "/no/such"),
        ([], "Missing argument 'COMMAND...'"),
    ],
)
def test_a_mistake_is_told_in_one_line(words: list[str], text: str) -> None:
    result = CliRunner().invoke(main, ["run", *words])
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert text in line
