"""The output of commands: a full disk is one line and an error, a reader that has enough is neither."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mockserver.adapters.proxy.recordings import Recorder
from mockserver.adapters.testing.live import live
from mockserver.commands.listings import _LISTS
from tests.conftest import IMAGE, PATIENCE
from tests.support.forks import ended
from tests.support.process import MAIN, ROOT, started
from tests.test_files import left

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full"),
]

PRINTING: Sequence[tuple[str, ...]] = [
    ("--help",),
    ("--version",),
    ("check", "--help"),
    ("check", "client", "--help"),
    *[("list", kind) for kind in _LISTS],
    ("ca",),
    ("ca", "--json"),
    ("rules",),
    ("rules", "--json"),
    ("readings",),
    ("readings", "--json"),
    ("openapi", "kling"),
    ("example", "kling/omni-image", "--count", "1000"),
    ("validate", "kling/omni-image", "-"),
    ("config",),
    ("config", "--json"),
    ("completion", "bash"),
]
"""All commands that print and end."""

STEERING: Sequence[tuple[str, ...]] = [
    ("tasks",),
    ("faults",),
    ("fault", "add", "1303 x2"),
    ("clock", "advance", "90s"),
    ("verify", "kling/omni-image", "--times", "0"),
    ("reset",),
]
"""Those that ask a running fake; ``tail`` goes on till it is ended."""


@pytest.fixture
def printing() -> Iterator[list[tuple[str, ...]]]:
    """All of them, with a fake to ask."""
    with live() as running:
        yield [*PRINTING, *((*words, "--url", running.url) for words in STEERING)]


def ran(*words: str, stdout: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", MAIN, *words]
    return subprocess.run(
        command, cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE
    )


def test_a_full_disk_is_told_in_one_line(printing: list[tuple[str, ...]]) -> None:
    told = "mockserver: the output: cannot be written or read: No space left on device\n"
    for words, found in zip(printing, ended(printing, stdout="/dev/full"), strict=True):
        assert (words, found.status, found.stderr) == (words, 2, told)


def test_a_full_disk_that_cannot_be_told_is_an_error_all_the_same(printing: list[tuple[str, ...]]) -> None:
    for words, found in zip(printing, ended(printing, stdout="/dev/full", stderr="/dev/full"), strict=True):
        assert (words, found.status) == (words, 2)


def test_a_reader_that_has_enough_is_no_error(printing: list[tuple[str, ...]]) -> None:
    for words, found in zip(printing, ended(printing, stdout="closed"), strict=True):
        assert (words, found.status, found.stderr) == (words, int(words[0] == "validate"), "")


def test_the_search_for_commands_that_print_is_whole() -> None:
    from mockserver.cli import main

    going_on = {"serve", "proxy", "run", "check", "token", "tail", "mcp"}
    writing = {"import", "init", "new"}
    tried = {words[0] for words in (*PRINTING, *STEERING) if not words[0].startswith("-")}
    assert tried - {"check"} == main.commands.keys() - going_on - writing


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
"""
"""No file can be larger than 2000 bytes: a small disk for whoever is not allowed to make one."""

CHECK = (
    *("check", "client", "tests.mutants.clients.reference:Reference"),
    *("--operation", "kling/omni-image", "--only", "content-type-is-json", "--examples", "0"),
)


def told(found: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Demand one line on stderr, and a status that says that something went wrong."""
    (line,) = (line for line in found.stderr.splitlines() if not line.startswith("["))  # but for its progress
    assert found.returncode == 2
    assert all(part in line for part in ("mockserver: ", *parts)), line


def limited(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", FULL + MAIN, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE)


def test_a_report_that_does_not_fit_is_told_and_the_old_one_stays_whole(tmp_path: Path) -> None:
    for name in ("junit.xml", "verdict.json"):
        (tmp_path / name).write_text("old")
    found = limited(*CHECK, "--report", str(tmp_path))
    told(found, "--report: ", "cannot be written: File too large")
    assert "keeps the contract" in found.stdout
    assert left(tmp_path) == {"junit.xml": "old", "verdict.json": "old"}


def test_a_description_that_does_not_fit_is_told_and_the_old_one_stays_whole(tmp_path: Path) -> None:
    file = tmp_path / "kling.json"
    file.write_text("old")
    told(limited("openapi", "kling", "--output", str(file)), "--output: ", "File too large")
    assert left(tmp_path) == {"kling.json": "old"}


OPTIONS: dict[str, tuple[str, ...]] = {
    "--report": CHECK,
    "--output": ("openapi", "kling"),
    "--record": ("proxy", "http://127.0.0.1:1", "--service", "kling", "--port", "0"),
}
"""What writes files, and the words before it."""

BAD_PLACES = {
    "under-a-file": (OPTIONS, "old/new"),
    "a-folder": (("--output",), "folder"),
    "a-folder-with-a-folder-for-a-file": (("--report",), "folder"),
    "read-only": (OPTIONS, "/proc/self"),  # even root writes nothing there
}
"""Where nothing can be written, and for which options."""


def test_where_nothing_can_be_written_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "folder" / "report.html").mkdir(parents=True)
    places = [(option, str(tmp_path / place)) for options, place in BAD_PLACES.values() for option in options]
    commands = [(*OPTIONS[option], option, place) for option, place in places]
    for (option, place), found in zip(places, ended(commands), strict=True):
        (line,) = found.stderr.splitlines()
        assert (option, place, found.status) == (option, place, 2)
        assert line.startswith("mockserver: ")
        assert place in line
    assert (left(tmp_path), left(tmp_path / "folder")) == ({"old": "old"}, {})


def test_a_proxy_that_cannot_record_says_so_once_and_goes_on(tmp_path: Path) -> None:
    main = f"""
from mockserver.adapters.proxy.recordings import Recorder
def full(*_): raise OSError({errno.ENOSPC}, "No space left on device")
Recorder.{Recorder._write.__name__} = full
import sys
sys.argv = ["mockserver", "proxy", URL, "--service", "kling", "--port", "0", "--record", {str(tmp_path)!r}]
"""
    with (
        started("--pace", "instant") as upstream,
        started(main=main.replace("URL", repr(upstream.url)) + MAIN) as proxy,
    ):
        for _ in range(3):
            assert proxy.request("GET", IMAGE).status == 200
            assert proxy.request("POST", IMAGE, {"prompt": "x"}).status == 200
        status, _ = proxy.stop(signal.SIGTERM)
        assert status == 2
        (line,) = proxy.stderr.splitlines()
        assert "mockserver: --record: GET /v1/images/omni-image was not recorded: No space left on device" in line
    assert left(tmp_path) == {}


def test_a_verdict_counts_although_nobody_reads_it() -> None:
    readable, writable = os.pipe()
    os.close(readable)
    try:
        found = ran(*CHECK, stdout=writable)
    finally:
        os.close(writable)
    assert (found.returncode, found.stderr) == (0, "[  1/1] kling/omni-image plain\n")
