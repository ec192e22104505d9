"""The settings of a judge of servers: which server, which contract, which credentials, and how far."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from mockserver.contract.catalog import load
from mockserver.errors import BadSetting
from mockserver.kit.server.budget import Budget, RealTime
from mockserver.kit.server.callbacks import Receiver
from mockserver.kit.server.credentials import Credentials
from mockserver.kit.server.expectations import Terms
from mockserver.kit.server.probe import Probe, Target

_CONNECT = 10.0
_READ = 60.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the options of ``mockserver check server`` say; the names are theirs."""

    url: str
    service: str
    token: str | None = field(default=None, repr=False)
    ak: str | None = None
    sk: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    operations: tuple[str, ...] = ()
    readings: tuple[tuple[str, str], ...] = ()
    max_creates: int = 50
    seconds: float = 600.0
    seed: int = 0
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    def target(self) -> Target:
        """Return whom to judge. Raises ``MockserverError`` for what cannot be meant."""
        if _parts(self.url) is None:
            raise BadSetting(
                "URL", f"{self.url!r} is not an http or https URL. Write one such as http://localhost:8080."
            )
        if self.webhook_secret is not None and not _is_secret(self.webhook_secret):
            raise BadSetting(
                "--webhook-secret", "this is not a webhook secret. Write whsec_ and then the key in Base64."
            )
        catalog = load()
        terms = Terms(catalog, catalog.service(self.service), dict(self.readings))
        wanted = [catalog.operation(name) for name in self.operations]
        makers = terms.makers()
        for operation in wanted:
            if operation not in makers:
                known = ", ".join(maker.id for maker in makers)
                raise BadSetting(
                    "--operation", f"{operation.id!r} does not create tasks at {self.service}. Choose from {known}."
                )
        return Target(self.url, terms, tuple(wanted) or makers, self.credentials(), self.webhook_secret, self.seed)

    def credentials(self) -> Credentials:
        """Return what to show at the door; something made up where nothing is given. Raises ``BadSetting``."""
        if (self.ak is None) != (self.sk is None):
            raise BadSetting("--ak and --sk", "only one of the two was given. Give both, or neither.")
        if self.ak is not None and self.token is not None:
            raise BadSetting("--token", "--ak was given, too. Give either a token or an access key.")
        if self.ak is None and self.token is None:
            return Credentials.made_up()
        return Credentials(self.token, self.ak, self.sk)

    @contextmanager
    def probe(self) -> Iterator[Probe]:
        """Open a probe, with a receiver of callbacks where the server can reach one. Raises ``MockserverError``."""
        import httpx

        target, clock = self.target(), RealTime()
        limits = httpx.Limits(max_connections=20)
        timeout = httpx.Timeout(_READ, connect=_CONNECT)
        with ExitStack() as stack:
            client = stack.enter_context(httpx.Client(timeout=timeout, limits=limits, trust_env=False))
            unreachable = (
                None if is_near(self.url) else "the server is on another machine, and callbacks go to this one"
            )
            mailbox = stack.enter_context(Receiver(clock)) if unreachable is None else None
            budget = Budget(self.max_creates, self.seconds, clock)
            yield Probe(target, client, budget, clock=clock, mailbox=mailbox, unreachable=unreachable)


def is_near(url: str) -> bool:
    """Whether a server is on this machine, by its address."""
    parts = _parts(url)
    host = parts[1] if parts is not None else ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_secret(text: str) -> bool:
    key = text.removeprefix("whsec_")
    try:
        return bool(b64decode(key + "=" * (-len(key) % 4), validate=True))
    except ValueError:
        return False


def _parts(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # it raises where it is none
        if parts.scheme in ("http", "https") and parts.hostname and url.isascii() and " " not in url:
            return parts.scheme, parts.hostname
    except ValueError:
        pass
    return None
