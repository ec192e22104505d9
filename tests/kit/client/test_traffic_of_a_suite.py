"""``mockserver run`` around a test suite as users have one: what is right is no finding, and each fault is one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver.types import JSON
from tests.support.process import ROOT, started

SUITE = ROOT / "tests" / "kit" / "client" / "suite.py"
PACES = ("instant", "polls:3", "real")
SUITES = ("kling", "chainhub", "yutoai", "useapi")
"""The services that the suite is written for."""

FAULTS = {
    "asks_on_no_path": ("polls-the-right-path", r"^GET /v1/nowhere/\d+ is not a path of the service$"),
    "asks_on_the_path_of_another": (
        "polls-the-right-path",
        r"a task of kling/omni-image at /v1/videos/omni-video/\d+, a path of kling/omni-video$",
    ),
    "asks_where_older_images_are": (
        "polls-the-right-path",
        r"a task of kling/omni-image at /v1/images/generations/\d+, a path of kling/generations$",
    ),
    "sends_a_form": ("content-type-is-json", r"^Content-Type is application/x-www-form-urlencoded$"),
    "polls_on": ("stops-at-the-end", r"^\d+ polls in a row came after the state succeed$"),
    "has_its_key_in_the_url": ("no-key-in-the-url", r"^POST /v1/images/omni-image\?api_key=…$"),
    "has_no_bearer": ("credentials-are-a-bearer-token", r"^POST /v1/images/omni-image has the scheme Basic$"),
    "breaks_a_rule": ("payloads-keep-the-rules", r"^/n: "),
    "repeats_its_mistake": ("own-mistakes-are-not-repeated", r"^3 tries of one call were each refused with 400$"),
    "may_repeat_its_mistake": (
        "creates-are-not-repeated-in-vain",
        r"^the same body was .*: if this was one call",
    ),
    "loses_a_task": ("a-lost-answer-makes-no-second-task", r"^the tries of one call made 2 tasks$"),
    "may_lose_a_task": (
        "creates-are-not-repeated-in-vain",
        r"^the answer to a create was lost.*: if this was one call",
    ),
    "gives_no_rest": ("retries-wait", r"^the next try of the call came \d+ ms after one that was answered with 429$"),
    "comes_back_too_early": ("retry-after-is-honoured", r"came after \d+ ms, but Retry-After was 5$"),
}


def run(folder: Path, *names: str, pace: str = "instant", service: str = "kling") -> tuple[int, JSON]:
    """Run a suite, and return the exit status of ``mockserver run`` and its verdict."""
    command = [sys.executable, str(SUITE), *names]
    words = ["run", "--pace", pace, "--report", str(folder), "--", *command]
    ended = subprocess.run(
        [sys.executable, "-m", "mockserver", *words],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "", "SUITE_SERVICE": service},
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.returncode, json.loads((folder / "verdict.json").read_text(encoding="utf-8"))


def assert_clean(folder: Path, pace: str, service: str) -> None:
    status, verdict = run(folder, pace=pace, service=service)
    assert (status, verdict["findings"]) == (0, [])
    facts = {fact["name"]: fact["value"] for fact in verdict["facts"]}
    assert int(facts["refusals that were meant"]) >= 17
    assert facts["not judged"].startswith("1 request to paths of the service that this fake does not serve (")
    assert "exchanges forgotten" not in facts
    assert re.search(r"OPTIONS \S*/images/omni\S* 1", facts["not judged, because no client of a service asks so"])
    assert "accepted, although a refusal was meant" not in facts


def test_a_right_suite_with_refusals_has_no_finding(tmp_path: Path) -> None:
    assert_clean(tmp_path, "instant", "kling")


@pytest.mark.torture
@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("service", SUITES)
def test_a_right_suite_has_none_at_any_pace_and_service(pace: str, service: str, tmp_path: Path) -> None:
    assert_clean(tmp_path, pace, service)


def test_each_fault_of_a_suite_is_told_by_its_name(tmp_path: Path) -> None:
    status, verdict = run(tmp_path, *FAULTS)
    assert status == 1
    for name, (check, told) in FAULTS.items():
        found = [each["received"] for each in verdict["findings"] if each["check"] == check]
        assert any(re.search(told, received) for received in found), (name, found)
    assert verdict["notes"][0] == "Start mockserver serve --pace instant, to which the lines are sent."


@pytest.mark.torture
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_alone_is_told_by_its_name(name: str, tmp_path: Path) -> None:
    check, told = FAULTS[name]
    _, verdict = run(tmp_path, name)
    found = [each["received"] for each in verdict["findings"] if each["check"] == check]
    assert any(re.search(told, received) for received in found), verdict["findings"]


def test_a_line_that_repeats_a_finding_shows_it_again(tmp_path: Path) -> None:
    """The line is sent to a fake that was started as the report says, but for its port: another fake may have that."""
    _, verdict = run(tmp_path, "breaks_a_rule")
    (finding,) = verdict["findings"]
    with started("--pace", "instant") as server:
        line = finding["repeat"].replace("http://127.0.0.1:8080", server.url)
        again = subprocess.run(
            ["sh", "-c", f"MOCKSERVER_TOKEN=me; {line} -si"], check=True, capture_output=True, text=True
        )
    assert "mockserver-rule: n.maximum" in again.stdout
