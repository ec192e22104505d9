"""Replay: recorded exchanges served offline, those of one request in order, and the last of them again and again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from mockserver.adapters.proxy import callbacks
from mockserver.adapters.proxy.callbacks import Sender
from mockserver.adapters.proxy.exchange_log import ExchangeLog, Say
from mockserver.adapters.proxy.fixtures import known, outline
from mockserver.adapters.proxy.inspection import Exchange, Inspector
from mockserver.adapters.proxy.recordings import BadRecording, Recording, identity, load
from mockserver.adapters.proxy.redaction import Redactor
from mockserver.adapters.proxy.results import OWN, Kept
from mockserver.contract.catalog import Catalog
from mockserver.contract.differences import Difference
from mockserver.contract.places import first
from mockserver.contract.routes import Match
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.core import Fake
from mockserver.fake.dialects.known import DIALECTS
from mockserver.fake.encoding import encoded
from mockserver.fake.intake import bodies
from mockserver.fake.media import results
from mockserver.fake.verification import misses
from mockserver.kit.task_view import TaskView, task_views
from mockserver.recent import Recent
from mockserver.secrecy.mask import json_of
from mockserver.settings import Settings
from mockserver.types import JSON, Reason, Request, Response, is_url

_MOST_REASONS = 5
"""Reasons that are quoted against the nearest recording; with more, another one is meant anyway."""

_MOST_LETTERS = 200
"""As much of each reason goes into a header."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The recording most like a request, and why it does not answer it."""

    name: str
    reasons: tuple[str, ...]

    @property
    def why(self) -> str:
        """The first reasons in a line."""
        more = ", …" if len(self.reasons) > _MOST_REASONS else ""
        return ", ".join(reason[:_MOST_LETTERS] for reason in self.reasons[:_MOST_REASONS]) + more


class Replay(Fake):
    """A fake that answers with recordings. Each account gets the answers to a request from the first one on."""

    def __init__(self, place: Path, settings: Settings, say: Say, catalog: Catalog | None = None) -> None:
        """Replay the recordings of the first service. Raises ``MockserverError``; ``say`` gets a line per exchange."""
        super().__init__(settings, catalog=catalog)
        self._inspector = Inspector(self.world)
        self._log = ExchangeLog(self.world, say)
        service = self._inspector.service
        self._recordings = load(place, service, self._inspector.router)
        if not self._recordings:
            raise BadRecording(
                place,
                f"the folder has no recording of {service.id}, which would be {service.id}/<operation>/<case>.json",
            )
        self._kept = Kept(place)
        self._sender = Sender(self, service, callbacks.load(place, service))
        self._sequences: dict[str, list[Recording]] = {}
        for recording in self._recordings:
            self._sequences.setdefault(recording.id, []).append(recording)
        self._served: Recent[int] = Recent()
        self._lock = threading.Lock()

    def respond(self, request: Request) -> Response:
        """Answer with the next recording of the request; without one, with a refusal that names the nearest."""
        try:
            request = bodies.decoded(request, self.settings.max_body)
        except Refused as refused:
            return self.refuse(request, refused)
        redactor = Redactor(known(request, self._inspector.match(request)))
        asked = outline(request, self._inspector.router, redactor)
        nearest: Nearest | None = None
        if sequence := self._sequences.get(identity(asked)):
            recording = self._next(request, sequence)
            served = self._kept.served(recording.fixture["response"].get("body", ""), request.base_url)
            response, remark = _answer(recording, served), f"from {recording.name}"
            self._call_back(request, served)
        else:
            nearest = _nearest(asked, self._recordings)
            remark = f"no recording of this {asked['operation']}; nearest: {nearest.name}, but {nearest.why}"
            response = self._missing(nearest, remark)
        exchange = Exchange(request, response)
        found = self._inspector.inspect(exchange, self.clock.now())
        if nearest is not None:
            found = replace(found, differences=(_difference(nearest),))
        self.turn(lambda: self._log.write(exchange, found, remark))
        return response

    def fetch(self, request: Request) -> results.Result | results.Gone:
        """Return a result that was recorded, or one that is drawn in its place."""
        name = request.path.removeprefix(OWN)
        artifact = self._kept.artifact(name) if name != request.path else None
        if artifact is None:
            return results.Gone(404, Reason("missing", "No result of this name was recorded."))
        return results.Result(artifact)

    def _call_back(self, request: Request, answer: JSON) -> None:
        """Send what was reported of a task until the state in which an answer shows it."""
        service = self._inspector.service
        for view in [one] if (one := TaskView.of(answer, service.layout)) else task_views(answer, service.layout):
            match, id = self._inspector.match(request), view.id or ""
            is_create = isinstance(match, Match) and bool(match.operation.task)
            url = first(service.layout.callback_field, json_of(request.body)) if is_create else None
            if is_url(url):
                self._sender.created(id, str(url), self._inspector.account(request, self.clock.now()) or "")
            self._sender.shown(id, view.state or "submitted", partial(self._kept.served, base_url=request.base_url))

    def reset(self, account: str | None = None) -> None:
        """Forget exchanges, and start again with the first answers."""
        super().reset(account)
        with self._lock:
            self._served.forget(lambda key: account in (None, *key[1:]))

    def _next(self, request: Request, sequence: list[Recording]) -> Recording:
        account = self._inspector.account(request, self.clock.now())
        key = (sequence[0].id,) if account is None else (sequence[0].id, account)
        with self._lock:
            served = self._served.get(key) or 0
            self._served.set(key, served + 1)
        return sequence[min(served, len(sequence) - 1)]

    def _missing(self, nearest: Nearest, said: str) -> Response:
        """Refuse, in the service's envelope, a request without a recording."""
        service = self._inspector.service
        row = service.errors["no-route"]
        body = {name: said if isinstance(text, str) else text for name, text in row.body.items()}
        complete = DIALECTS[service.dialect].refused(self.world, service, row.status, body)
        headers = {
            "content-type": "application/json",
            "mockserver-recording": "none",
            "mockserver-nearest": nearest.name,
            "mockserver-why": quote(nearest.why, safe=" ,:;/\"'{}[]()<>=+*!?@$&|"),
        }
        return Response(row.status, encoded(complete), headers)


def _difference(nearest: Nearest) -> Difference:
    documented = f"{nearest.name} is the nearest recording"[:_MOST_LETTERS]
    return Difference("request", "", "recording", documented, nearest.why[:_MOST_LETTERS], nearest.name)


def _answer(recording: Recording, body: JSON) -> Response:
    response = recording.fixture["response"]
    headers = {"mockserver-recording": recording.name}
    if isinstance(body, str):
        kind = "text/html" if body.lstrip()[:1] == "<" else "text/plain"
        return Response(
            response["status"], body.encode(errors="replace"), {"content-type": f"{kind}; charset=utf-8", **headers}
        )
    return Response(response["status"], encoded(body), {"content-type": "application/json", **headers})


def _nearest(asked: dict[str, JSON], recordings: list[Recording]) -> Nearest:
    """Return the recording with the fewest reasons against it, of the same operation if there is one."""
    found = {recording.name: tuple(_reasons(asked, recording.outline)) for recording in reversed(recordings)}
    others = {recording.name: recording.outline["operation"] != asked["operation"] for recording in recordings}
    name = min(found, key=lambda name: (others[name], len(found[name])))
    return Nearest(name, found[name])


def _reasons(asked: dict[str, JSON], recorded: dict[str, JSON]) -> Iterator[str]:
    """Yield why a request is not the recorded one; both are objects with the same fields."""
    if asked["operation"] != recorded["operation"]:
        yield f"it is {recorded['operation']}"
    for name in ("parameters", "query", "credentials", "content-type", "body"):
        for reason in misses({name: recorded[name]}, {name: asked[name]}):
            yield reason
        for reason in misses({name: asked[name]}, {name: recorded[name]}):
            if reason.endswith("is missing"):
                yield reason.removesuffix("is missing") + "is not in the recording"
