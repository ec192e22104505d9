"""How a fake behaves: one frozen value, checked and complete before the first request.

Whoever makes ``Settings`` (the command, Python, a marker of pytest, the control API) gets the same error for the same
value. What only the contract knows, such as the names of services, is checked where a fake is made of them.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlsplit

from mockserver.destinations import ALLOW, DENY, Destination
from mockserver.durations import parsed_rate
from mockserver.errors import BadSetting
from mockserver.suggestions import quoted, shown, suggestion
from mockserver.types import value
from mockserver.value_checks import as_written, flag, is_list, listed, whole

MIB = 1 << 20

_POLLS = re.compile(r"polls:0*([1-9][0-9]{0,5})", re.ASCII)
_PREFIX = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)+", re.ASCII)
"""The path of a URL as it is on the wire (RFC 3986, 3.3), without an empty segment."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""The name of a profile, which is a part of a path of the control API."""
_SPACES_AND_CONTROLS = re.compile(r"[\s\x00-\x20\x7f]")


@value
class Key:
    """A credential that is accepted: an API key, or with a ``secret`` an access key that signs JWTs.

    Several that name one ``account`` see the same tasks; one that names none is an account of its own.
    """

    name: str
    secret: str | None = field(default=None, repr=False)
    account: str | None = None

    @property
    def owner(self) -> str:
        """The account that it belongs to."""
        return self.account or self.name

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read ``TOKEN`` (so is ``user:123-abc``) or ``AK:SK``, and ``=ACCOUNT`` behind it; a last ``=`` is padding."""
        named, _, owner = text.rpartition("=")
        key, account = (named, owner) if named and owner else (text, None)
        name, colon, secret = key.partition(":")
        return cls(name, secret, account) if colon and name != "user" else cls(key, None, account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of a fake. Raises ``BadSetting`` for a value that a setting cannot take.

    * ``services``: which services answer; if two share a path, the first wins; empty means all
    * ``prefixes``: path prefixes that are removed before the route is looked up; ``proxy/`` becomes ``/proxy``
    * ``pace``: ``real``, ``fast``, ``instant`` or ``polls:N``
    * ``strict``: refuse payloads that otherwise only cause warnings
    * ``readings``: the chosen readings of open questions, by ``question`` or ``service/question``
    * ``keys``: the credentials that are accepted, also as texts (``TOKEN``, ``AK:SK=ACCOUNT``); empty means any
    * ``slots``: tasks in flight per account and model; ``None`` means no limit
    * ``rate``: requests per time and account, ``10/s``; ``None`` means no limit
    * ``faults``: what goes wrong on purpose, one line each
    * ``profile``: the profiles of faults that are on from the start, by name
    * ``profiles``: one's own profiles, by name: the lines of each
    * ``seed``: makes ids and pictures repeatable; ``None`` means new ones at each start
    * ``max_body``: the largest request body, in bytes
    * ``max_tasks``: how many tasks are kept; of more, the oldest that are over go
    * ``public_url``: the origin of result URLs; ``None`` means the one the client used
    * ``trust_proxy``: take the origin of result URLs from ``Forwarded`` or ``X-Forwarded-…``, if a proxy sends it
    * ``webhook_secret``: signs callbacks (Standard Webhooks, ``whsec_…``)
    * ``allow_callbacks_to``, ``deny_callbacks_to``: where callbacks may go, ``*.example.com``, ``10.0.0.0/8``, ``a:80``
    """

    services: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    pace: str = "fast"
    strict: bool = False
    readings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    keys: tuple[Key, ...] = ()
    slots: int | None = None
    rate: str | None = None
    faults: tuple[str, ...] = ()
    profile: tuple[str, ...] = ()
    profiles: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    seed: int | None = None
    max_body: int = 64 * MIB
    max_tasks: int = 20_000
    public_url: str | None = None
    trust_proxy: bool = False
    webhook_secret: str | None = field(default=None, repr=False)
    allow_callbacks_to: tuple[str, ...] = ()
    deny_callbacks_to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, checked in _CHECKS.items():
            object.__setattr__(self, name, checked(getattr(self, name)))

    @classmethod
    def named(cls, options: Mapping[str, Any]) -> Self:
        """Make settings of options by name. Raises ``BadSetting``, also for a name that no setting has."""
        known = [each.name for each in fields(cls)]
        for name in options:
            if name not in known:
                raise no_such_setting(name, known)
        return cls(**options)


def no_such_setting(name: str, known: Iterable[str]) -> BadSetting:
    """Return the error of a name that no setting has; it offers what is near among the ``known`` ones."""
    return BadSetting("settings", f"no setting {quoted(name)}; {suggestion(name, known, 'mockserver serve --help')}")


def checked_settings(value: object) -> Settings:
    """Return settings, the usual ones for ``None``. Raises ``BadSetting`` for anything else."""
    found = Settings() if value is None else value
    if isinstance(found, Settings):
        return found
    raise BadSetting("settings", f"{shown(value)} is not Settings. Write such as Settings(pace='instant').")


def parsed_pace(text: object) -> tuple[str, int]:
    """Read ``real``, ``fast``, ``instant`` or ``polls:N`` into a name and N, or 0. Raises ``BadSetting``."""
    if isinstance(text, str):
        if text in ("real", "fast", "instant"):
            return text, 0
        if found := _POLLS.fullmatch(text):
            return "polls", int(found[1])
    raise BadSetting("--pace", f"{shown(text)} is not a pace. Write real, fast, instant or polls:N, with N from 1.")


def check_webhook_secret(secret: object) -> None:
    """Raise ``BadSetting`` for what is not the secret of a webhook: ``whsec_`` and the Base64 of a key."""
    try:
        if isinstance(secret, str) and secret.startswith("whsec_"):
            key = secret.removeprefix("whsec_")
            if b64decode(key + "=" * (-len(key) % 4), validate=True):
                return
    except ValueError:
        pass  # b64decode raises it for other letters, and for a length that Base64 does not have
    raise not_a_webhook_secret()


def not_a_webhook_secret() -> BadSetting:
    """Return the error of a text that is not the secret of a webhook. It does not show the text."""
    return BadSetting("--webhook-secret", "this is not a webhook secret. Write whsec_ and then the key in Base64.")


checked_slots = whole("--slots", "a number of tasks. Write a whole number from 0", 0)
"""Returns the number of tasks in flight, or ``None``. Raises ``BadSetting``."""


def _prefixes(value: object) -> tuple[str, ...]:
    found = tuple("/" + prefix.strip("/") for prefix in listed("--prefix", "paths")(value))
    for prefix in found:
        if not _PREFIX.fullmatch(prefix):
            raise BadSetting("--prefix", f"{quoted(prefix)} is not a path of a URL. Write one such as /proxy/kling.")
    return found


def _readings(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        text = f"{shown(value)} does not map questions to readings. Write such as {{'missing-task': '404-1203'}}."
        raise BadSetting("--reading", text)
    for item in (item for pair in value.items() for item in pair):
        if not isinstance(item, str):
            raise BadSetting("--reading", f"{shown(item)} among the readings is not text. Put it in quotes.")
    return MappingProxyType(dict(value))


def _profiles(value: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        text = f"{shown(value)} does not map names to lists of faults. Write such as {{'bad-day': ['5000 10%']}}."
        raise BadSetting("--own-profile", text)
    for name in value:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise BadSetting("--own-profile", f"{shown(name)} is not the name of a profile. Write one such as bad-day.")
    found = {name: listed("--own-profile", "faults")(lines) for name, lines in value.items()}
    for name in (name for name, lines in found.items() if not lines):
        raise BadSetting(
            "--own-profile", f"the profile {quoted(name)} has no fault. Write a list, such as ['5000 10%']."
        )
    return MappingProxyType(found)


def _keys(value: object) -> tuple[Key, ...]:
    if not is_list(value):
        raise BadSetting("--key", "this is not a list of keys. Write a list, such as ['TOKEN', 'AK:SK'].")
    return tuple(_key(item) for item in value)


def _key(value: object) -> Key:
    key = Key.parse(value) if isinstance(value, str) else value
    if not isinstance(key, Key) or not all(
        isinstance(part, str | None) for part in (key.name, key.secret, key.account)
    ):
        raise BadSetting("--key", "a key is neither text nor a Key of texts. Write TOKEN or AK:SK.")
    if not key.name or key.secret == "":
        raise BadSetting("--key", "a part of the key is empty. Write TOKEN or AK:SK, or one of them and =ACCOUNT.")
    return key


def _public_url(value: object) -> str | None:
    """Return an origin, and perhaps a path, without a slash at its end."""
    if value is None:
        return None
    try:
        if isinstance(value, str) and not _SPACES_AND_CONTROLS.search(value):
            parts = urlsplit(value)
            is_origin = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
            if is_origin and not any(letter in value for letter in "?#@"):
                return parts.geturl().rstrip("/")  # with its scheme in lower case
    except ValueError:
        pass  # urlsplit raises it for a bracket that does not close, and for a port that is no number
    text = f"{shown(value)} is not an http or https URL. Write one such as https://mock.example."
    raise BadSetting("--public-url", text)


_CHECKS: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {
        "services": listed("--service", "names"),
        "prefixes": _prefixes,
        "pace": as_written(parsed_pace, may_be_none=False),
        "strict": flag("--strict"),
        "readings": _readings,
        "keys": _keys,
        "slots": checked_slots,
        "rate": as_written(parsed_rate, may_be_none=True),
        "faults": listed("--fault", "faults"),
        "profile": listed("--profile", "names"),
        "profiles": _profiles,
        "seed": whole("--seed", "a seed. Write a whole number"),
        "max_body": whole("--max-body", "a number of bytes. Write a whole number from 1", 1, may_be_none=False),
        "max_tasks": whole("--max-tasks", "a number of tasks. Write a whole number from 1", 1, may_be_none=False),
        "public_url": _public_url,
        "trust_proxy": flag("--trust-proxy"),
        "webhook_secret": as_written(check_webhook_secret, may_be_none=True),
        "allow_callbacks_to": listed(ALLOW, "hosts", Destination.parse),
        "deny_callbacks_to": listed(DENY, "hosts", Destination.parse),
    }
)
"""How each setting is checked: a function that returns the value as it is kept, or raises ``BadSetting``."""
