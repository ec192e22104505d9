"""What both suites share: their options, and one verdict for all cases of a suite.

A judge runs once, however many workers pytest-xdist has: where there are any, it runs before they start, and each of
them is handed the verdict.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest

from mockserver import kit
from mockserver.errors import MissingPackage, MockserverError
from mockserver.extras import require
from mockserver.kit import Verdict
from mockserver.kit.reports.verdict_json import as_json, from_json

Judge = Callable[[str], None]
"""Fails, skips or passes the test of the check of that id."""

_VERDICTS = pytest.StashKey[dict[str, Verdict]]()


class Worker(Protocol):
    """What pytest-xdist knows of a worker that is about to start."""

    config: pytest.Config
    workerinput: dict[str, Any]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of both suites."""
    group = parser.getgroup("mockserver contract tests")
    group.addoption("--server", metavar="URL", help="judge the server at URL")
    group.addoption("--service", metavar="NAME", help="the contract of the server; default: kling")
    group.addoption("--token", metavar="TOKEN", help="an API key for the server")
    group.addoption("--other-token", metavar="TOKEN|AK:SK", help="a key of another account of the server")
    group.addoption("--max-creates", metavar="N", type=int, help="create at most N tasks; default: 50")
    group.addoption("--max-units", metavar="UNITS", type=float, help="create no tasks that cost more units in all")
    group.addoption("--testee", metavar="COMMAND", help="judge the client behind COMMAND, quoted as one word")
    group.addoption("--only", metavar="CHECK", action="append", help="make this check or family only; repeatable")
    group.addoption("--examples", metavar="N", type=int, help="payloads drawn for a client; default: 10")


def pytest_configure(config: pytest.Config) -> None:
    """Ask for a subject, where there is none, and for the packages that judging one takes."""
    try:
        require("contract_tests", "httpx", "hypothesis")
    except MissingPackage as error:
        raise pytest.UsageError(str(error)) from error
    if not _subjects(config):
        raise pytest.UsageError("nobody to judge: give --server URL, --testee COMMAND, or both")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the suite that there is no subject for; ``None`` leaves the decision to others."""
    suite = collection_path.stem.removeprefix("test_")
    return True if suite in _JUDGES and suite not in _subjects(config) else None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Worker) -> None:
    """Hand the verdicts to a worker of pytest-xdist, which is about to start."""
    for suite in _subjects(node.config):
        node.workerinput[f"mockserver-{suite}"] = json.dumps(as_json(_verdict(node.config, suite)))


@pytest.fixture
def judge_server(request: pytest.FixtureRequest) -> Judge:
    """Return what makes a test of a check of the server."""
    return _judge(request.config, "server")


@pytest.fixture
def judge_client(request: pytest.FixtureRequest) -> Judge:
    """Return what makes a test of a check of the client."""
    return _judge(request.config, "client")


def _judge(config: pytest.Config, suite: str) -> Judge:
    verdict = _verdict(config, suite)
    return lambda check: _tell(verdict, check)


def _verdict(config: pytest.Config, suite: str) -> Verdict:
    """Return the verdict of a suite, which is found only once. Ends the run where nothing can be judged."""
    known = config.stash.setdefault(_VERDICTS, {})
    if suite not in known:
        handed = getattr(config, "workerinput", {}).get(f"mockserver-{suite}")
        try:
            known[suite] = from_json(json.loads(handed)) if handed else _JUDGES[suite](config)
        except MockserverError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
    if (obstacle := known[suite].obstacle) is not None:
        pytest.exit(obstacle, returncode=known[suite].status)
    return known[suite]


def _subjects(config: pytest.Config) -> list[str]:
    """Return the suites that have somebody to judge."""
    return [suite for suite, option in (("server", "--server"), ("client", "--testee")) if config.getoption(option)]


def _judge_server(config: pytest.Config) -> Verdict:
    options = _given(config, "service", "token", "other_token", "max_creates", "max_units", "only")
    return kit.check_server(config.getoption("--server"), **options)


def _judge_client(config: pytest.Config) -> Verdict:
    return kit.check_client(shlex.split(config.getoption("--testee")), **_given(config, "only", "examples"))


def _given(config: pytest.Config, *names: str) -> dict[str, Any]:
    """Return the options that were given; the others may be configured elsewhere."""
    found = {name: config.getoption(f"--{name.replace('_', '-')}") for name in names}
    return {name: value for name, value in found.items() if value is not None}


_JUDGES: Mapping[str, Callable[[pytest.Config], Verdict]] = {"server": _judge_server, "client": _judge_client}


def _tell(verdict: Verdict, check: str) -> None:
    """Fail if a check found an error; skip it if it was not made."""
    made = {each.id: each for each in verdict.made}
    if check not in made:
        pytest.skip("; ".join(skipped.reason for skipped in verdict.skipped if skipped.check == check))
    broken = [f"{finding.subject}: {finding.received}" for finding in verdict.of(check)]
    if broken and made[check].severity == "error":
        pytest.fail("\n".join([made[check].documented, *broken]), pytrace=False)
