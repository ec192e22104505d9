"""The report of a verdict: in the terminal, while a run goes on and after it, and as files for people and programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mockserver.kit.reports.html import page
from mockserver.kit.reports.junit import junit
from mockserver.kit.reports.sarif import sarif
from mockserver.kit.reports.verdict_json import as_json, places, written
from mockserver.kit.verdict import Verdict

FILES = ("report.html", "junit.xml", "results.sarif", "verdict.json")

_ENDLESS = 10_000

Step = Callable[[str, int], None]
"""Say what comes next, and of how many things in all."""


def terminal(verdict: Verdict, file: IO[str] | None = None) -> None:
    """Print the report, to standard output unless told otherwise; its last line is the verdict in one sentence."""
    from rich.console import Console

    from mockserver.kit.reports.terminal import show

    console = Console(file=file or sys.stdout)
    # What goes into a file or a pipe has no edge at which to break.
    show(verdict, console if console.is_terminal else Console(file=console.file, width=_ENDLESS))


@contextmanager
def progress() -> Iterator[Step]:
    """Show on standard error, if that is a terminal, how much is done. The bar goes away at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[text]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None, text="")
        yield lambda text, total: bar.update(task, advance=1, total=total, text=text)


def write(verdict: Verdict, folder: Path) -> tuple[Path, ...]:
    """Write ``FILES`` into a folder, which is made if need be, and return their paths.

    Raises ``OSError`` where they cannot be written.
    """
    record = written(as_json(verdict))
    texts = (page(verdict), junit(verdict), written(sarif(verdict, places(record))), record)
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / name for name in FILES)
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8", newline="\n")
    return paths
