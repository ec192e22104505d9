"""The report as one page for a browser: it loads nothing, runs nothing, and can be mailed."""

from __future__ import annotations

from importlib.resources import files

from mockserver.kit.reports.summary import cases, count, lines, sentence
from mockserver.kit.reports.text import document, sound, visible
from mockserver.kit.verdict import Verdict

_LONGEST = 20_000


def page(verdict: Verdict) -> str:
    """Return the page. Everything of the verdict is escaped on it, whatever it holds."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["visible"] = lambda text: visible(str(text), _LONGEST)
    environment.filters["json"] = lambda value: document(sound(value), indent=2)
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
