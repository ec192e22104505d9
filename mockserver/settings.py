"""How this fake is to behave: one frozen value, complete before the first request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Key:
    """A credential that enters: an API key, or with a ``secret`` an access key that signs JWTs."""

    name: str
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read ``TOKEN`` or ``AK:SK``. A useapi token, ``user:123-abc``, is a token in spite of its colon."""
        name, colon, secret = text.partition(":")
        return cls(name, secret) if colon and name != "user" else cls(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a person can choose.

    * ``services``: which services answer, the first of two on a shared path wins; empty means all
    * ``prefixes``: path prefixes that are taken off before the route is looked up
    * ``pace``: ``real``, ``fast``, ``instant`` or ``polls:N``
    * ``strict``: warnings refuse, too
    * ``readings``: chosen answers to open questions, by ``question`` or ``service/question``
    * ``keys``: the credentials that enter; empty means that any does
    * ``slots``: tasks in flight per account and model; ``None`` means no limit
    * ``rate``: requests per time and account, ``10/s``; ``None`` means no limit
    * ``faults``: what shall go wrong, a line each
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
