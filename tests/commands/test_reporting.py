"""The exit statuses: one table in the documentation, one in --help, and one function that decides."""

from __future__ import annotations

import re
import signal
import sys

import pytest
from click.testing import CliRunner

from mockserver.cli import main
from mockserver.commands.judging.reporting import exit_status
from mockserver.kit.client.traffic import URL_VARIABLES
from mockserver.kit.verdict import ExitStatus
from tests.support.process import ROOT
from tests.support.verdicts import BROKEN, KEPT, UNJUDGED, VERDICTS

JUDGING = (("check", "client"), ("check", "server"), ("run",))


@pytest.mark.parametrize("name", VERDICTS)
def test_without_more_the_verdict_decides(name: str) -> None:
    assert exit_status(VERDICTS[name]) == VERDICTS[name].status


@pytest.mark.parametrize("verdict", [KEPT, BROKEN, UNJUDGED], ids=["kept", "broken", "unjudged"])
def test_a_command_that_fails_and_a_signal_come_first(verdict: object) -> None:
    for status in (1, 2, 7, 137):
        assert exit_status(verdict, command=status) == status  # type: ignore[arg-type]
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        assert exit_status(verdict, interrupted_by=number, command=7) == status  # type: ignore[arg-type]


@pytest.mark.parametrize("words", JUDGING, ids=" ".join)
def test_help_and_documentation_have_the_same_statuses(words: tuple[str, ...]) -> None:
    told = CliRunner().invoke(main, [*words, "--help"]).stdout.partition("Exit status:")[2]
    page = (ROOT / "docs" / "testees.md").read_text(encoding="utf-8").partition("| exit | when |")[2]
    table = page.partition("\n\n")[0]
    in_help, in_page = ({int(number) for number in re.findall(r"\b\d+\b", text)} - {128} for text in (told, table))
    assert in_help == in_page == {*ExitStatus, 130, 143, 129}


def run(code: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(main, ["run", "--", sys.executable, "-c", code])
    return result.exit_code, result.stderr.splitlines()


@pytest.mark.parametrize(("code", "status"), [("", 2), ("raise SystemExit(7)", 7), ("raise SystemExit(1)", 1)])
def test_a_run_without_traffic_says_what_the_client_should_read(code: str, status: int) -> None:
    found, lines = run(code)
    assert found == status
    assert "no request reached the fake" in lines[-1]
    assert all(name in lines[-1] for name in URL_VARIABLES)


def test_what_only_asks_the_control_api_has_sent_nothing() -> None:
    code = "import os, urllib.request as r; r.urlopen(os.environ['MOCKSERVER_URL'] + '/_mock/health')"
    found, lines = run(code)
    assert (found, "no request reached the fake" in lines[-1]) == (2, True)
