"""The verdict about Prism, which serves one of our descriptions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.foreign.prism import served
from benchmarks.harness.process import ROOT
from mockserver.kit.reports.verdict_json import from_json
from mockserver.kit.verdict import Verdict

_OURS = (sys.executable, "-m", "mockserver")
_LIMITS = ("--seconds", "420", "--max-creates", "1000")
"""A picture that never comes is waited for 200 s. Each wrongly accepted payload counts as a task, but is free here."""


def check_prism(folder: Path, options: Sequence[str] = (), *, service: str = "kling") -> Verdict:
    """Start Prism with the description of a service and check it; the description and the report go into a folder.

    ``options`` are further ones for ``mockserver check server``.
    """
    document, verdict = folder / "openapi.json", folder / "verdict.json"
    verdict.unlink(missing_ok=True)
    subprocess.run([*_OURS, "openapi", service, "--output", str(document)], cwd=ROOT, check=True)
    with served(document) as url:
        words = ("check", "server", url, "--service", service, *_LIMITS, "--report", str(folder), *options)
        subprocess.run([*_OURS, *words], cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
    return from_json(json.loads(verdict.read_text(encoding="utf-8")))
