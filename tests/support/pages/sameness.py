"""When what was printed is what a page shows: but for what is new in each run, and where the page says "…"."""

from __future__ import annotations

import re

_NEW_EACH_TIME = (
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
    (r"\b[0-9]{18}\b", "ID"),
    (r"\b[0-9]{13}\b", "MILLISECONDS"),
    (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT", "DATE"),
    (r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{8,}(Z|[+-][0-9:]{5})?", "DATE"),
    (r"\b[0-9]{2}:[0-9]{2}:[0-9]{2}\b", "TIME"),
    (r"\b[0-9]+\.[0-9]+ ?(ms|s|seconds)\b", "DURATION"),
    (r'(?<="took":)[0-9]+', "MILLISECONDS"),
    (r"(?<=kling_)[0-9]{18}(?=_)", "ID"),
    (r"(?<=127\.0\.0\.1:)[0-9]{5}\b", "PORT"),
    (r"\bcontent-length: [0-9]+", "content-length: N"),
)
"""Ids, times, durations, and the ports that the system has chosen."""


def comparable(text: str) -> str:
    """Put a name in the place of what is new each time, and leave out white space at the ends of lines."""
    for pattern, name in _NEW_EACH_TIME:
        text = re.sub(pattern, name, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def is_same(shown: str, printed: str) -> bool:
    """Whether a text was printed as a page shows it; "…" stands for anything, also for several lines."""
    parts = (re.escape(part.strip()) for part in comparable(shown).split("…"))
    return re.fullmatch(r"\s*.*?\s*".join(parts), comparable(printed), re.DOTALL) is not None
