"""The probe: a client of the server under test. It repeats what meets a busy server, and records all that it sends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from itertools import count
from types import MappingProxyType
from urllib.parse import urlencode, urlsplit

from mockserver.contract.credentials import carried
from mockserver.contract.places import with_value
from mockserver.contract.service import Operation
from mockserver.contract.vectors import merged
from mockserver.kit.lookups import naming
from mockserver.kit.server.callbacks import CallbackReceiver, Receiver
from mockserver.kit.server.credentials import Credentials
from mockserver.kit.server.evidence import About, Attempt, Evidence, Purpose, ResultFile
from mockserver.kit.server.expectations import Expectations, as_query
from mockserver.kit.server.findings import is_busy
from mockserver.kit.server.media import decode
from mockserver.kit.server.recorder import Recorder
from mockserver.kit.server.settings import Settings, Target, is_near
from mockserver.kit.server.spending.budget import Budget, RealTime, Time
from mockserver.kit.server.spending.prices import units
from mockserver.kit.server.transport import Transport
from mockserver.kit.server.watched_tasks import base_payload
from mockserver.kit.transcript import Exchange
from mockserver.types import JSON, Millis, Request

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 60.0
"""How long to wait for each piece of an answer; as long as for a whole one."""

_MOST_CONNECTIONS = 20

_IDLE_SECONDS = 1.5
"""How long a connection is kept for the next request. A server may close it after two seconds (gunicorn) or five (Node,
uvicorn), and one that it closes just as we send is no fault of its."""

_KEPT_BYTES = 512
"""What is kept of a file that was sent or received, so that a report can show what it began with."""

_MOST_RETRIES = 8
"""With pauses that double from one second to a minute this waits three minutes: two films at the real service."""

_FIRST_PAUSE_MILLIS: Millis = 1000
_LONGEST_PAUSE_MILLIS: Millis = 60_000


class Probe:
    """Sends requests of a service, within a budget, and records them.

    * ``target`` says what is judged, ``expectations`` what its answers must be
    * ``receiver`` gets the callbacks; it is ``None`` where the server cannot reach one, and ``unreachable`` says why
    """

    def __init__(
        self,
        target: Target,
        transport: Transport,
        budget: Budget,
        clock: Time,
        *,
        receiver: CallbackReceiver | None = None,
        unreachable: str | None = None,
    ) -> None:
        self.target, self.budget, self.clock, self.receiver = target, budget, clock, receiver
        self.recorder = Recorder()
        self._transport, self._unreachable = transport, unreachable
        self._base = urlsplit(target.url)
        self._names = count(1)

    def as_another(self, credentials: Credentials) -> Probe:
        """Return a probe that has the credentials of another account, and shares the notes, the budget and the time."""
        target = replace(self.target, credentials=credentials)
        other = Probe(
            target, self._transport, self.budget, self.clock, receiver=self.receiver, unreachable=self._unreachable
        )
        other.recorder, other._names = self.recorder, self._names
        return other

    @property
    def expectations(self) -> Expectations:
        """What the answers of the target must be."""
        return self.target.expectations

    @cached_property
    def account(self) -> JSON:
        """The first account that the server knows; ``None`` where requests name none."""
        for operation in self.expectations.service.operations.values():
            if operation.does == "accounts":
                found = self.ask(operation).exchange.received
                return next(iter(found), None) if isinstance(found, dict) else None
        return None

    def account_fields(self, operation: Operation) -> dict[str, JSON]:
        """Return what each request of an operation must say at this server: the account, if it knows any."""
        field = self.expectations.layout.account_field
        if field is None or not operation.has(field) or not self.account:
            return {}
        return with_value(field, {}, self.account)

    def simplest(self, operation: Operation, wanted: Mapping[str, JSON] = MappingProxyType({})) -> dict[str, JSON]:
        """Return the simplest payload of an operation with the account, and what is ``wanted`` at some places."""
        payload: dict[str, JSON] = merged(base_payload(self.expectations, operation), self.account_fields(operation))
        for place, value in wanted.items():
            payload = with_value(place, payload, value)
        return payload

    def create(
        self,
        operation: Operation,
        payload: JSON,
        purpose: Purpose,
        about: About | None = None,
        *,
        case: str = "",
        headers: Mapping[str, str | None] | None = None,
    ) -> Attempt:
        """Send a payload that may create a task. Raises ``Spent``."""
        with self.budget.of_one_task(units(operation, payload)) as charge:
            attempt = self.ask(operation, payload, purpose, about, case=case, headers=headers)
            charge.is_due = attempt.is_accepted or attempt.exchange.response is None
        return attempt

    def ask(
        self,
        operation: Operation,
        payload: JSON = None,
        purpose: Purpose = Purpose.READ,
        about: About | None = None,
        *,
        id: str = "",
        name: str = "",
        case: str = "",
        headers: Mapping[str, str | None] | None = None,
    ) -> Attempt:
        """Send a request of an operation, and repeat it while the server is busy.

        It is for the task of an ``id``, or of a ``name`` of our own. A header that is ``None`` is left out.
        """
        path, payload = naming(operation, payload, id=id, name=name)
        is_query = operation.method == "GET" and isinstance(payload, dict)
        query = urlencode(as_query(payload)) if is_query else ""
        body = b"" if is_query or payload is None else encoded(payload)

        def send() -> Attempt:
            exchange = self._exchange(self._request(operation.method, path, query, body, headers), operation)
            return self.recorder.keep(Attempt(exchange, purpose, case, operation, payload, about))

        attempt = send()
        for retry in range(_MOST_RETRIES):
            if not is_busy(attempt, self.expectations) or self.budget.is_late:
                break
            self.recorder.set_aside(attempt)
            self.clock.sleep(_pause(attempt, retry))
            attempt = send()
        return attempt

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        about: About | None = None,
        *,
        case: str,
        operation: Operation | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Attempt:
        """Send malformed bytes to a path of the service, once."""
        exchange = self._exchange(self._request(method, path, "", body, headers), operation)
        return self.recorder.keep(Attempt(exchange, Purpose.MALFORMED, case, operation, about=about))

    def upload(
        self,
        operation: Operation,
        content: bytes,
        media_type: str | None,
        purpose: Purpose,
        *,
        case: str,
        account: Mapping[str, JSON] | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Attempt:
        """Send a file, once; ``account`` are the fields that name whose it is. Only the beginning of a file is kept."""
        fields = self.account_fields(operation) if account is None else account
        query = urlencode(as_query(fields))
        sent = {"content-type": media_type, **(headers or {})}
        exchange = self._exchange(self._request(operation.method, operation.path, query, content, sent), operation)
        kept = replace(exchange, request=replace(exchange.request, body=content[:_KEPT_BYTES]))
        return self.recorder.keep(Attempt(kept, purpose, case, operation))

    def download(self, url: str, about: ResultFile) -> Attempt:
        """Get a URL as anybody who has it can: without credentials. Of a file only its beginning is kept."""
        try:
            parts = urlsplit(url)
        except ValueError:  # brackets that do not close
            parts = urlsplit("")
        headers = MappingProxyType({"host": parts.netloc})
        request = Request("GET", parts.path or "/", parts.query, headers, b"", parts.scheme)
        exchange = self._exchange(request, None)
        if exchange.response is not None and exchange.response.status < 300:
            content = exchange.response.body
            about = replace(about, media=decode(content))
            beginning = replace(exchange.response, body=content[:_KEPT_BYTES])
            exchange = replace(exchange, response=beginning, is_whole=len(content) <= _KEPT_BYTES)
        return self.recorder.keep(Attempt(exchange, Purpose.DOWNLOAD, about=about))

    def new_name(self) -> str:
        """Return a name that was never used."""
        return f"{self.clock.now():x}-{self.target.seed}-{next(self._names)}"

    def evidence(self) -> Evidence:
        """Return all that is known by now."""
        return self.recorder.evidence(
            self.expectations,
            self.receiver.received() if self.receiver else (),
            unreachable=self._unreachable,
            secret=self.target.secret,
        )

    def _request(
        self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str | None] | None
    ) -> Request:
        usual: dict[str, str | None] = {
            "host": self._base.netloc.rpartition("@")[2],  # a password in the URL is for no header
            "authorization": self.target.credentials.header(self.clock.now()),
            "content-type": "application/json" if body else None,
        }
        sent = {name: value for name, value in {**usual, **(headers or {})}.items() if value is not None}
        if "authorization" in sent:
            header, value = carried(sent.pop("authorization"), self.expectations.service.credentials)
            sent[header] = value
        whole = self._base.path.rstrip("/") + path
        return Request(method, whole, query, MappingProxyType(sent), body, self._base.scheme)

    def _exchange(self, request: Request, operation: Operation | None) -> Exchange:
        number, at = self.recorder.next_number(), self.clock.now()
        response, fault = self._transport.send(request)
        took = self.clock.now() - at
        return Exchange(number, at, took, operation.id if operation else None, request, response, fault)


@contextmanager
def connect(settings: Settings) -> Iterator[Probe]:
    """Open a probe of the server that settings name, with a receiver of callbacks where the server can reach one.

    Raises ``MockserverError`` for settings that make no sense.
    """
    import httpx

    target, clock = settings.target(), RealTime()
    budget = Budget(settings.max_creates, settings.seconds, clock, settings.most_units)
    limits = httpx.Limits(max_connections=_MOST_CONNECTIONS, keepalive_expiry=_IDLE_SECONDS)
    timeout = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(timeout=timeout, limits=limits, trust_env=False))
        transport = Transport(client, clock)
        if is_near(settings.url):
            receiver = stack.enter_context(Receiver(clock))
            yield Probe(target, transport, budget, clock, receiver=receiver)
        else:
            reason = "the server is on another machine and cannot call back to this one"
            yield Probe(target, transport, budget, clock, unreachable=reason)


def encoded(payload: JSON) -> bytes:
    """Write a payload as JSON."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def _pause(attempt: Attempt, retry: int) -> Millis:
    """Return how long to wait after a 429: what the server says, or twice as long each time."""
    response = attempt.exchange.response
    said = response.headers.get("retry-after", "") if response else ""
    # Six digits would be more than a day: no server means that.
    wanted = int(said) * 1000 if said.isdecimal() and len(said) < 6 else _FIRST_PAUSE_MILLIS * 2**retry
    return min(wanted, _LONGEST_PAUSE_MILLIS)
