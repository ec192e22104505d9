"""The harness: a fake in this process with something wrong around it, judged without a socket and without waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import httpx

from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.fake.media.artifacts import Artifact, Drawn
from mockserver.fake.media.render import render
from mockserver.fake.media.results import PATH, Gone
from mockserver.kit.server import settings as kit
from mockserver.kit.server.callbacks import Callback
from mockserver.kit.server.credentials import Credentials
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.runner import run
from mockserver.kit.server.spending.budget import Budget
from mockserver.kit.server.transport import Transport
from mockserver.kit.verdict import Verdict
from mockserver.settings import Key, Settings
from mockserver.types import JSON, Millis, Request, Response
from tests.support.results import result_at

NOON: Millis = 1_790_000_000_000
URL = "http://server.test"
HOOKS = "http://kit.test/hook/"
SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
TOKEN = Credentials("key-of-mine")
SIGNER = Credentials(None, "ak-of-mine", "sk-of-mine-of-at-least-32-bytes!!")
OTHER_TOKEN = "key-of-another"
OTHER_SIGNER = Credentials(None, "ak-of-another", "sk-of-another-of-at-least-32-bytes")

Ask = Callable[[Request], Response]
Respond = Callable[[Ask, Request], Response]
Deliver = Callable[[Fake, list[Delivery]], list[Delivery]]


def as_it_is(ask: Ask, request: Request) -> Response:
    return ask(request)


def in_order(_: Fake, due: list[Delivery]) -> list[Delivery]:
    return due


@dataclass(frozen=True)
class Wrong:
    """What is put around a fake.

    * ``respond``: answers a request, and may ask the fake; ``deliver``: which callbacks go out now
    * ``headers``: what becomes of a callback's
    """

    respond: Respond = as_it_is
    deliver: Deliver = in_order
    headers: Callable[[dict[str, str]], dict[str, str]] = dict


class InMemoryServer(httpx.BaseTransport):
    """A fake behind an adapter. For the kit it is a transport, a clock and a receiver of callbacks.

    Time passes only while the kit waits, and then callbacks come.
    """

    def __init__(self, wrong: Wrong = Wrong(), *, is_signing: bool = False, **settings: JSON) -> None:
        signers = tuple(Key(each.access_key or "", each.secret) for each in (SIGNER, OTHER_SIGNER))
        keys = signers if is_signing else (Key(TOKEN.token or ""), Key(OTHER_TOKEN))
        self.fake = Fake(Settings(**{"seed": 1, "keys": keys, **settings}), clock=Clock(lambda: NOON))
        self.wrong = wrong
        self._received: list[Callback] = []
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = Request(
            request.method,
            request.url.raw_path.partition(b"?")[0].decode("ascii"),
            request.url.query.decode("ascii"),
            {name.lower(): value for name, value in request.headers.items()},
            request.read(),
            request.url.scheme,
        )
        with self._lock:
            answer = self.answer(asked)
            if answer.status == 0:
                raise httpx.ReadTimeout("the server does not answer", request=request)
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)

    def answer(self, request: Request) -> Response:
        """Answer a request; a status of 0 is no answer."""
        return self.wrong.respond(self._ask, request)

    def _ask(self, request: Request) -> Response:
        if request.path.startswith(PATH):
            found = result_at(self.fake, request.path)
            if isinstance(found, Gone):
                return Response(found.status, b"there is no such result\n", {"content-type": "text/plain"})
            return Response(200, rendered(found.artifact), {"content-type": found.artifact.content_type})
        return self.fake.respond(request)

    def now(self) -> Millis:
        return self.fake.clock.now()

    def sleep(self, span: Millis) -> None:
        """Let time pass, and callbacks come at their time."""
        end = self.now() + span
        while (due := self.fake.next_delivery) is not None and due <= end:
            self.fake.clock.set(max(due, self.now()))
            self._deliver()
        self.fake.clock.set(end)
        self._deliver()

    def _deliver(self) -> None:
        for delivery in self.wrong.deliver(self.fake, self.fake.delivered()):
            signature = self.fake.signature(delivery)
            headers = self.wrong.headers({"content-type": "application/json; charset=utf-8", **signature})
            task = delivery.url.removeprefix(HOOKS)
            self._received.append(Callback(self.now(), task, "POST", headers, delivery.body))

    def url(self, task: str) -> str:
        return HOOKS + task

    def received(self) -> tuple[Callback, ...]:
        return tuple(self._received)


@dataclass(frozen=True)
class Run:
    """A server, and the settings that it is judged by, as a user would give them."""

    server: InMemoryServer
    settings: kit.Settings

    def connect(self, settings: kit.Settings) -> AbstractContextManager[Probe]:
        """Open a probe that reaches the fake without a socket."""
        budget = Budget(settings.max_creates, settings.seconds, self.server, settings.most_units)
        transport = Transport(httpx.Client(transport=self.server), self.server)
        return nullcontext(Probe(settings.target(), transport, budget, self.server, receiver=self.server))

    def probe(self) -> Probe:
        """Open a probe for a scenario alone."""
        with self.connect(self.settings) as probe:
            return probe

    def verdict(self) -> Verdict:
        """Judge the fake by the path that users take."""
        return run(self.settings, connect=self.connect)


def prepare(
    service: str,
    wrong: Wrong = Wrong(),
    *,
    fake: Mapping[str, JSON] = MappingProxyType({}),
    readings: Mapping[str, str] = MappingProxyType({}),
    operation: str | None = None,
    is_signing: bool = False,
    max_creates: int = 1000,
    **settings: Any,
) -> Run:
    """Prepare a run with two accounts.

    ``fake`` are the settings of the fake; ``readings`` and all others are those of the kit.
    """
    server = InMemoryServer(wrong, is_signing=is_signing, services=(service,), **{"webhook_secret": SECRET, **fake})
    credentials = {"token": TOKEN.token, "other_token": OTHER_TOKEN}
    if is_signing:
        other = f"{OTHER_SIGNER.access_key}:{OTHER_SIGNER.secret}"
        credentials = {"ak": SIGNER.access_key, "sk": SIGNER.secret, "other_token": other}
    chosen = kit.Settings(
        url=URL,
        service=service,
        operations=() if operation is None else (operation,),
        readings=readings,
        webhook_secret=SECRET,
        max_creates=max_creates,
        **{"seconds": 3600, **credentials, **settings},
    )
    return Run(server, chosen)


def rendered(artifact: Artifact) -> bytes:
    """Return a file that looks the same for all tasks, so that each size and length is drawn only once."""
    if isinstance(artifact, Drawn):
        return _rendered(replace(artifact, task_id="", index=0, prompt=""))
    return _rendered(artifact)


@lru_cache(maxsize=128)
def _rendered(artifact: Artifact) -> bytes:
    return render(artifact)
