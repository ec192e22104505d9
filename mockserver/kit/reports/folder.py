"""The report as files in a folder, for people, CI servers, code scanners and programs, and the scripts of findings."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from mockserver.files import write_all
from mockserver.kit.repetition import MARK
from mockserver.kit.reports.html import page
from mockserver.kit.reports.junit import junit
from mockserver.kit.reports.markdown import markdown
from mockserver.kit.reports.sarif import sarif
from mockserver.kit.reports.summary import cases
from mockserver.kit.reports.verdict_json import as_json, places, written
from mockserver.kit.verdict import Verdict

_SCRIPTS = "repeat/*.sh"

_EXECUTABLE = 0o111

FILES = ("report.html", "junit.xml", "results.sarif", "verdict.json", "summary.md")


def write(verdict: Verdict, folder: Path) -> tuple[Path, ...]:
    """Write ``FILES`` and scripts into a folder, which is created if it does not exist, and return their paths.

    The scripts of an earlier run are removed. Raises ``OSError`` if one of the files cannot be written, and then all
    are as before.
    """
    record = written(as_json(verdict))
    texts = (page(verdict), junit(verdict), written(sarif(verdict, places(record))), record, markdown(verdict))
    folder.mkdir(parents=True, exist_ok=True)
    contents = {folder / name: text for name, text in zip(FILES, texts, strict=True)}
    found = [*cases(verdict, verdict.findings), *cases(verdict, verdict.accepted)]
    scripts = {
        folder / case.script: str(case.finding.script).encode(errors="replace")
        for case in found
        if case.script is not None
    }
    for script in scripts:
        script.parent.mkdir(exist_ok=True)
    write_all({**contents, **scripts})
    for script in scripts:
        script.chmod(script.stat().st_mode | _EXECUTABLE)
    _remove_old(folder, scripts)
    return (*contents, *scripts)


def _remove_old(folder: Path, scripts: Collection[Path]) -> None:
    """Remove the scripts of an earlier run, which are of no finding any more."""
    for path in folder.glob(_SCRIPTS):
        if path not in scripts and path.read_bytes().partition(b"\n")[2].startswith(MARK.encode()):
            path.unlink()
