"""Reports followed by the letter: who does what a report says sees the fault, and none where it is mended.

The servers and clients are real processes or sockets, the reports are written by the command, and what is repeated is
read from them as a person would: from the terminal, the page or the record.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutants.servers.harness import TOKEN, InMemoryServer, Wrong
from tests.mutants.servers.live import served
from tests.mutants.servers.registry import MUTANTS
from tests.support.process import ROOT

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

KEY = {"MOCKSERVER_TOKEN": str(TOKEN.token)}


@dataclass
class Report:
    """What a check of the command line has left for a person to read."""

    status: int
    told: str
    folder: Path

    @property
    def findings(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads((self.folder / "verdict.json").read_text())["findings"]
        return found

    @property
    def page(self) -> str:
        return html.unescape((self.folder / "report.html").read_text())


def run(command: str, folder: Path, **variables: str) -> tuple[int, str]:
    """Run a command in a shell, where ``mockserver`` is installed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def check(words: str, folder: Path, report: str = "report") -> Report:
    status, told = run(f"mockserver check {words.replace(' -- ', f' --report {report} -- ', 1)}", folder)
    return Report(status, told, folder / report)


def server(wrong: Wrong) -> InMemoryServer:
    return InMemoryServer(wrong, services=("kling",), pace="instant")


@dataclass(frozen=True)
class WrongServer:
    """A mutant, and what a shell prints if it is wrong, and if it is mended."""

    mutant: str
    wrong: str
    right: str


TWO_TASKS = r'(?s)HTTP/1.1 200.*"task_id".*HTTP/1.1 200.*"task_id"'
"""What shows that a name was given to two tasks."""

SERVERS = (
    WrongServer("names-are-free", TWO_TASKS, r"(?s)HTTP/1.1 200.*HTTP/1.1 400"),
    WrongServer("endless-prompts", r"SUCCEED", r'"code":\s*1201'),
)


@pytest.mark.torture
@pytest.mark.parametrize("case", SERVERS, ids=lambda case: case.mutant)
def test_a_report_about_a_server_leads_to_its_fault(case: WrongServer, tmp_path: Path) -> None:
    mutant = MUTANTS[case.mutant]
    with served(server(mutant.make())) as wrong, served(server(Wrong())) as right:
        only = f"--token {TOKEN.token} --operation kling/omni-image --only {mutant.check} --max-creates 20 -- "
        report = check(f"server {only}{wrong.url}", tmp_path)
        assert report.status == 1, report.told
        assert "Set MOCKSERVER_TOKEN to the key that you gave with --token" in report.told
        finding = report.findings[0]
        command = str(finding["repeat"])
        if finding["script"] is not None:
            command = f"sh report/{finding['script']}"
            assert os.access(tmp_path / "report" / str(finding["script"]), os.X_OK)
            assert f"sh {finding['script']}" in report.page
            assert str(TOKEN.token) not in (tmp_path / "report" / str(finding["script"])).read_text()
            status, said = run(f"env -u MOCKSERVER_TOKEN {command}", tmp_path)
            assert "MOCKSERVER_TOKEN: set it to the key that you gave with --token" in said
            assert status != 0
        assert f"    repeat      {command}" in report.told.splitlines()
        assert str(finding["repeat"]) in report.page
        assert re.search(case.wrong, run(command, tmp_path, **KEY)[1])
        mended = command.replace(wrong.url, right.url) if finding["script"] is None else f"{command} {right.url}"
        said = run(mended, tmp_path, **KEY)[1]
        assert re.search(case.right, said), said
        assert not re.search(case.wrong, said)


TESTEE = """
import json, sys
from tests.mutants.clients.reference import Reference

class Client(Reference):
    paths = {"kling/omni-image": "/v1/images/omni-image"}
CHANGE

client = Client()
for line in sys.stdin:
    request = json.loads(line)
    answer = client.hello() if request["do"] == "hello" else client.generate(request)
    print(json.dumps({"id": request["id"], **answer}), flush=True)
"""

CUTS = """
    def body(self, payload):
        return {**payload, "prompt": payload["prompt"][:20]}
"""
"""Cuts each prompt."""

REPEATS = """
    def is_worth_it(self, method, response):
        return response is None or super().is_worth_it(method, response)
"""
"""Creates once more when the answer to a create was lost."""

CLIENTS = (
    ("payload-arrives-unchanged", CUTS, "--examples 0"),
    ("a-lost-answer-makes-no-second-task", REPEATS, ""),
    pytest.param("payload-arrives-unchanged", CUTS, "--examples 3 --seed 5", marks=pytest.mark.torture),
)


@pytest.mark.torture
@pytest.mark.parametrize(("id", "change", "options"), CLIENTS)
def test_a_report_about_a_client_leads_to_its_fault(id: str, change: str, options: str, tmp_path: Path) -> None:
    testee = tmp_path / "testee.py"
    testee.write_text(TESTEE.replace("CHANGE", change))
    command = f"client --only {id} --operation kling/omni-image {options} -- {sys.executable} testee.py"
    report = check(command, tmp_path)
    assert report.status == 1, report.told
    for finding in (report.findings[0], report.findings[-1]):
        repeat = str(finding["repeat"])
        assert repeat in report.page
        again = check(repeat.removeprefix("mockserver check "), tmp_path, "again")
        assert again.status == 1, again.told
        assert [(each["check"], each["subject"], each["received"]) for each in again.findings] == [
            (finding["check"], finding["subject"], finding["received"])
        ]
        assert "times asked: 1\n" in again.told
    testee.write_text(TESTEE.replace("CHANGE", ""))
    assert run(repeat, tmp_path)[0] == 0
