"""Traffic: what the journal alone shows of a client, and ``mockserver run`` around it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver.cli import main
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.traffic import IN_TIME, OF_A_JOB, OF_ALL, OF_RESULTS, REFUSED, verdict
from mockserver.kit.reports.folder import FILES
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.types import JSON
from tests.support.client_evidence import NOON, create, created, fetch, poll, refused, said, state

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

CLEAN: Sequence[Sequence[Exchange]] = [
    [create(created()), poll(state("processing")), DONE, DONE],
    [create(created()), DONE, fetch()],
    [create(LIMITED), replace(create(created()), at=NOON + 9000), DONE],
    [create(None), create(refused(), {"prompt": "Another"})],
    [create(None, NAMED), create(created(), NAMED)],
    [create(created()), replace(create(created("9")), at=NOON + 2001)],
    [create(refused()), create(refused(), {"prompt": "Another"})],
    [create(refused()), replace(create(refused()), at=NOON + 100_000)],
    [create(refused(), account="one"), create(refused(), account="two")],
    [create(created(), violations=({**RULE, "level": "warning"},)), DONE],
]

BROKEN: Sequence[tuple[str, Sequence[Exchange]]] = [
    ("polls-the-right-path", [create(created()), poll(refused(), "another")]),
    ("polls-the-right-path", [poll(refused(404, 1203), path="/v1/tasks", operation=None)]),
    ("credentials-are-a-bearer-token", [create(refused(401, 1002), scheme="Basic")]),
    ("no-key-in-the-url", [create(created(), query="api_key=1"), DONE]),
    ("results-are-fetched-without-credentials", [create(created()), DONE, fetch(scheme="Bearer")]),
    ("content-type-is-json", [create(created(), headers={"content-type": "text/plain"})]),
    ("stops-at-the-end", [create(created()), *[DONE] * 5]),
    ("own-mistakes-are-not-repeated", [create(refused()), create(refused())]),
    ("a-lost-answer-makes-no-second-task", [create(None), create(created())]),
    ("retry-after-is-honoured", [create(LIMITED), replace(create(created()), at=NOON + 1500)]),
    ("retries-wait", [create(refused(500, 5000)), replace(create(created()), at=NOON + 1001)]),
    ("polls-at-a-sane-pace", [create(created()), poll(state("processing")), replace(DONE, at=NOON + 2001)]),
    (REFUSED.id, [create(refused(), violations=(RULE,))]),
]


def placed(exchanges: Sequence[Exchange]) -> Transcript:
    return Transcript(
        tuple(
            replace(each, number=number, at=each.at or NOON + number * 1000)
            for number, each in enumerate(exchanges, start=1)
        )
    )


@pytest.mark.parametrize("exchanges", CLEAN)
def test_nothing_is_found_where_nothing_is_wrong(exchanges: Sequence[Exchange]) -> None:
    assert verdict("npm test", placed(exchanges)).findings == ()


@pytest.mark.parametrize(("check", "exchanges"), BROKEN)
def test_what_is_wrong_is_found(check: str, exchanges: Sequence[Exchange]) -> None:
    found = verdict("npm test", placed(exchanges))
    assert {finding.check for finding in found.findings} == {check}
    assert check in {made.id for made in found.made}


def test_every_check_of_traffic_is_tried() -> None:
    assert {check for check, _ in BROKEN} == {*OF_ALL, *OF_RESULTS, *OF_A_JOB, *IN_TIME, REFUSED.id}
    assert CHECKS.keys() >= {*OF_ALL, *OF_RESULTS, *OF_A_JOB, *IN_TIME}


def test_how_results_are_fetched_is_judged_only_where_one_is() -> None:
    skipped = {skip.check: skip.reason for skip in verdict("npm test", placed([create(created()), DONE])).skipped}
    assert skipped == dict.fromkeys(OF_RESULTS, "no result was downloaded")


def test_a_refused_payload_names_its_rule() -> None:
    (finding,) = verdict("npm test", placed([create(refused(), {"n": 20}, violations=(RULE,))])).findings
    assert (finding.rule, finding.subject, finding.payload) == ("n.maximum", "kling/omni-image n.maximum", {"n": 20})
    assert finding.source == "kling 1.2"


def test_times_are_not_judged_where_the_clock_is_not_the_machine_s() -> None:
    found = verdict("npm test", placed(BROKEN[-2][1]), is_timed=False)
    assert found.findings == ()
    assert {skip.check for skip in found.skipped} == {*IN_TIME, *OF_RESULTS}


def test_without_traffic_nothing_is_judged() -> None:
    found = verdict("true", Transcript())
    assert (found.made, int(found.status)) == ((), 2)
    assert {skip.check for skip in found.skipped} == {*OF_ALL, *OF_RESULTS, *OF_A_JOB, *IN_TIME, REFUSED.id}


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
