"""A probe: a client of the server under test, that notes each exchange and what it was for.

What carries the requests and what tells the time are handed in, so that a fake in this process can be probed without a
socket and without waiting.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from mockserver.contract.catalog import Operation
from mockserver.kit.checks import Skipped
from mockserver.kit.server.budget import Budget, RealTime, Time
from mockserver.kit.server.callbacks import Mailbox
from mockserver.kit.server.credentials import Credentials
from mockserver.kit.server.evidence import Evidence, Order, Trial
from mockserver.kit.server.expectations import Terms, asked
from mockserver.kit.transcript import Exchange
from mockserver.types import JSON, Millis, Request, Response

if TYPE_CHECKING:
    import httpx

_PATIENCE: Millis = 60_000
_ROOM = 512 << 20
_BUSY = 8
_NO_ROOM = 429
_PAUSE: Millis = 1000
_LONGEST_PAUSE: Millis = 60_000


@dataclass(frozen=True, slots=True)
class Target:
    """Who is judged, and by what.

    * ``url``: where the server is; a path in it stands before those of the contract
    * ``operations``: the makers of tasks that are tried
    * ``secret``: that of the signatures of callbacks, ``whsec_…``
    * ``largest``: payloads of more bytes are not sent
    """

    url: str
    terms: Terms
    operations: tuple[Operation, ...]
    credentials: Credentials = field(default_factory=Credentials.made_up)
    secret: str | None = field(default=None, repr=False)
    seed: int = 0
    largest: int = 1 << 20


class Probe:
    """Sends, and keeps the evidence."""

    def __init__(
        self,
        target: Target,
        client: httpx.Client,
        budget: Budget,
        *,
        clock: Time | None = None,
        mailbox: Mailbox | None = None,
        unreachable: str | None = None,
    ) -> None:
        """``unreachable`` says why the server cannot send to the mailbox, if so."""
        self.target, self.terms, self.budget = target, target.terms, budget
        self.clock: Time = clock or RealTime()
        self.mailbox = mailbox if unreachable is None else None
        self.facts: dict[str, JSON] = {}
        self._unreachable = unreachable
        self._client = client
        self._base = urlsplit(target.url)
        self._trials: list[Trial] = []
        self._orders: list[Order] = []
        self._ran_out: set[str] = set()
        self._untried: list[Skipped] = []
        self._numbers = self._names = 0
        self._lock = threading.Lock()

    def create(self, operation: Operation, payload: JSON, aim: str, **about: Any) -> Trial:
        """Send a payload that may make a task. Raises ``Spent``."""
        self.budget.take()
        trial = self.ask(operation, payload, aim, **about)
        if trial.exchange.response is not None and not trial.is_accepted:
            self.budget.give_back()
        return trial

    def ask(
        self,
        operation: Operation,
        payload: JSON = None,
        aim: str = "read",
        *,
        id: str = "",
        headers: Mapping[str, str | None] | None = None,
        **about: Any,
    ) -> Trial:
        """Send a request of an operation; ``id`` goes into its path. Of ``headers`` a ``None`` leaves one out.

        Who is told that there is no room, or to be slower, waits and asks again.
        """
        path = operation.path.partition("{")[0] + quote(id, safe="", errors="replace")
        is_query = operation.method == "GET" and isinstance(payload, dict)
        query = urlencode(asked(payload)) if is_query else ""
        body = b"" if is_query or payload is None else encoded(payload)
        sent: dict[str, Any] = {"operation": operation, "payload": payload, "headers": headers, **about}
        trial = self.send(operation.method, path, query, body, aim, **sent)
        for attempt in range(_BUSY):
            if trial.exchange.status != _NO_ROOM or self.budget.is_late:
                break
            self._set_aside(trial)
            self.clock.sleep(_pause(trial, attempt))
            trial = self.send(operation.method, path, query, body, aim, **sent)
        return trial

    def send(
        self,
        method: str,
        path: str,
        query: str = "",
        body: bytes = b"",
        aim: str = "noise",
        *,
        operation: Operation | None = None,
        headers: Mapping[str, str | None] | None = None,
        **about: Any,
    ) -> Trial:
        """Send bytes to a path of the service; ``about`` holds the further fields of a ``Trial``."""
        usual: dict[str, str | None] = {
            "host": self._base.netloc,
            "authorization": self.target.credentials.header(self.clock.now()),
            "content-type": "application/json" if body else None,
        }
        sent = {name: value for name, value in {**usual, **(headers or {})}.items() if value is not None}
        whole = self._base.path.rstrip("/") + path
        request = Request(method, whole, query, MappingProxyType(sent), body, self._base.scheme)
        return self._note(Trial(self._exchange(request, operation), aim, operation=operation, **about))

    def fetch(self, url: str, aim: str = "result", **about: Any) -> Trial:
        """Get a URL as anybody can who has it: without credentials."""
        try:
            parts = urlsplit(url)
        except ValueError:  # it is for brackets that do not close
            parts = urlsplit("")
        headers = MappingProxyType({"host": parts.netloc})
        request = Request("GET", parts.path or "/", parts.query, headers, b"", parts.scheme)
        return self._note(Trial(self._exchange(request, None), aim, **about))

    def name(self) -> str:
        """Return a name that was never used."""
        with self._lock:
            self._names += 1
            return f"{self.clock.now():x}-{self.target.seed}-{self._names}"

    def order(self, order: Order) -> None:
        """Note what is about to be ordered."""
        self._orders.append(order)

    def gave_up(self, order: Order) -> None:
        """Note that nobody could wait for the end of an order."""
        self._ran_out.add(order.name)

    def untried(self, check: str, reason: str) -> None:
        """Note what was not sent, and which check misses it."""
        self._untried.append(Skipped(check, reason))

    @property
    def trials(self) -> tuple[Trial, ...]:
        """What was sent so far."""
        with self._lock:
            return tuple(sorted(self._trials, key=lambda trial: trial.exchange.number))

    def evidence(self) -> Evidence:
        """Return all that is known by now."""
        return Evidence(
            self.terms,
            self.trials,
            tuple(self._orders),
            self.mailbox.received() if self.mailbox else (),
            frozenset(self._ran_out),
            tuple(self._untried),
            self._unreachable if self.mailbox is None else None,
            self.target.secret,
        )

    def _set_aside(self, trial: Trial) -> None:
        """Let nobody take the answer of a server that is busy for the one that was asked for."""
        with self._lock:
            place = next(place for place, each in enumerate(self._trials) if each is trial)
            self._trials[place] = replace(trial, aim="busy", order=None)

    def _note(self, trial: Trial) -> Trial:
        with self._lock:
            self._trials.append(trial)
        return trial

    def _exchange(self, request: Request, operation: Operation | None) -> Exchange:
        with self._lock:
            self._numbers += 1
            number = self._numbers
        at = self.clock.now()
        response, fault = self._answer(request)
        took = self.clock.now() - at
        return Exchange(number, at, took, operation.id if operation else None, request, response, fault)

    def _answer(self, request: Request) -> tuple[Response | None, str | None]:
        """Send a request as it is. Return the answer, or what came instead of it."""
        import httpx

        target = request.path + (f"?{request.query}" if request.query else "")
        end = self.clock.now() + _PATIENCE
        chunks: list[bytes] = []
        try:
            url = httpx.URL(request.base_url).copy_with(raw_path=target.encode("ascii"))
            sent = httpx.Request(request.method, url, headers=dict(request.headers), content=request.body or None)
            answer = self._client.send(sent, stream=True)
            try:
                for chunk in answer.iter_bytes():
                    chunks.append(chunk)
                    if self.clock.now() > end or sum(map(len, chunks)) > _ROOM:
                        return None, "the answer does not end"
            finally:
                answer.close()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return None, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, b"".join(chunks), headers), None


def encoded(payload: JSON) -> bytes:
    """Write a payload as JSON."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def _pause(trial: Trial, attempt: int) -> Millis:
    """Return how long to wait after a 429: what the server says, or twice as long each time."""
    response = trial.exchange.response
    said = response.headers.get("retry-after", "") if response else ""
    wanted = int(said) * 1000 if said.isdecimal() and len(said) < 6 else _PAUSE * 2**attempt
    return min(wanted, _LONGEST_PAUSE)
