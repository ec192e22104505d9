"""``mockserver check client``: it checks a client, and it never hangs or shows a traceback."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver.cli import main
from mockserver.contract.catalog import load
from mockserver.kit.client.checks.registry import CHECKS
from mockserver.kit.client.plan import PlannedScenario, planned_scenarios, under_other_readings
from mockserver.kit.client.runner import has_stopped_answering
from mockserver.kit.client.scenarios import SCENARIOS
from mockserver.kit.client.testee import Hello
from mockserver.kit.client.testee import TesteeFault as Fault
from mockserver.kit.reports.folder import FILES
from tests.mutants.clients.reference import Answer, Reference

HERE = __name__


class OneOperation(Reference):
    """A client without faults that only offers images."""

    def hello(self) -> Answer:
        return {**super().hello(), "operations": ["kling/omni-image"]}


class Forgetful(OneOperation):
    """A client that loses a field."""

    def body(self, payload: Answer) -> Answer:
        return {name: value for name, value in payload.items() if name != "prompt"}


class Mute(OneOperation):
    """A client that supports nothing that it is asked for."""

    def generate(self, request: Answer) -> Answer:
        return {"outcome": "unsupported", "reason": "it is a holiday"}


class Dying(OneOperation):
    """A client that dies of everything."""

    def generate(self, request: Answer) -> Answer:
        raise MemoryError


class Foreign(OneOperation):
    """A client of another service."""

    def hello(self) -> Answer:
        return {"name": "foreign", "operations": ["kling/omni-imge"]}


def check(*words: str) -> Result:
    return CliRunner().invoke(main, ["check", "client", *words])


def error_line(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (2, ""), result
    (line,) = result.stderr.splitlines()
    assert line.startswith("mockserver: ")
    return line


def test_a_clean_client_keeps_the_contract_and_the_reports_are_written(tmp_path: Path) -> None:
    result = check(f"{HERE}:OneOperation", "--only", "content-type-is-json", "--report", str(tmp_path / "new" / "dir"))
    assert result.exit_code == 0, result.output
    assert "reference keeps the contract: 1 check, 0 findings" in result.stdout.splitlines()[-1]
    assert sorted(path.name for path in (tmp_path / "new" / "dir").iterdir()) == sorted(FILES)


def test_a_broken_promise_is_reported_and_a_baseline_accepts_it(tmp_path: Path) -> None:
    words = (f"{HERE}:Forgetful", "--only", "payload-arrives-unchanged", "--examples", "0")
    result = check(*words, "--report", str(tmp_path))
    assert result.exit_code == 1
    assert "prompt was 'Put the cat on the moon' and is missing" in result.stdout
    findings = json.loads((tmp_path / "verdict.json").read_text())["findings"]
    baseline = tmp_path / "baseline"
    lines = [f"{found['check']} {found['subject']}  # known" for found in findings]
    baseline.write_text("\n".join(dict.fromkeys(lines)))
    assert check(*words, "--baseline", str(baseline)).exit_code == 0


def test_a_line_on_stderr_says_which_scenario_begins() -> None:
    result = check(f"{HERE}:OneOperation", "--only", "waits-for-the-end")
    assert result.stderr.splitlines() == ["[  1/2] kling/omni-image plain", "[  2/2] kling/omni-image long-wait"]
    assert "[  1/2]" not in result.stdout


def test_a_program_that_dies_of_everything_is_soon_not_asked_again(tmp_path: Path) -> None:
    program = (
        "import json, sys\n"
        "ask = json.loads(input())\n"
        "print(json.dumps({'id': ask['id'], 'name': 'a', 'operations': ['kling/omni-image']}), flush=True)\n"
        "input()\nsys.exit('no idea')"
    )
    result = check("--report", str(tmp_path), "--", sys.executable, "-c", program)
    assert result.exit_code == 2
    verdict = json.loads((tmp_path / "verdict.json").read_text())
    assert 3 <= int({fact["name"]: fact["value"] for fact in verdict["facts"]}["times asked"]) <= 4
    assert "no idea" in verdict["obstacle"]


def test_a_client_that_supports_nothing_is_not_judged() -> None:
    result = check(f"{HERE}:Mute", "--only", "content-type-is-json")
    assert result.exit_code == 2
    assert "could not be judged" in result.stdout


def test_a_client_that_dies_of_everything_is_asked_no_more_than_three_times() -> None:
    result = check(f"{HERE}:Dying", "--only", "wire")
    assert result.exit_code == 2
    assert "raised MemoryError" in result.stdout
    assert "times asked: 3" in result.stdout


def test_only_what_there_is_time_for_is_played() -> None:
    result = check(f"{HERE}:OneOperation", "--only", "wire", "--seconds", "0.01")
    assert "times asked: 1" in result.stdout
    assert "the time limit of --seconds had passed" in result.stdout


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--", "no-such-program-at-all"], "the testee 'no-such-program-at-all' cannot be started"),
        (["--", sys.executable, "-c", "pass"], "the testee ended with status 0 instead of answering 'hello'"),
        (["--", sys.executable, "-c", "raise SystemExit('no key')"], "Its stderr ends with: no key"),
        (["--", sys.executable, "-c", "print('hi')"], "not JSON: b'hi"),
        (["no.such.module:Thing"], "the testee 'no.such.module:Thing' cannot be loaded"),
        ([f"{HERE}:Foreign"], "did you mean 'kling/omni-image"),
        ([f"{HERE}:OneOperation", "--operation", "kling/omni-vido"], "did you mean 'kling/omni-video"),
        ([f"{HERE}:OneOperation", "--only", "keeps-task-id"], "did you mean 'keeps-the-task-id'"),
        ([f"{HERE}:OneOperation", "--skip", "keeps-task-id"], "did you mean 'keeps-the-task-id'"),
        ([f"{HERE}:OneOperation", "--baseline", "/no/such/file"], "/no/such/file: No such file"),
        ([f"{HERE}:OneOperation", "--report", "/dev/null/x"], "--report: '/dev/null/x' cannot be made"),
        ([f"{HERE}:OneOperation", "--seconds", "0"], "--seconds"),
        ([], "Missing argument 'TESTEE...'"),
    ],
)
def test_a_mistake_is_told_in_one_line(words: list[str], text: str) -> None:
    assert text in error_line(check(*words))


def planned() -> list[PlannedScenario]:
    hello = Hello("a", "1", ("kling/omni-image",), True, ("token", "jwt"))
    return planned_scenarios(load(), hello, list(CHECKS.values()))[0]


def test_everything_is_played_that_a_client_supports() -> None:
    assert {each.scenario.id for each in planned()} == SCENARIOS.keys() - {"moderation-500"}
    silent = Hello("a", "1", ("kling/omni-video",), False, ("token",))
    played, skipped = planned_scenarios(load(), silent, list(CHECKS.values()))
    assert not {each.scenario.id for each in played} & {"called-back", "signed", "several-results"}
    assert {skip.check: skip.reason for skip in skipped} == {
        "jwt-has-its-claims": "a does not take jwt credentials",
        "an-expired-token-is-renewed-once": "a does not take jwt credentials",
        "a-token-is-not-renewed-for-ever": "a does not take jwt credentials",
        "a-moderation-500-is-not-repeated": "the contract of kling names no fault 'moderation-500'",
        "callbacks-lead-to-the-end": "a does not listen for callbacks",
        "callbacks-spare-polls": "a does not listen for callbacks",
        "a-stranger-is-not-believed": "a does not listen for callbacks",
        "another-task-is-not-taken-for-its-own": "a does not listen for callbacks",
        "tokens-are-signed-with-the-secret": "a does not take jwt credentials",
    }


def test_each_other_reading_is_played_with_the_scenarios_that_can_show_it() -> None:
    catalog = load()
    questions = catalog.services["kling"].questions.values()
    others = {f"{question.id}={reading}" for question in questions for reading in question.readings}
    others -= {f"{question.id}={question.default}" for question in questions}
    found = under_other_readings(planned())
    assert {str(each.choice) for each in found} == others
    assert {each.scenario.id for each in found} == {"plain", "task-fails", "several-results"}


HUNG, DIED = Fault("hung", "hung"), Fault("died", "died")


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ([], False),
        ([HUNG, HUNG], False),
        ([HUNG, HUNG, HUNG], True),
        ([DIED, HUNG, DIED], True),
        ([DIED, DIED, DIED, DIED], True),
        ([None, DIED, DIED, DIED], False),
        ([None, HUNG, HUNG, HUNG], True),
        ([HUNG, HUNG, None], False),
    ],
)
def test_a_testee_that_stops_answering_is_not_asked_again(faults: list[Any], expected: bool) -> None:
    assert has_stopped_answering(faults) is expected
