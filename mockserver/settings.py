"""How a fake behaves: one frozen value, complete before the first request."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mockserver.errors import BadSetting

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Key:
    """A credential that is accepted: an API key, or with a ``secret`` an access key that signs JWTs."""

    name: str
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read ``TOKEN`` or ``AK:SK``. A useapi token, ``user:123-abc``, has a colon and is a token all the same."""
        name, colon, secret = text.partition(":")
        return cls(name, secret) if colon and name != "user" else cls(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of a fake.

    * ``services``: which services answer; if two share a path, the first wins; empty means all
    * ``prefixes``: path prefixes that are removed before the route is looked up
    * ``pace``: ``real``, ``fast``, ``instant`` or ``polls:N``
    * ``strict``: refuse payloads that otherwise only cause warnings
    * ``readings``: the chosen readings of open questions, by ``question`` or ``service/question``
    * ``keys``: the credentials that are accepted; empty means any
    * ``slots``: tasks in flight per account and model; ``None`` means no limit
    * ``rate``: requests per time and account, ``10/s``; ``None`` means no limit
    * ``faults``: what goes wrong on purpose, one line each
    * ``seed``: makes ids and pictures repeatable; ``None`` means new ones at each start
    * ``max_body``: the largest request body, in bytes
    * ``public_url``: the origin of result URLs; ``None`` means the one the client used
    * ``webhook_secret``: signs callbacks (Standard Webhooks, ``whsec_…``)
    """

    services: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    pace: str = "fast"
    strict: bool = False
    readings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    keys: tuple[Key, ...] = ()
    slots: int | None = None
    rate: str | None = None
    faults: tuple[str, ...] = ()
    seed: int | None = None
    max_body: int = 64 * MIB
    public_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)


def check_webhook_secret(secret: str) -> None:
    """Raise ``BadSetting`` for a text that is not the secret of a webhook: ``whsec_`` and the Base64 of a key."""
    key = secret.removeprefix("whsec_")
    try:
        is_key = bool(b64decode(key + "=" * (-len(key) % 4), validate=True))
    except ValueError:
        is_key = False
    if not is_key:
        raise not_a_webhook_secret()


def not_a_webhook_secret() -> BadSetting:
    """Return the error of a text that is not the secret of a webhook. It does not show the text."""
    return BadSetting("--webhook-secret", "this is not a webhook secret. Write whsec_ and then the key in Base64.")
