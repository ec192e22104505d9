"""What a check of a server has seen, as a recording: which readings it shows that nobody had settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from mockserver.adapters.comparison.observation import Observation, observed
from mockserver.adapters.comparison.recording import CALLBACK, recording
from mockserver.har.archive import Entry
from mockserver.kit.server.callbacks import Callback
from mockserver.kit.server.evidence import Attempt, Evidence, Purpose
from mockserver.types import Request, Response


def observations(evidence: Evidence, url: str) -> tuple[Observation, ...]:
    """Return what a check of the server at a URL says of the questions that its settings leave open."""
    expectations, base = evidence.expectations, urlsplit(url).path.rstrip("/")
    exchanges = [(_exchange(each, base), each.purpose is not Purpose.DOWNLOAD) for each in _telling(evidence)]
    callbacks = [(_callback(each), False) for each in evidence.callbacks]
    things = recording(expectations.service, sorted([*exchanges, *callbacks], key=lambda each: each[0].at or 0))
    found = observed(expectations.catalog, expectations.service, things)
    return tuple(each for each in found if each.question.id not in expectations.chosen)


def _telling(evidence: Evidence) -> Iterator[Attempt]:
    """Yield the attempts that can tell readings apart.

    Thousands break one rule, and are refused for that, whatever the readings are: of those the first of each kind is
    enough, unless it is open whether the rule holds.
    """
    questions = evidence.expectations.service.questions.values()
    is_open = {rule for question in questions for reading in question.readings.values() for rule in reading.levels}
    known = set[str]()
    for each in evidence.attempts:
        rule = each.rule
        if each.purpose is Purpose.BREAK_RULE and rule is not None and not each.is_accepted and rule.id not in is_open:
            if rule.keyword in known:
                continue
            known.add(rule.keyword)
        yield each


def _exchange(attempt: Attempt, base: str) -> Entry:
    exchange = attempt.exchange
    request = replace(exchange.request, path=exchange.request.path.removeprefix(base))
    unknown = {} if exchange.is_whole else {"answer": "cut"}
    place = f"exchange {exchange.number}"
    return Entry(place, exchange.at, exchange.took, request.host, request, exchange.response, unknown)


def _callback(callback: Callback) -> Entry:
    request = Request(callback.method, "/", headers=callback.headers, body=callback.body)
    own = {CALLBACK: callback.task}
    return Entry(f"callback of {callback.task}", callback.at, -1, "", request, Response(200), own=own)
