"""The report as files in a folder, for people, CI servers, code scanners and programs."""

from __future__ import annotations

from pathlib import Path

from mockserver.files import write_all
from mockserver.kit.reports.html import page
from mockserver.kit.reports.junit import junit
from mockserver.kit.reports.sarif import sarif
from mockserver.kit.reports.verdict_json import as_json, places, written
from mockserver.kit.verdict import Verdict

FILES = ("report.html", "junit.xml", "results.sarif", "verdict.json")


def write(verdict: Verdict, folder: Path) -> tuple[Path, ...]:
    """Write ``FILES`` into a folder, which is created if it does not exist, and return their paths.

    Raises ``OSError`` if one of them cannot be written, and then all are as before.
    """
    record = written(as_json(verdict))
    texts = (page(verdict), junit(verdict), written(sarif(verdict, places(record))), record)
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / name for name in FILES)
    write_all(dict(zip(paths, texts, strict=True)))
    return paths
