"""The report: what a terminal shows, and the files that are written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from hypothesis import given, settings
from rich.console import Console

from mockserver.kit.reports.folder import FILES, write
from mockserver.kit.reports.summary import sentence
from mockserver.kit.reports.terminal import progress, show, terminal
from mockserver.kit.reports.text import visible
from mockserver.kit.reports.verdict_json import from_json
from mockserver.kit.verdict import Finding, Verdict
from tests.support.sampling import draws
from tests.support.verdicts import ANY, BROKEN, CHECKS, HOSTILE, NUMBER, VERDICTS


def told(verdict: Verdict) -> list[str]:
    """Return the lines of the report in a pipe."""
    out = StringIO()
    terminal(verdict, out)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def coloured(verdict: Verdict) -> str:
    """Return the report on a terminal of eighty columns."""
    out = StringIO()
    show(verdict, Console(file=out, force_terminal=True, width=80, color_system="standard", legacy_windows=False))
    return out.getvalue()


@pytest.mark.parametrize("name", VERDICTS)
def test_the_last_line_is_the_verdict(name: str) -> None:
    assert told(VERDICTS[name])[-1] == visible(sentence(VERDICTS[name]))


@settings(max_examples=draws(30))
@given(ANY)
def test_any_verdict_can_be_told_and_nothing_in_it_steers_a_terminal(verdict: Verdict) -> None:
    assert all(line.isprintable() for line in told(verdict))


def test_a_finding_shows_what_was_promised_what_came_why_it_matters_and_how_to_repeat_it() -> None:
    lines = told(BROKEN)
    start = lines.index("error: task_id is text, never a number.")
    assert lines[start + 1 : start + 7] == [
        "    finding     task-id-is-text kling/omni-image.create",
        "    received    848021964837912615, a number",
        "    source      kling 2.1",
        "    why         JavaScript rounds eighteen digits, and the client polls a task that is not there.",
        '    payload     {"prompt": "A red bicycle"}',
        f"    repeat      {NUMBER.repeat}",
    ]
    assert "    rule        n.maximum" in lines
    assert "    documented  How many images, 1 to 9; not for a series." in lines
    assert "warning: updated_at moves." in lines
    assert "    finding     updated-at-moves kling/omni-video.get" in lines


def test_every_check_is_in_the_table_and_what_was_not_checked_below_it() -> None:
    lines = told(BROKEN)
    for check in CHECKS:
        assert any(check.id in line for line in lines)
    assert "    callback-is-signed: no --webhook-secret was given" in lines
    assert f"    {BROKEN.stale[0]}" in lines
    assert "    pages-are-disjoint kling/omni-image.list" in lines
    assert "    exchanges: 412" in lines


def test_a_pipe_has_no_edge_at_which_a_name_is_cut() -> None:
    long = replace(CHECKS[0], id="a-check-with-a-name-" + "x" * 200)
    (row,) = (line for line in told(Verdict("x", (long,))) if long.id in line)
    assert row.split() == ["envelope", long.id, "kept"]


def test_a_curl_line_is_never_broken() -> None:
    line = "curl " + "x" * 500
    verdict = Verdict("x", CHECKS, (Finding("task-id-is-text", "a", "b", repeat=line),))
    assert f"    repeat      {line}" in told(verdict)
    assert line in coloured(verdict)


def test_megabytes_are_left_to_the_files() -> None:
    finding = Finding("task-id-is-text", "a", "b", payload="x" * 1_000_000, repeat="y" * 1_000_000)
    assert sum(map(len, told(Verdict("x", CHECKS, (finding,))))) < 20_000


def test_a_terminal_gets_colours_and_obeys_no_stranger() -> None:
    assert "\x1b[31mbroken" in coloured(BROKEN)
    shown = coloured(VERDICTS["wicked"])
    assert "\\u001b[31m" in shown
    assert "[bold red]:smile:" in shown
    assert not {"\x00", "\u202e", "\ud800"} & {*shown}


def test_a_console_that_lacks_letters_still_gets_the_report() -> None:
    content = BytesIO()
    out = TextIOWrapper(content, encoding="ascii")
    terminal(VERDICTS["wicked"], out)
    out.flush()
    assert b"\\u732b" in content.getvalue()


def test_progress_is_a_line_for_each_step_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as step:
        step("kling/omni-image plain", 12)
        assert capsys.readouterr() == ("", "[  1/12] kling/omni-image plain\n")
        step("[bold]two", 12)
        step(HOSTILE, 12)
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[0] == "[  2/12] [bold]two"
    assert (len(lines), lines[1][:9]) == (2, "[  3/12] ")


@pytest.mark.parametrize(
    "end", ["sys.stderr = None", "sys.stderr.close()", "os.close(2)", "os.dup2(os.open('/dev/full', os.O_WRONLY), 2)"]
)
def test_progress_goes_on_where_nobody_can_read_it(end: str) -> None:
    code = f"""
import os, sys
from mockserver.kit.reports.terminal import progress
with progress() as step:
    {end}
    for number in range(3):
        step("one", 3)
print("done")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_progress_survives_a_reader_that_goes_away() -> None:
    code = """
import sys
from mockserver.kit.reports.terminal import progress
with progress() as step:
    sys.stdin.read()
    for number in range(3):
        step("one", 3)
print("done")
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stderr.close()
        process.stdin.close()
        assert (process.stdout.read(), process.wait()) == (b"done\n", 0)


def test_progress_on_a_terminal_goes_away_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()
    monkeypatch.setattr("sys.stderr", out)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with progress() as step:
        step("[bold]first", 2)
        step("second", 2)
    assert "[bold]first" in out.getvalue() or "second" in out.getvalue()
    assert out.getvalue().endswith("\x1b[2K")


@pytest.mark.parametrize("name", VERDICTS)
def test_each_file_is_written_and_any_reader_can_decode_them(name: str, tmp_path: Path) -> None:
    paths = write(VERDICTS[name], tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert [path.name for path in paths[: len(FILES)]] == [*FILES]
    assert {*paths} == {path for path in folder.rglob("*") if path.is_file()}
    for path in paths:
        assert path.read_text(encoding="utf-8").endswith("\n")


def test_a_result_of_sarif_points_at_its_lines_of_the_verdict(tmp_path: Path) -> None:
    _, _, results, record, _ = write(BROKEN, tmp_path)
    lines = record.read_text(encoding="utf-8").splitlines()
    verdict = from_json(json.loads("\n".join(lines)))
    run = json.loads(results.read_text(encoding="utf-8"))["runs"][0]
    pointed = []
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == record.name
        rest = "\n".join(lines[place["region"]["startLine"] - 1 :]).lstrip()
        pointed.append(json.JSONDecoder().raw_decode(rest)[0])
    assert [each["received"] for each in pointed] == [
        finding.received for finding in (*verdict.findings, *verdict.accepted)
    ]


def test_the_same_verdict_is_written_in_the_same_bytes(tmp_path: Path) -> None:
    once = [path.read_bytes() for path in write(BROKEN, tmp_path)]
    assert [path.read_bytes() for path in write(BROKEN, tmp_path)] == once


def test_a_script_is_written_beside_the_report_and_told_by_its_path(tmp_path: Path) -> None:
    scripted = replace(NUMBER, script="#!/bin/sh\n# A script of mockserver.\n")
    verdict = replace(BROKEN, findings=(scripted, replace(scripted, subject="b")))
    paths = write(verdict, tmp_path)
    names = [f"repeat/task-id-is-text-{number}.sh" for number in (1, 2)]
    assert [path.relative_to(tmp_path).as_posix() for path in paths[len(FILES) :]] == names
    assert all(os.access(path, os.X_OK) for path in paths[len(FILES) :])
    record = json.loads((tmp_path / "verdict.json").read_text(encoding="utf-8"))
    assert [finding["script"] for finding in record["findings"]] == names
    out = StringIO()
    terminal(verdict, out, folder=tmp_path)
    assert f"    repeat      sh {tmp_path / names[0]}" in out.getvalue().splitlines()
    assert f"    repeat      {NUMBER.repeat}" in told(verdict)  # without a folder there is no script


def test_the_scripts_of_an_earlier_run_are_removed_and_nothing_else(tmp_path: Path) -> None:
    write(replace(BROKEN, findings=(replace(NUMBER, script="#!/bin/sh\n# A script of mockserver.\n"),)), tmp_path)
    own = tmp_path / "repeat" / "mine.sh"
    own.write_text("#!/bin/sh\necho mine\n")
    write(BROKEN, tmp_path)
    assert [*(tmp_path / "repeat").iterdir()] == [own]
