"""The door over stdio: which fake it steers, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver import extras, live
from mockserver.adapters.mcp import stdio
from mockserver.adapters.mcp.checking import Checking
from mockserver.adapters.mcp.stdio import Found
from mockserver.adapters.mcp.steered import NoFake, Refused, Steered
from mockserver.adapters.testing.live import Live
from mockserver.cli import main
from mockserver.errors import MockserverError
from mockserver.types import JSON
from tests.conftest import PATIENCE
from tests.support.process import MAIN, PIP, ROOT

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """Run a fake where `mockserver serve` has it."""
    with live() as running:
        monkeypatch.setattr(stdio, "SERVE_URL", running.url)
        yield running


async def test_it_steers_the_fake_that_runs_already(usual: Live) -> None:
    found = Found(None, None)
    fake = Steered(found.reach, found.lose)
    assert await fake.url() == usual.url
    await fake.ask("clock.freeze")
    assert usual.clock.is_frozen
    await found.close()


async def test_where_none_runs_it_starts_one_of_its_own_and_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stdio, "SERVE_URL", NOBODY)
    found = Found(None, None)
    fake = Steered(found.reach, found.lose)
    assert (await fake.ask("health"))["status"] == "ok"
    url = await fake.url()
    assert url != NOBODY
    await found.close()
    gone = Found(url, None)
    with pytest.raises(NoFake, match=f"no fake answers at {url}: "):
        await Steered(gone.reach).ask("health")
    await gone.close()


async def test_a_url_is_the_only_one_that_is_asked(usual: Live) -> None:
    found = Found(f"{NOBODY}/_mock/", None)
    with pytest.raises(NoFake, match=f"no fake answers at {NOBODY}: .*mcp --url"):
        await Steered(found.reach, found.lose).ask("health")
    await found.close()


async def test_a_fake_that_has_gone_is_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with live() as running:
        monkeypatch.setattr(stdio, "SERVE_URL", running.url)
        found = Found(None, None)
        fake = Steered(found.reach, found.lose)
        await fake.ask("health")
    with pytest.raises(NoFake):
        await fake.ask("health")
    assert (await fake.ask("health"))["status"] == "ok"
    assert await fake.url() != running.url
    await found.close()


async def test_what_a_fake_refuses_is_told_in_its_words(usual: Live) -> None:
    found = Found(None, None)
    fake = Steered(found.reach)
    with pytest.raises(Refused, match=r"kling has no task '\.\.'"):
        await fake.ask("tasks.get", service="kling", id="..")
    await found.close()


async def test_one_check_runs_at_a_time_and_ends_with_the_door(tmp_path: Path) -> None:
    checking = Checking()
    with pytest.raises(MockserverError, match="no folder"):
        await checking.begin(["client", "--", "x"], str(tmp_path / "nowhere"))
    for wrong in ("\0", "\ud800", "x" * 10**7):
        with pytest.raises(MockserverError, match="the check cannot be started: "):
            await checking.begin(["client", "--", wrong])
    await checking.begin(["client", "--", sys.executable, "-c", "import time; time.sleep(100)"])
    with pytest.raises(MockserverError, match="another check is running"):
        await checking.begin(["client", "--", "x"])
    report = checking.report
    await checking.end()
    assert not report.exists()
    with pytest.raises(MockserverError, match="no check yet"):
        await checking.verdict()


@contextmanager
def started(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    pipe = subprocess.PIPE
    command, environment = [sys.executable, "-c", MAIN, "mcp"], {"TMPDIR": str(folder)}
    child = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def message(id: int, method: str, **params: JSON) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).encode() + b"\n"


HELLO = message(
    1, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "x", "version": "1"}
)


def test_it_ends_with_its_input_and_prints_nothing_but_answers(tmp_path: Path) -> None:
    junk = [b"nonsense\n", b"\xff\xfe\n", b"[]\n", b"[" * 100_000 + b"\n", message(2, "nonsense")]
    with started(tmp_path) as child:
        out, complaints = child.communicate(b"".join([HELLO, *junk]), PATIENCE)
    assert (child.returncode, complaints) == (0, b"")
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["id"] for answer in answers] == [1, 2]
    assert [*tmp_path.iterdir()] == []


def test_all_that_was_asked_is_answered_before_it_ends(tmp_path: Path) -> None:
    asked = [message(id, "tools/call", name="operations", arguments={}) for id in range(2, 30)]
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 29}}
    with started(tmp_path) as child:
        out, _ = child.communicate(b"".join([HELLO, *asked, json.dumps(cancelled).encode() + b"\n"]), PATIENCE)
    assert child.returncode == 0
    assert {json.loads(line)["id"] for line in out.splitlines()} - {29} == {*range(1, 29)}


def test_ctrl_c_ends_it_quietly_with_all_that_it_has_begun(tmp_path: Path) -> None:
    with started(tmp_path) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        command = [sys.executable, "-c", "import time; time.sleep(100)"]
        child.stdin.write(HELLO + message(2, "tools/call", name="check_client", arguments={"command": command}))
        child.stdin.write(message(3, "tools/call", name="nonsense", arguments={}))
        child.stdin.flush()
        assert [json.loads(child.stdout.readline())["id"] for _ in range(2)] == [1, 3]
        child.send_signal(signal.SIGINT)
        assert child.wait(PATIENCE) == 0
        assert child.stderr is not None
        assert child.stderr.read() == b""
    assert [*tmp_path.iterdir()] == []


def test_without_the_extra_the_command_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "_is_there", lambda module: module != "mcp")
    result = CliRunner().invoke(main, ["mcp"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"mockserver: mockserver mcp needs mcp: {PIP} 'kling-mockserver[mcp]'\n"


@pytest.mark.parametrize("url", ["localhost:8080", "http://", "http://[", "ftp://x", "", "http://x:99999", "http://\0"])
def test_a_url_that_is_none_is_told_before_anything_starts(url: str) -> None:
    result = CliRunner().invoke(main, ["mcp", "--url", url])
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"mockserver: --url: {url!r} is not an http or https URL.")


def test_a_server_that_nobody_asks_by_this_door_never_imports_it() -> None:
    code = """
import sys, urllib.request
from mockserver import live
with live() as running:
    urllib.request.urlopen(running.url + "/_mock/health").read()
print(*sorted({"mcp", "mcp_types", "httpx2", "pydantic"} & sys.modules.keys()))
"""
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr) == ("\n", "")
