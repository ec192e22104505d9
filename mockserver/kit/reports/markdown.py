"""The report as Markdown, for the page of a CI job: the verdict, and below it each cause, folded.

What a client or a server has sent stands in HTML, and is escaped there: none of it is markup, or a mention of somebody.
"""

from __future__ import annotations

from html import escape

from mockserver.kit.reports.grouping import Group, groups
from mockserver.kit.reports.summary import cases, in_words, sentence
from mockserver.kit.reports.text import visible
from mockserver.kit.verdict import Verdict

_LONGEST_BYTES = 500_000
"""GitHub shows no summary of more than a mebibyte, and other steps of the job write into the same one."""

_LONGEST_TEXT = 20_000
"""Characters of one cause; the rest is in the other files."""


def markdown(verdict: Verdict) -> str:
    """Return the document."""
    text = f"<h3>{_line(sentence(verdict))}</h3>\n"
    size, causes = len(text.encode()), groups(cases(verdict, verdict.findings))
    for number, cause in enumerate(causes):
        folded = _folded(cause, verdict)
        size += len(folded.encode())
        if size > _LONGEST_BYTES:
            return f"{text}\n<p>{len(causes) - number} more are in report.html.</p>\n"
        text += folded
    return text


def _folded(cause: Group, verdict: Verdict) -> str:
    first = cause.first
    extent = f" ({cause.extent})" if cause.extent else ""
    told = "\n".join([in_words(first, verdict), *(f"also: {other.finding.key}" for other in cause.others)])
    heading = _line(f"{first.check.severity}: {first.promise}{extent}")
    # Of all elements pre alone may have empty lines in it, if it begins after one.
    return f"\n<details><summary>{heading}</summary>\n\n<pre>\n{_html(told)}\n</pre>\n\n</details>\n"


def _line(text: str) -> str:
    return _html(" ".join(text.split()))


def _html(text: str) -> str:
    # A mention in HTML is one all the same, unless its sign is written as a number.
    return escape(visible(text, _LONGEST_TEXT)).replace("@", "&#64;")
