"""The pages, such as docs/speed.md: a run writes its figures between two markers and leaves all else as it is."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence

from benchmarks.harness.figures import Goal, Sheet, goals
from benchmarks.harness.process import ROOT

PAGE = ROOT / "docs" / "speed.md"
COMMAND = "python -m benchmarks --write-page"
BEGIN, END = f"<!-- what follows is written by {COMMAND} -->", "<!-- end of what is written -->"

COUNTED = ROOT / "docs" / "endpoints.md"
COUNTING = "python -m benchmarks endpoints --write-page"


def machine() -> str:
    """Say on what is measured."""
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def block(found: Sequence[Goal | Sheet]) -> str:
    """Return figures as Markdown: all goals in one table, and the other tables."""
    reached = goals("Targets", [each for each in found if isinstance(each, Goal)])
    sheets = [reached, *(each for each in found if isinstance(each, Sheet))]
    caption = f"`{COMMAND}` on {machine()}. Middle (lowest to highest) of the rounds of one run."
    return "\n\n".join([caption, *(sheet.markdown for sheet in sheets)])


def updated(text: str, written: str, command: str = COMMAND) -> str:
    """Return a page with other figures. Raises ``ValueError`` when it has not each marker once and in order."""
    opening = BEGIN.replace(COMMAND, command)
    before, begin, rest = text.partition(opening)
    _, end, after = rest.partition(END)
    if not begin or not end or opening in rest or END in after:
        raise ValueError(f"the page needs the lines {opening!r} and {END!r}, once each and in this order")
    return f"{before}{opening}\n\n{written}\n\n{END}{after}"


def write(found: Sequence[Goal | Sheet]) -> None:
    """Write figures into the page. Raises ``ValueError`` as ``updated`` does."""
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8"), block(found)), encoding="utf-8")


def write_counted(found: Sequence[Sheet]) -> None:
    """Write what endpoints cost into their page. Raises ``ValueError`` as ``updated`` does."""
    written = "\n\n".join(sheet.markdown for sheet in found)
    COUNTED.write_text(updated(COUNTED.read_text(encoding="utf-8"), written, COUNTING), encoding="utf-8")
