"""Prediction: what a fake under some readings answers to the requests of a recording.

The fake lives through what was recorded: its clock shows the recorded times, and its tasks enter a state when the
recording shows them in it. Its ids are others than the recorded ones; which stands for which is learnt from answers.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

from mockserver.adapters.comparison.features import ID, Answer, answer, sentences, told
from mockserver.adapters.comparison.recording import Recorded, url_of
from mockserver.contract.catalog import Catalog
from mockserver.contract.credentials import KEY_HEADER
from mockserver.contract.readings import Readings
from mockserver.contract.routes import Match, Router
from mockserver.contract.service import Service
from mockserver.contract.vectors import picture
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.callbacks.delivery import Attempt, Delivery
from mockserver.fake.core import Fake
from mockserver.fake.media.results import Result
from mockserver.kit.task_view import FINAL, TaskView, at
from mockserver.secrecy.mask import json_of
from mockserver.settings import Settings
from mockserver.types import JSON, Request, Response, is_url

SIGNATURE = "webhook-signature"

_NEVER = "polls:999999"
"""No task changes by itself: it does when the recording shows it."""

_SECRET = "whsec_bW9ja3NlcnZlci1jb21wYXJlcy1yZWNvcmRpbmdz"  # noqa: S105 # it signs what nobody gets
_TOKEN = re.compile(r"[\w-]{6,80}")
_DIGEST = re.compile(rb"sha256-[0-9a-f]{16}")
"""What recordings have in the place of a picture."""

_NO_ID = range(1_500_000_000_000, 4_000_000_000_000)
_MOST_ATTEMPTS = 20

Predicted = Sequence[Answer | None]
"""For each thing that was recorded, what is compared of it; ``None`` for what nothing can be compared of."""


class Player:
    """A fake that lives through recordings, and what it answers."""

    def __init__(
        self,
        catalog: Catalog,
        service: Service,
        readings: Readings,
        things: Sequence[Recorded],
        seen: dict[tuple[object, ...], Answer] | None = None,
    ) -> None:
        """``seen`` keeps what answers look like, for players of the same recording: most of theirs are the same.

        Raises ``MockserverError`` for readings that the service does not have.
        """
        self._service, self._things, self._seen = service, things, {} if seen is None else seen
        self._sentences = sentences(service)
        is_signed = any(SIGNATURE in each.entry.request.headers for each in things if each.kind == "callback")
        self.fake = Fake(
            Settings(
                services=(service.id,),
                readings={f"{service.id}/{question}": reading for question, reading in readings.items()},
                pace=_NEVER,
                seed=1,
                webhook_secret=_SECRET if is_signed else None,
            ),
            catalog=catalog,
        )
        self.fake.clock.freeze()
        self._router = Router([service], self.fake.world.readings)
        self._to_fake, self._to_recorded = dict[str, str](), dict[str, str]()
        self._urls, self._at = dict[str, str](), 0
        self._statuses = _statuses(service, things)
        self._sent = defaultdict[str, list[tuple[str, bool, bytes]]](list)

    def answers(self) -> list[Answer | None]:
        """Answer all that was recorded."""
        found = [self._answer(each) for each in self._things]
        for place, id in _last_callbacks(self._service, self._things).items():
            found[place] = self._reported(self._to_fake.get(id, id))
        return found

    def _answer(self, thing: Recorded) -> Answer | None:
        if thing.entry.at is not None and thing.entry.at > self._at:
            self._at = thing.entry.at
            self.fake.clock.set(self._at)
        self._enter_states(thing)
        self._deliver()
        if thing.kind == "callback":
            return None
        if thing.kind == "download":
            return self._download(thing)
        request = self._request(thing)
        with self._as_full_as_recorded(thing, request) as refused_with:
            response = self.fake.respond(request)
        if refused_with not in (None, response.status):
            return None  # which slot was taken is not known here
        self._learn(thing, response)
        self._deliver()
        named = replace(response, body=self._named(response.body))
        key = named.status, named.body, *named.headers.items()
        if key not in self._seen:
            self._seen[key] = answer(named, self._service.layout, self._sentences)
        return self._seen[key]

    def _enter_states(self, thing: Recorded) -> None:
        """Let tasks enter the states in which the recording shows them from here on."""
        for view in thing.views(self._service.layout):
            task = self.fake.tasks.get(self._service.id, self._to_fake.get(view.id or "", view.id or ""))
            state = view.state
            if task is None or state is None or task.state(self.fake.clock.now()).status in (state, *FINAL):
                continue
            self.fake.tasks.force(task, state, view.reason)  # type: ignore[arg-type] # a layout knows no other

    def _request(self, thing: Recorded) -> Request:
        """Return a request as the fake takes it: with its own ids, and with credentials if there were none."""
        request = thing.entry.request
        headers = {**request.headers, "host": "localhost"}
        status = 0 if thing.entry.response is None else thing.entry.response.status
        if not {"authorization", KEY_HEADER} & headers.keys() and status not in (401, 403):
            # Browsers leave them out of what they export.
            headers |= {"authorization": "Bearer somebody", KEY_HEADER: "somebody"}
        credentials = thing.entry.own.get("credentials")
        claims = credentials.get("claims") if isinstance(credentials, dict) else None
        if isinstance(claims, dict):
            headers["authorization"] = f"Bearer {_jwt(claims)}"
        body = _DIGEST.sub(lambda _: picture(300, 300).encode(), request.body)
        with suppress(UnicodeDecodeError):
            body = self._translated(body.decode(), self._to_fake).encode()
        path, query = (self._translated(text, self._to_fake) for text in (request.path, request.query))
        return Request(request.method, path, query, headers, body)

    @contextmanager
    def _as_full_as_recorded(self, thing: Recorded, request: Request) -> Iterator[int | None]:
        """Let hardly a slot be free where the recording says that none was; how many there are is not in the traffic.

        Yields the status of that refusal; ``None`` if there was none.
        """
        match = self._router.match(request.method, request.path, "")
        is_create = isinstance(match, Match) and bool(match.operation.task)
        if not is_create or not self._says_no_slot(thing, request):
            yield None
            return
        settings = self.fake.settings
        self.fake.reconfigure(replace(settings, slots=1))
        try:
            yield 0 if thing.entry.response is None else thing.entry.response.status
        finally:
            self.fake.reconfigure(settings)

    def _says_no_slot(self, thing: Recorded, request: Request) -> bool:
        """Whether a recorded answer refuses for want of a slot, in the service's own words."""
        recorded = thing.entry.response
        if recorded is None or recorded.status < 400 or "no-slot" not in self._service.errors:
            return False
        refusal, place = self.fake.refuse(request, Refused("no-slot")), self._service.layout.error_message
        return recorded.status == refusal.status and at(thing.received, place) == at(json_of(refusal.body), place)

    def _translated(self, text: str, names: Mapping[str, str]) -> str:
        return _TOKEN.sub(lambda found: names.get(found[0], found[0]), text) if names else text

    def _named(self, body: bytes) -> bytes:
        """Return a body with the recorded ids in the place of the fake's."""
        return self._translated(body.decode(errors="replace"), self._to_recorded).encode()

    def _learn(self, thing: Recorded, response: Response) -> None:
        """Take note of which ids and URLs stand for the recorded ones, if the two answers are of one kind."""
        recorded = thing.entry.response
        if recorded is None or recorded.status >= 400 or response.status >= 400:
            return
        match = self._router.match(thing.entry.request.method, thing.entry.request.path, "")
        if isinstance(match, Match) and match.operation.does in ("list", "works", "running", "available"):
            return
        for old, new in _pairs(thing.received, json_of(response.body)):
            if is_url(old) and is_url(new):
                self._urls.setdefault(str(old).partition("?")[0], str(new))
            elif ID.fullmatch(str(old)) and str(old) not in self._to_fake:
                self._to_fake[str(old)], self._to_recorded[str(new)] = str(new), str(old)

    def _download(self, thing: Recorded) -> Answer | None:
        url = self._urls.get(url_of(thing.entry))
        if url is None:
            return None
        found = self.fake.fetch(Request("GET", urlsplit(url).path, headers={"host": "localhost"}))
        return Answer({"": f"HTTP {200 if isinstance(found, Result) else found.status}"}, {}, {})

    def _deliver(self) -> None:
        """Send the callbacks that are due; each is answered as it was in the recording."""
        for _ in range(_MOST_ATTEMPTS):
            due = self.fake.due()
            if not due:
                return
            for delivery in due:
                self._sent[delivery.task_id].append(
                    (delivery.status, bool(self.fake.signature(delivery)), delivery.body)
                )
                self.fake.attempted(delivery, Attempt(self.fake.clock.now(), 0, self._receiver_says(delivery)))

    def _receiver_says(self, delivery: Delivery) -> int:
        statuses = self._statuses.get((self._to_recorded.get(delivery.task_id, delivery.task_id), delivery.status))
        if not statuses:
            return 200
        return statuses.pop(0) if len(statuses) > 1 else statuses[0]

    def _reported(self, id: str) -> Answer | None:
        """Return what is compared of all callbacks about a task."""
        sent = [(status, is_signed, json_of(self._named(body))) for status, is_signed, body in self._sent[id]]
        return reported(sent, self._service)


def recorded_answers(service: Service, things: Sequence[Recorded]) -> list[Answer | None]:
    """Return what is compared of what was recorded itself."""
    found: list[Answer | None] = []
    known = sentences(service)
    for thing in things:
        response = thing.entry.response
        if response is None or thing.kind == "callback":
            found.append(None)
        elif thing.kind == "download":
            found.append(Answer({"": f"HTTP {response.status}"}, {}, {}))
        else:
            found.append(answer(response, service.layout, known))
    for place, id in _last_callbacks(service, things).items():
        told_of = [each for each in things if each.kind == "callback" and _task(service, each) == id]
        sent = [(_state(service, each) or "", SIGNATURE in each.entry.request.headers, each.sent) for each in told_of]
        found[place] = reported(sent, service)
    return found


def reported(sent: Sequence[tuple[str, bool, JSON]], service: Service) -> Answer:
    """Return what is compared of the callbacks about a task: which came, how often, whether signed, with what."""
    counts = Counter(status for status, _, _ in sent)
    forms, values = dict[str, str](), dict[str, str]()
    for status, is_signed, document in sent:
        found = told(document, service.layout, status)
        forms |= found[0] | {f"{status} signed": str(is_signed)}
        values |= found[1]
    attempts = {f"attempts at {status}": str(count) for status, count in counts.items()}
    return Answer({"": f"callbacks about {', '.join(counts) or 'nothing'}"}, {**attempts, **forms}, values)


def _last_callbacks(service: Service, things: Sequence[Recorded]) -> dict[int, str]:
    """Return the places of the last callback about each task: what was reported of it is compared there."""
    last = {_task(service, each): place for place, each in enumerate(things) if each.kind == "callback"}
    return {place: id for id, place in last.items() if id is not None}


def _statuses(service: Service, things: Sequence[Recorded]) -> dict[tuple[str, str], list[int]]:
    """Return how the receiver answered to the attempts at each callback, by the task and the state."""
    found: dict[tuple[str, str], list[int]] = {}
    for each in things:
        if each.kind == "callback" and (id := _task(service, each)) is not None:
            response = each.entry.response
            found.setdefault((id, _state(service, each) or ""), []).append(500 if response is None else response.status)
    return found


def _task(service: Service, thing: Recorded) -> str | None:
    return TaskView.told(thing.sent, service.layout).id


def _state(service: Service, thing: Recorded) -> str | None:
    return TaskView.told(thing.sent, service.layout).state


def _pairs(old: JSON, new: JSON) -> Iterator[tuple[JSON, JSON]]:
    """Yield what stands at the same places of two documents, and may be an id or a URL."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in old.keys() & new.keys():
            yield from _pairs(old[name], new[name])
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for one, other in zip(old, new, strict=True):
            yield from _pairs(one, other)
    elif (isinstance(old, str) and isinstance(new, str)) or (type(old) is type(new) is int and old not in _NO_ID):
        yield old, new


def _jwt(claims: Mapping[str, JSON]) -> str:
    """Return a token with claims; nobody checks its signature."""
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    return ".".join([*(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), "x"])
