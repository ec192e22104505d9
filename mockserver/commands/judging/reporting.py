"""What all commands that end with a verdict have in common: --report, --baseline and their exit statuses."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from mockserver.commands.output import silence, written
from mockserver.errors import BadSetting
from mockserver.files import check_writable

if TYPE_CHECKING:
    from mockserver.kit.baseline import Baseline
    from mockserver.kit.verdict import Verdict


EXITS = """\b
Exit status:
  0    the contract was kept
  1    it was broken
  2    nothing could be judged, or a mistake in the command line
  128+ a signal ended the run: 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP"""
"""For --help. ``exit_status`` decides."""


def exit_status(verdict: Verdict, *, interrupted_by: int | None = None, command: int = 0) -> int:
    """Return the exit status of a run: that of a shell for the signal that has ended it, or what the verdict says.

    ``command`` is the status of the command whose traffic was judged; if it has failed, so has the run.
    """
    if interrupted_by is not None:
        return 128 + interrupted_by
    return command or int(verdict.status)


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
            folder_made(report)
        return cls(report, accepted)

    def publish(self, verdict: Verdict, stream: IO[str] | None = None) -> Verdict:
        """Print a verdict to ``stream``, stdout by default; write the files; return it without what is accepted."""
        from mockserver.kit.baseline import apply
        from mockserver.kit.reports.folder import write
        from mockserver.kit.reports.terminal import terminal

        rest = apply(verdict, self.accepted)
        out = stream or sys.stdout
        try:
            if self.folder is not None:
                with written("--report", self.folder, "folder"):
                    write(rest, self.folder)
        finally:
            try:
                terminal(rest, out, folder=self.folder)
            except BrokenPipeError:
                silence(out)  # whoever reads has read enough, and the exit status is still to come
        return rest


def folder_made(folder: Path) -> None:
    """Make the folder of ``--report``. Raises ``BadSetting``."""
    from mockserver.kit.reports.folder import FILES

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"{str(folder)!r} cannot be made: {error.strerror}. Name a folder to write into."
        raise BadSetting("--report", text) from error
    with written("--report", folder, "folder"):
        for name in FILES:
            check_writable(folder / name)
