"""Papers: the files by which a run of the suites is told what to do, and tells what it found."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.kit.reports.verdict_json import as_json, written
from mockserver.kit.verdict import Verdict

if TYPE_CHECKING:  # the command that starts a run reads the names here, and needs no pytest of its own
    import pytest

LETTER, VERDICT = "--mockserver-letter", "--mockserver-verdict"

STEP = "mockserver: "
"""What a line of a run begins with that says what is done next; others are somebody else's."""


def options(parser: pytest.Parser) -> None:
    """Add the names of the two files to pytest's options."""
    group = parser.getgroup("mockserver")
    group.addoption(LETTER, metavar="FILE", help="whom to judge, and how far")
    group.addoption(VERDICT, metavar="FILE", help="where the verdict goes")


def letter(config: pytest.Config) -> Path:
    """Return the file that says what to do. Raises ``UsageError`` if there is none."""
    file = config.getoption(LETTER)
    if file is None:
        import pytest

        raise pytest.UsageError(f"{LETTER} FILE says whom to judge; see mockserver check --help")
    return Path(file)


def deliver(config: pytest.Config, verdict: Verdict) -> None:
    """Write the verdict where it is wanted."""
    file = config.getoption(VERDICT)
    if file is not None:
        Path(file).write_text(written(as_json(verdict)), encoding="utf-8")


def tell(step: str) -> None:
    """Say what is done next."""
    os.write(1, f"{STEP}{step}\n".encode())
