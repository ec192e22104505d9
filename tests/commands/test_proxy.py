"""``mockserver proxy``: what its words mean, and that a mistake is one line."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import httpx
import pytest
from click.testing import CliRunner

from mockserver.cli import main
from tests.conftest import IMAGE, PATIENCE
from tests.support.between import TOKEN, served, wait_for_the_end
from tests.support.process import MAIN, ROOT

HEADERS = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    wait_for_the_end()


@dataclass
class Command:
    """The command in a process of its own; what it told is known at its end."""

    url: str
    told: list[str]


@contextmanager
def started(*words: str) -> Iterator[Command]:
    """Run the command, end it with Ctrl-C, and see that it complained of nothing."""
    line = (sys.executable, "-c", MAIN, "proxy", *words, "--service", "kling", "--port", "0")
    with TemporaryFile("w+") as complaints:
        with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=complaints, text=True) as child:
            assert child.stdout is not None
            try:
                command = Command(child.stdout.readline().split()[-1], [])
                yield command
            finally:
                child.send_signal(signal.SIGINT)
                told = child.stdout.read()
            assert child.wait(PATIENCE) == 0
        command.told += told.splitlines()
        complaints.seek(0)
        assert complaints.read() == ""


def test_it_forwards_and_records_and_then_replays_without_an_upstream(tmp_path: Path) -> None:
    with served() as upstream, started(upstream, "--record", str(tmp_path)) as command:
        made = httpx.post(command.url + IMAGE, json={"prompt": "A cat"}, headers=HEADERS).json()
        assert httpx.get(f"{command.url}/_mock/requests").json()["items"][0]["differences"] == []
    forwarding, unheard, line, summary = command.told
    assert forwarding == f"forwarding to {upstream}, recording in {tmp_path}"
    assert unheard.startswith("callbacks are not recorded: ")
    assert summary.startswith("what was open: ")
    assert "info-when-none=empty" in summary
    assert line.startswith(
        f"POST {IMAGE} 200 kling/omni-image.create; 0 differences; recorded as kling/omni-image.create/"
    )
    with started("--replay", str(tmp_path)) as command:
        again = httpx.post(command.url + IMAGE, json={"prompt": "A cat"}, headers={"authorization": "Bearer another"})
        assert again.json() == made
        assert httpx.post(command.url + IMAGE, json={"prompt": "A dog"}, headers=HEADERS).status_code == 404
    replaying, hit, miss = command.told
    assert replaying == f"replaying {tmp_path}"
    assert "; from kling/omni-image.create/submitted-" in hit
    assert miss.endswith('/body/prompt is "A dog", not "A cat"')


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        ([], "--service"),
        (["--service", "kling"], "UPSTREAM: '' is not an http or https URL"),
        (["--service", "klang", "http://127.0.0.1:1"], "no service 'klang'; did you mean 'kling'?"),
        (["--service", "kling", "api.klingai.com"], "UPSTREAM: 'api.klingai.com' is not an http or https URL"),
        (["--service", "kling", "ftp://a"], "UPSTREAM: 'ftp://a' is not an http or https URL"),
        (["--service", "kling", "http://a:b"], "UPSTREAM: 'http://a:b' is not an http or https URL"),
        (["--service", "kling", "http://a..b"], "UPSTREAM: 'http://a..b' is not an http or https URL"),
        (["--service", "kling", "http://me:secret@a"], "UPSTREAM: the URL has credentials, a query"),
        (["--service", "kling", "http://a?key=secret"], "UPSTREAM: the URL has credentials, a query"),
        (["--service", "kling", "--replay", "/nowhere"], "/nowhere: the folder has no recording of kling"),
        (["--service", "kling", "http://a", "--record", "/dev/null/x"], "/dev/null/x: cannot be written to"),
        (
            ["--service", "kling", "--record", "a", "--replay", "b"],
            "--record: there is nothing to record",
        ),
    ],
)
def test_a_mistake_is_one_line(words: list[str], fact: str) -> None:
    found = CliRunner().invoke(main, ["proxy", *words])
    assert (found.exit_code, found.stdout) == (2, "")
    (line,) = found.stderr.splitlines()
    assert line.startswith("mockserver: ")
    assert fact in line
    assert "secret" not in line


def test_it_is_among_the_commands() -> None:
    assert "proxy " in CliRunner().invoke(main, ["--help"]).stdout
