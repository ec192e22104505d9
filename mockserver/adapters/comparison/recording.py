"""A recording of one service: its exchanges, the callbacks about its tasks, and the downloads of their results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from mockserver.contract.layout import Layout
from mockserver.contract.places import first
from mockserver.contract.service import Service
from mockserver.har.archive import Entry
from mockserver.kit.task_view import TaskView, lasting, task_views
from mockserver.secrecy.mask import json_of
from mockserver.types import JSON, Response, value

Kind = Literal["exchange", "callback", "download"]

MOST = 2000
"""Exchanges that are compared of one service: each is played some ninety times, in a millisecond."""

CALLBACK = "callback"
"""What an entry of ours says of itself if it is an attempt at a callback."""


@value
class Recorded:
    """One thing that was recorded; ``received`` is the document that a client got, ``sent`` the one that it sent."""

    kind: Kind
    entry: Entry
    sent: JSON
    received: JSON

    def views(self, layout: Layout) -> list[TaskView]:
        """Return the tasks that it shows."""
        if self.kind == "callback":
            return [TaskView.told(self.sent, layout)]
        one = TaskView.of(self.received, layout)
        return [one] if one is not None else task_views(self.received, layout)


def recording(service: Service, belonging: Iterable[tuple[Entry, bool]]) -> tuple[Recorded, ...]:
    """Sort the entries of an archive, each with whether it is an exchange with the service; others are left out."""
    return tuple(_sorted(service.layout, belonging))[:MOST]


def _sorted(layout: Layout, belonging: Iterable[tuple[Entry, bool]]) -> Iterator[Recorded]:
    receivers, results = set[str](), set[str]()
    polls: dict[tuple[str, str], tuple[int, JSON]] = {}
    for entry, is_exchange in belonging:
        sent = json_of(entry.request.body)
        if is_exchange:
            if entry.response is None or entry.unknown:
                continue
            found = Recorded("exchange", entry, sent, json_of(entry.response.body))
            if layout.callback_field is not None and (url := first(layout.callback_field, sent)):
                receivers.add(_plain(str(url)))
            results |= {_plain(url) for view in found.views(layout) for url in view.urls}
            if entry.request.method == "GET" and TaskView.of(found.received, layout) is not None:
                poll, said = (entry.request.path, entry.request.query), _said(entry.response, found.received, layout)
                if polls.get(poll) == said:
                    continue  # a task is polled many times, and says the same
                polls[poll] = said
            yield found
        elif CALLBACK in entry.own or _url(entry) in receivers:
            if sent is not None:
                yield Recorded("callback", entry, sent, None)
        elif _url(entry) in results and entry.response is not None:
            yield Recorded("download", entry, None, None)


def _said(response: Response, document: JSON, layout: Layout) -> tuple[int, JSON]:
    left_out = frozenset() if layout.request_id is None else frozenset({layout.request_id})
    return response.status, lasting(document, left_out)


def url_of(entry: Entry) -> str:
    """Return the URL of an entry without its query, in which signatures change."""
    return _url(entry)


def _url(entry: Entry) -> str:
    return f"{entry.request.scheme}://{entry.host}{entry.request.path}"


def _plain(url: str) -> str:
    return url.partition("?")[0]
