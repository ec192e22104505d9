"""The report as one page for a browser. It loads nothing and runs nothing, so it can be mailed."""

from __future__ import annotations

from urllib.parse import unquote

from mockserver.kit.reports.grouping import groups
from mockserver.kit.reports.summary import cases, count, lines, sentence
from mockserver.kit.reports.text import excerpt, json_text, visible
from mockserver.kit.transcript import Exchange
from mockserver.kit.verdict import Verdict
from mockserver.templates import templates
from mockserver.types import Request, Response

_LONGEST_TEXT = 20_000
"""Characters of one text on the page; megabytes of Base64 would make it unreadable."""


_REASON = "mockserver-reason"
"""The header in which a fake says why its answer is not the usual one: a kind, and a sentence."""


def page(verdict: Verdict) -> str:
    """Return the page. Every text of the verdict is escaped: it may come from a hostile server."""
    environment = templates(__package__)
    environment.filters["visible"] = lambda text: visible(str(text), _LONGEST_TEXT)
    environment.filters["json"] = lambda value: json_text(excerpt(value), indent=2)
    environment.filters["message"] = _message
    environment.filters["line"] = _line
    return environment.get_template("report.html.jinja").render(
        verdict=verdict,
        sentence=sentence(verdict),
        status=verdict.status.name.lower(),
        lines=lines(verdict),
        count=count,
        groups=groups(cases(verdict, verdict.findings)),
        accepted=groups(cases(verdict, verdict.accepted)),
    )


def _line(exchange: Exchange, first: Exchange) -> str:
    """Return an exchange in a line: when it began, what was asked for, what came, and why, where a fake says so."""
    request, response = exchange.request, exchange.response
    came = exchange.fault or "no answer" if response is None else str(response.status)
    took = f", after {exchange.took / 1000:.2f} s" if exchange.took else ""
    told = (response or exchange.lost or Response(0)).headers.get(_REASON)
    because = f" ({unquote(told)})" if told else ""
    return f"{(exchange.at - first.at) / 1000:+.2f} s  {request.method} {_target(request)}: {came}{took}{because}"


def _message(message: Request | Response) -> str:
    """Return a request or an answer as it was on the wire, but for the names of its headers."""
    start = f"{message.method} {_target(message)}" if isinstance(message, Request) else str(message.status)
    head = [start, *(f"{name}: {value}" for name, value in message.headers.items())]
    body = message.body.decode(errors="replace")
    return "\n".join([*head, "", body] if body else head)


def _target(request: Request) -> str:
    return f"{request.path}{'?' if request.query else ''}{request.query}"
