"""The settings of a run: which server, by which contract, with which credentials, and how far to go."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from types import MappingProxyType
from typing import TypedDict
from urllib.parse import urlsplit

from mockserver.configuration.resolution import words_of
from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.errors import BadSetting
from mockserver.kit.server.credentials import Credentials
from mockserver.kit.server.expectations import Expectations
from mockserver.resources import schemas_words
from mockserver.settings import check_webhook_secret

_VARIABLES = MappingProxyType(
    {
        "token": "MOCKSERVER_TOKEN",
        "ak": "MOCKSERVER_AK",
        "sk": "MOCKSERVER_SK",
        "other_token": "MOCKSERVER_OTHER_TOKEN",
        "webhook_secret": "MOCKSERVER_WEBHOOK_SECRET",
    }
)
"""The variables of a shell that stand for secrets in what repeats a finding, by the option."""


_MOST_UNITS = 10**12
"""More than anybody has; it is still written as a number that can be read."""


class Options(TypedDict, total=False):
    """What can be said of a run; ``Settings`` explains each."""

    service: str
    token: str | None
    ak: str | None
    sk: str | None
    other_token: str | None
    webhook_secret: str | None
    operations: Sequence[str]
    readings: Mapping[str, str]
    max_creates: int
    max_units: float | Decimal | None
    seconds: float
    seed: int
    only: Sequence[str]
    skip: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the options of ``mockserver check server`` say; the names are theirs.

    * ``url``: where the server is; a path in it stands before those of the contract
    * ``service``: the contract that it must keep, by the name of its folder in ``schemas/``
    * ``token``: an API key; or ``ak`` and ``sk``, an access key and the secret that signs tokens
    * ``other_token``: that of another account, which must see nothing of the first: an API key, or ``AK:SK``
    * ``webhook_secret``: the one that the server signs callbacks with, ``whsec_…``
    * ``operations``: the operations to try, ``kling/omni-image``; all that create tasks, if empty
    * ``readings``: settled questions, ``{"missing-task": "400-1201"}``
    * ``max_creates``: at most so many tasks are created; ``max_units``: they cost at most so much by the contract's
      prices, also if the server accepts what it should refuse; ``seconds``: after so long nothing more is sent
    * ``seed``: each gives other payloads, and the same each time
    * ``only`` and ``skip``: names of checks and of families
    """

    url: str
    service: str = "kling"
    token: str | None = field(default=None, repr=False)
    ak: str | None = None
    sk: str | None = field(default=None, repr=False)
    other_token: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    operations: Sequence[str] = ()
    readings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    max_creates: int = 50
    max_units: float | Decimal | None = None
    seconds: float = 600.0
    seed: int = 0
    only: Sequence[str] = ()
    skip: Sequence[str] = ()

    def target(self) -> Target:
        """Return what follows from the settings. Raises ``MockserverError`` for settings that make no sense."""
        if _parts(self.url) is None:
            raise BadSetting(
                "URL", f"{self.url!r} is not an http or https URL. Write one such as http://localhost:8080."
            )
        _ = self.most_units  # it raises for what is no amount
        if self.webhook_secret is not None:
            check_webhook_secret(self.webhook_secret)
        catalog = load()
        expectations = Expectations(catalog, catalog.service(self.service), self.readings)
        creates = expectations.create_operations()
        wanted = tuple(catalog.operation(name) for name in self.operations)
        for operation in wanted:
            if operation not in creates:
                known = ", ".join(create.id for create in creates)
                raise BadSetting(
                    "--operation", f"{operation.id!r} does not create tasks at {self.service}. Choose from {known}."
                )
        other = self._other(signs="jwt" in expectations.service.credentials)
        return Target(
            self.url, expectations, wanted or creates, self.credentials(), other, self.webhook_secret, self.seed
        )

    def repetition(self, check: str, operation: str | None) -> str:
        """Return the command that makes one check again; what is secret in it is a variable of the shell."""
        words = [*words_of(("check", "server"), but=_VARIABLES), *schemas_words(), self.url, "--only", check]
        words += ["--operation", operation.removesuffix(".create")] if operation is not None else []
        for name in ("service", "max_creates", "max_units", "seconds", "seed"):
            value = getattr(self, name)
            if value != getattr(Settings, name):
                words += [f"--{name.replace('_', '-')}", f"{value}"]
        for question, reading in self.readings.items():
            words += ["--reading", f"{question}={reading}"]
        given = ((name, variable) for name, variable in _VARIABLES.items() if getattr(self, name))
        secrets = (f'--{name.replace("_", "-")} "${variable}"' for name, variable in given)
        return " ".join([shlex.join(words), *secrets])

    @property
    def most_units(self) -> Decimal | None:
        """``max_units`` as an amount; ``None`` for no limit. Raises ``BadSetting``."""
        if self.max_units is None:
            return None
        try:
            found = Decimal(str(self.max_units))
        except InvalidOperation:
            found = Decimal("nan")
        if not found.is_finite() or not 0 <= found <= _MOST_UNITS:
            fact = f"{self.max_units!r} is no amount. Write a number of units such as 100 or 0.6."
            raise BadSetting("--max-units", fact)
        return found

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no report may show."""
        others = (self.other_token, *(self.other_token or "").split(":", 1))
        return tuple(secret for secret in (self.token, self.ak, self.sk, *others, self.webhook_secret) if secret)

    def credentials(self) -> Credentials:
        """Return the credentials to send; made-up ones if none are given. Raises ``BadSetting``."""
        if (self.ak is None) != (self.sk is None):
            raise BadSetting("--ak and --sk", "only one of the two was given. Give both, or neither.")
        if self.ak is not None and self.token is not None:
            raise BadSetting("--token", "--ak was given, too. Give either a token or an access key.")
        if self.ak is None and self.token is None:
            return Credentials.made_up()
        return Credentials(self.token, self.ak, self.sk)

    def _other(self, *, signs: bool) -> Credentials | None:
        """Return the credentials of the other account, if there are any; ``signs``: the service takes signed tokens.

        Raises ``BadSetting``.
        """
        if self.other_token is None:
            return None
        access_key, colon, secret = self.other_token.partition(":") if signs else ("", "", "")
        other = Credentials(None, access_key, secret) if colon else Credentials(self.other_token)
        if not self.other_token or (colon and not (access_key and secret)):
            raise BadSetting("--other-token", "a part of it is empty. Write TOKEN or AK:SK.")
        if other in (self.credentials(), replace(self.credentials(), secret=secret)):
            raise BadSetting("--other-token", "it is of the same account. Give one of another account.")
        return other


@dataclass(frozen=True, slots=True)
class Target:
    """The server that is judged, and everything that follows from the settings.

    * ``url``: where it is; a path in it stands before those of the contract
    * ``create_operations``: the operations that are tried; each creates tasks
    * ``other``: the credentials of another account, if there are any
    * ``secret``: the one that the server signs callbacks with, ``whsec_…``
    * ``largest_bytes``: larger payloads are not sent; the largest that break a rule have 13 MiB
    """

    url: str
    expectations: Expectations
    create_operations: tuple[Operation, ...]
    credentials: Credentials = field(default_factory=Credentials.made_up)
    other: Credentials | None = None
    secret: str | None = field(default=None, repr=False)
    seed: int = 0
    largest_bytes: int = 1 << 20


def is_near(url: str) -> bool:
    """Whether a server is on this machine, by its address."""
    parts = _parts(url)
    host = parts[1] if parts is not None else ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _parts(url: str) -> tuple[str, str] | None:
    """Return the scheme and the host of a URL; ``None`` if it is not one that can be asked."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # it raises for a port that is no number
        if parts.scheme in ("http", "https") and parts.hostname and url.isascii() and " " not in url:
            return parts.scheme, parts.hostname
    except ValueError:
        pass
    return None
