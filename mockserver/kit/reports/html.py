"""The report as one page for a browser. It loads nothing and runs nothing, so it can be mailed."""

from __future__ import annotations

from importlib.resources import files

from mockserver.kit.reports.summary import cases, count, lines, sentence
from mockserver.kit.reports.text import json_text, sound, visible
from mockserver.kit.verdict import Verdict

_LONGEST_TEXT = 20_000
"""Characters of one text on the page; megabytes of Base64 would make it unreadable."""


def page(verdict: Verdict) -> str:
    """Return the page. Every text of the verdict is escaped: it may come from a hostile server."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["visible"] = lambda text: visible(str(text), _LONGEST_TEXT)
    environment.filters["json"] = lambda value: json_text(sound(value), indent=2)
    template = environment.from_string((files(__package__) / "report.html.jinja").read_text(encoding="utf-8"))
    return template.render(
        verdict=verdict,
        sentence=sentence(verdict),
        status=verdict.status.name.lower(),
        lines=lines(verdict),
        count=count,
        cases=list(cases(verdict, verdict.findings)),
        accepted=list(cases(verdict, verdict.accepted)),
    )
