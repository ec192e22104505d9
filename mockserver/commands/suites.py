"""The suites of ``contract_tests``: pytest runs them, in a process that knows nothing of the user's settings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import TYPE_CHECKING

from mockserver.resources import folder

if TYPE_CHECKING:
    from mockserver.kit.letter import Letter
    from mockserver.kit.verdict import Verdict

_FOREIGN = frozenset({"PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DEBUG"})
_LAST = 15.0
"""Seconds that a run has to clean up after it was stopped."""


def judged(target: str, suite: str, plugin: str, letter: Letter, *, patience: float | None, total: int) -> Verdict:
    """Run a suite with its plugin, and return its verdict on ``target``.

    It is stopped after ``patience`` seconds, if any are named. ``total`` steps are shown as they are done.
    """
    from mockserver.kit.reports.verdict_json import from_json
    from mockserver.kit.verdict import Verdict

    with TemporaryDirectory(prefix="mockserver-") as made:
        file, verdict = Path(made) / "letter.json", Path(made) / "verdict.json"
        letter.write(file)
        complaint = _ran(_command(suite, plugin, file, verdict), Path(made) / "complaints", patience, total)
        if verdict.exists():
            return from_json(json.loads(verdict.read_text(encoding="utf-8")))
        return Verdict(target, (), obstacle=f"the suites did not run to their end: {complaint}")


def _command(suite: str, plugin: str, letter: Path, verdict: Path) -> list[str]:
    from mockserver.kit.papers import LETTER, VERDICT

    suites = folder("contract_tests")
    return [
        *(sys.executable, "-P", "-m", "pytest", str(suites / suite), "-c", str(suites / "pytest.ini")),
        *("--rootdir", str(suites), "--confcutdir", str(suites), "-p", plugin),
        *(LETTER, str(letter), VERDICT, str(verdict)),
    ]


def _ran(command: list[str], complaints: Path, patience: float | None, total: int) -> str:
    """Run pytest, and show what is done. Return the end of what it complained of."""
    from mockserver.kit.papers import STEP
    from mockserver.kit.reports.folder import progress

    variables = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    variables["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with (
        complaints.open("w+", encoding="utf-8", errors="replace") as complained,
        subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=complained, text=True) as child,
        _stopped(child, patience),
        progress(total) as step,
    ):
        said = []
        for line in child.stdout or ():
            said.append(line.strip())
            if line.startswith(STEP):
                step(said[-1].removeprefix(STEP))
        child.wait()
        complained.seek(0)
        told = [line for line in (*said, *complained.read().splitlines()) if line.strip()]
        return told[-1] if told else "it said nothing"


@contextmanager
def _stopped(child: subprocess.Popen[str], patience: float | None) -> Iterator[None]:
    """Interrupt a run that takes too long, so that it ends what it has started; and end it if it does not."""
    timers = (
        (Timer(patience, child.send_signal, [signal.SIGINT]), Timer(patience + _LAST, child.kill))
        if patience is not None
        else ()
    )
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()
