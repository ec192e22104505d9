"""The options of all commands that end with a verdict: --report and --baseline."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import click

from mockserver.errors import BadSetting

if TYPE_CHECKING:
    from mockserver.kit.baseline import Baseline
    from mockserver.kit.verdict import Verdict


def reporting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--report`` and ``--baseline`` to a command, which hands them to ``Reporting.prepare``."""
    report = click.option(
        "--report",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Write the report to this folder: HTML, JUnit, SARIF and JSON.",
    )
    baseline = click.option(
        "--baseline",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Accept the findings in this file, one to a line.",
    )
    return report(baseline(command))


@dataclass(frozen=True, slots=True)
class Reporting:
    """Where a verdict is reported, and which findings are accepted."""

    folder: Path | None
    accepted: Baseline

    @classmethod
    def prepare(cls, report: Path | None, baseline: Path | None) -> Self:
        """Read the baseline and make the folder, before anything costs time. Raises ``MockserverError``."""
        from mockserver.kit.baseline import read

        accepted = read(baseline) if baseline is not None else ()
        if report is not None:
            _make_folder(report)
        return cls(report, accepted)

    def publish(self, verdict: Verdict, stream: IO[str] | None = None) -> Verdict:
        """Print a verdict to ``stream``, stdout by default; write the files; return it without what is accepted."""
        from mockserver.kit.baseline import apply
        from mockserver.kit.reports.folder import write
        from mockserver.kit.reports.terminal import terminal

        rest = apply(verdict, self.accepted)
        terminal(rest, stream or sys.stdout)
        if self.folder is not None:
            write(rest, self.folder)
        return rest


def _make_folder(folder: Path) -> None:
    """Make the folder of ``--report``. Raises ``BadSetting``."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"{str(folder)!r} cannot be made: {error.strerror}. Name a folder to write into."
        raise BadSetting("--report", text) from error
