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
from mockserver.types import JSON, Request, Response, value

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
    receivers, results, polls = set[str](), set[str](), _Polls(layout)
    for entry, is_exchange in belonging:
        sent = json_of(entry.request.body)
        if is_exchange:
            if entry.response is None or entry.unknown:
                continue
            found = Recorded("exchange", entry, sent, json_of(entry.response.body))
            if layout.callback_field is not None and (url := first(layout.callback_field, sent)):
                receivers.add(_plain(str(url)))
            results |= {_plain(url) for view in found.views(layout) for url in view.urls}
            if polls.say_more(entry.request, entry.response, found.received):
                yield found
        elif CALLBACK in entry.own or url_of(entry) in receivers:
            if sent is not None:
                yield Recorded("callback", entry, sent, None)
        elif url_of(entry) in results and entry.response is not None:
            yield Recorded("download", entry, None, None)


class _Polls:
    """What the last polls of tasks have said: a task is polled many times, and mostly says the same."""

    def __init__(self, layout: Layout) -> None:
        self._layout, self._last = layout, dict[tuple[str, str], tuple[int, JSON]]()
        self._left_out = frozenset() if layout.request_id is None else frozenset({layout.request_id})

    def say_more(self, request: Request, response: Response, document: JSON) -> bool:
        """Whether an exchange is no poll, or says something new."""
        if request.method != "GET":
            self._last.clear()  # it may have changed what they say
            return True
        if TaskView.of(document, self._layout) is None:
            return True
        poll, said = (request.path, request.query), (response.status, lasting(document, self._left_out))
        is_new = self._last.get(poll) != said
        self._last[poll] = said
        return is_new


def url_of(entry: Entry) -> str:
    """Return the URL of an entry without its query, in which signatures change."""
    return f"{entry.request.scheme}://{entry.host}{entry.request.path}"


def _plain(url: str) -> str:
    return url.partition("?")[0]
