"""The report in a terminal: one table, the findings of each cause together, and last the verdict in one sentence.

A finding has a line that repeats it; where that takes several requests, the path of a script in the folder of --report.

A file or a pipe gets the same as plain text: without colours and frames, and no line is broken. ``progress`` shows how
far a run has come.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mockserver.files import silence
from mockserver.kit.reports.grouping import Group, groups, plain
from mockserver.kit.reports.summary import Case, cases, lines, sentence
from mockserver.kit.reports.text import excerpt, json_text, visible
from mockserver.kit.verdict import ExitStatus, Verdict

if TYPE_CHECKING:
    from rich.console import Console

_LONGEST_TEXT = 8000
"""Characters of a payload or a curl line; megabytes of Base64 belong in a file."""

_LONGEST_LINE = 400
"""Characters of the line of a finding that another one stands for."""

_ENDLESS = 10_000
"""Columns of what is no terminal: more than any line of the table has."""

_HANGING = "\n" + " " * 16

_COLOURS = {"kept": "green", "broken": "red", "warned": "yellow", "accepted": "yellow"}
_VERDICTS = {ExitStatus.KEPT: "bold green", ExitStatus.BROKEN: "bold red", ExitStatus.UNJUDGED: "bold yellow"}


Step = Callable[[str, int], None]
"""Is told what comes next, and of how many things in all."""


def terminal(verdict: Verdict, file: IO[str] | None = None, *, folder: Path | None = None) -> None:
    """Print the report, to standard output unless told otherwise. Raises ``OSError``, also for a closed pipe.

    ``folder`` is that of ``--report``, if the scripts have been written into it.
    """
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # Rich would exit, with a status of its own

    console = Plain(file=file or sys.stdout)
    # Rich would break the lines of a file or a pipe at 80 columns.
    show(verdict, console if console.is_terminal else Plain(file=console.file, width=_ENDLESS), folder)


@contextmanager
def progress() -> Iterator[Step]:
    """Show on standard error how much is done: on a terminal a bar, which disappears, and elsewhere a line each."""
    from rich.console import Console

    console = Console(stderr=True)
    with _bar(console) if console.is_terminal else _log() as step:
        yield step


@contextmanager
def _bar(console: Console) -> Iterator[Step]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[text]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, text="")
        yield lambda text, total: bar.update(task, advance=1, total=total, text=text)


@contextmanager
def _log() -> Iterator[Step]:
    """Write ``[ 12/52] kling/omni-image answer-lost`` when a step begins; nothing more once nobody can read it."""
    number = 0

    def step(text: str, total: int) -> None:
        nonlocal number
        number += 1
        line = f"[{number:3}/{total}] {visible(text)}".replace("\n", " ")
        if (stream := sys.stderr) is None:  # it was closed before we began
            return
        try:
            stream.write(f"{line}\n")
            stream.flush()
        except (OSError, ValueError):
            silence(stream)

    yield step


def show(verdict: Verdict, console: Console, folder: Path | None = None) -> None:
    """Print the report."""
    if verdict.made:
        _table(verdict, console)
    for group in groups(cases(verdict, verdict.findings)):
        _group(group, console, folder)
    _section("To repeat these", verdict.notes if verdict.findings else (), console)
    _section("Accepted by the baseline", [finding.key for finding in verdict.accepted], console)
    _section("Remove these lines of the baseline: nothing was found for them", verdict.stale, console)
    _section("Not checked", _unchecked(verdict), console)
    _section("Figures", [f"{name}: {value}" for name, value in verdict.facts], console)
    _line(console, "")
    _line(console, sentence(verdict), style=_VERDICTS[verdict.status])


def _table(verdict: Verdict, console: Console) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False)
    for heading in ("Family", "Check", "Outcome"):
        table.add_column(heading, no_wrap=not console.is_terminal, overflow="fold")
    table.add_column("Found", justify="right")
    table.add_column("Accepted", justify="right")
    last = None
    for line in lines(verdict):
        family = "" if line.check.family == last else line.check.family
        last = line.check.family
        outcome = Text(line.outcome, style=_COLOURS[line.outcome])
        amounts = (str(amount) if amount else "" for amount in (line.found, line.accepted))
        table.add_row(Text(visible(family)), Text(visible(line.check.id)), outcome, *amounts)
    console.print(table)


def _group(group: Group, console: Console, folder: Path | None) -> None:
    """Print the first finding of a group in full, and each other in a line."""
    case = group.first
    finding = case.finding
    colour = "red" if case.check.severity == "error" else "yellow"
    _line(console, "")
    extent = f" ({group.extent})" if group.extent else ""
    _line(console, f"{case.check.severity}: {case.promise}{extent}", style=f"bold {colour}")
    payload = None if finding.payload is None else json_text(excerpt(finding.payload))
    for label, value in (
        ("finding", finding.key),
        ("documented", case.documented if case.documented != case.promise else ""),
        ("scenario", finding.scene),
        ("received", finding.received),
        ("rule", finding.rule),
        ("source", case.source),
        ("why", case.check.why),
        ("payload", payload),
        ("repeat", _repeat(case, folder)),
        ("also", "\n".join(_other(other, case, folder) for other in group.others)),
    ):
        if value:
            told = visible(value, None if label == "also" else _LONGEST_TEXT)
            # A line break in a curl line is part of the request.
            _line(console, f"    {label:<11} {told if label == 'repeat' else told.replace(chr(10), _HANGING)}")


def _repeat(case: Case, folder: Path | None) -> str | None:
    """Return what shows a finding again."""
    line = case.finding.repeat
    if case.script is not None and folder is not None:
        return f"sh {shlex.quote(str(folder / case.script))}"
    if line is not None and len(line) > _LONGEST_TEXT:
        return f"a line of {len(line)} characters; it is in the files of --report"
    return line


def _other(case: Case, first: Case, folder: Path | None) -> str:
    """Return a finding of the same cause in a line: what of it differs from the first."""
    is_same = plain(case.finding.received) == plain(first.finding.received)
    received = "" if is_same else f": {case.finding.received}"
    script = f"; sh {shlex.quote(str(folder / case.script))}" if case.script is not None and folder is not None else ""
    return visible(f"{case.finding.key}{received}".replace("\n", " "), _LONGEST_LINE) + script


def _unchecked(verdict: Verdict) -> list[str]:
    """Return a line for each reason, with the checks that were not made because of it."""
    reasons: dict[str, list[str]] = {}
    for each in verdict.skipped:
        reasons.setdefault(each.reason, []).append(each.check)
    return [f"{', '.join(checks)}: {reason}" for reason, checks in reasons.items()]


def _section(title: str, entries: Sequence[str], console: Console) -> None:
    if entries:
        _line(console, "")
        _line(console, title, style="bold")
    for entry in entries:
        _line(console, f"    {entry}")


def _line(console: Console, text: str, style: str | None = None) -> None:
    """Print a line that can be copied whole: nothing in it is markup, and only the terminal breaks it."""
    from rich.text import Text

    encodable = visible(text).encode(console.encoding, "backslashreplace").decode(console.encoding)
    console.print(Text(encodable, style=style or ""), soft_wrap=True)
