"""Masks: which headers, parameters, fields and parts of a URL hold a secret, and what is shown in its place.

A secret is recognized by the name beside it or by its form (a JWT, a key that begins with ``sk-``). One that a message
names is masked wherever else that message repeats it.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from urllib.parse import quote, unquote

from jiter import from_json

from mockserver.decoding import document
from mockserver.types import JSON, Request, Response

SCHEMES = frozenset({"basic", "bearer", "digest", "token"})
"""The schemes of credentials that such a line repeats; what else stands first may be the secret itself."""

LEAST_LETTERS = 8
"""A shorter secret is hidden only where it was found: a key called ``me`` is part of many words."""

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_SECRET = re.compile(
    r"(?:token|secret|password|passwd|passphrase|authorization|signature|credentials?|cookies?"
    r"|(?:api|access|secret|private|subscription)_?key|(?:\A|_)(?:pwd|auth|sign|sig|jwt|sid|session_id|key))\Z"
)
_PUBLIC = re.compile(
    r"(?:\A|_)(?:(?:idempotency|websocket|public|resource|cache|sort|primary|foreign|slot|emotion)_key|(?:page|sync)_token)\Z"
    r"|\Asession_id\Z"
)
"""Names that end like a secret's and are none; a ``session_id`` names what was selected in a film (family 4.7)."""

_NAME = re.compile(r"[a-z]{2,20}+(?:_[a-z]{2,20}+){0,3}")
"""A name of a field, which a secret hardly is: no service gives out keys of a few small letters."""

_ATTRIBUTES = frozenset({"path", "domain", "expires", "max-age", "samesite"})
"""What stands beside the secret of a ``Set-Cookie``."""

# No repetition below may meet a text twice: a prompt of a megabyte must not hold anybody up.
_URL = re.compile(r"(?<=://)[^\s\"<>\\]++")
_PARAMETER = re.compile(r"(?<![\w%.\[\]-])([\w%.\[\]-]{1,64}+)=([^\s\"'&,;<>#\\]++)")
_QUOTES = ('"', "'", '\\"')
_PAIRS = (
    re.compile(r"\"([\w.-]{1,64}+)\"\s*+:\s*+\"((?:[^\"\\]++|\\.)*+)", re.DOTALL),
    re.compile(r"'([\w.-]{1,64}+)'\s*+:\s*+'((?:[^'\\]++|\\.)*+)", re.DOTALL),
    re.compile(r"\\\"([\w.-]{1,64}+)\\\"\s*+:\s*+\\\"([^\"\\]*+)"),
)
"""A field and its value in JSON, in what Python prints, and in JSON within a text of JSON; each by its quotes."""

JWT = re.compile(r"eyJ[\w-]{4,}+(\.[\w-]++\.[\w-]*+)?")
"""A JWT; without its first group it only begins like one."""

KEY = re.compile(r"\b(?:sk|pk|ak|whsec|ghp|api-key)[-_][\w+/=-]{12,}")
"""A key by its usual beginning."""

_BEARER = re.compile(r"(?<=bearer )(?=[^\s\"',;<\d]*+\d)[^\s\"',;<]{8,}+", re.IGNORECASE)
"""A token after its scheme. It has a digit: "a ring bearer walking" is a prompt."""


def is_secret(name: str) -> bool:
    """Whether a header, a parameter or a field of this name holds a secret."""
    spelt = spelled(name)
    return _SECRET.search(spelt) is not None and _PUBLIC.search(spelt) is None


def holds_secret(name: str, value: str) -> bool:
    """Whether what a header, parameter or field holds is a secret; the ``key`` of a filter is a name (family Q4)."""
    return is_secret(name) and not (spelled(name) == "key" and _NAME.fullmatch(value))


def spelled(name: str) -> str:
    """Spell a name in lower case, with an underscore between its words: ``apiKey``, ``x-api-key``."""
    return "_".join(_WORD.findall(name)).lower()


def masked(secret: str) -> str:
    """Return the ends of a secret, if what is between them is long enough to stay one; a mask stays as it is."""
    if "\\" in secret:
        return "…"  # half of an escape would spoil the JSON that it stands in
    if len(secret) <= 9 and "…" in secret:
        return secret
    return f"{secret[:4]}…{secret[-4:]}" if len(secret) > 16 else f"{secret[:2]}…"


def secrets(headers: Mapping[str, str], parameters: Mapping[str, str], document: JSON) -> Iterator[str]:
    """Yield the secrets that one side of an exchange names, with and without what surrounds them."""
    for name, value in headers.items():
        if is_secret(name):
            yield from _parts(value)
    yield from (value for name, value in parameters.items() if holds_secret(name, value))
    yield from _named(document, "")


def json_of(body: bytes) -> JSON:
    """Return what a body says if it is JSON as the services read it, or else ``None``."""
    try:
        return document(body)
    except ValueError:
        return None


class Mask:
    """Masks secrets in what is shown to people."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        """``known`` are the secrets that are masked wherever they are, however they are escaped."""
        self._known = tuple(sorted({form for secret in known for form in spellings(secret)}, key=len, reverse=True))

    @classmethod
    def of(cls, *messages: Request | Response) -> Mask:
        """Return the mask of an exchange, which knows the secrets that its messages name."""
        found: list[str] = []
        for message in messages:
            parameters = message.parameters if isinstance(message, Request) else {}
            found += secrets(message.headers, parameters, json_of(message.body))
        return cls(found)

    def text(self, text: str) -> str:
        """Mask a text: of a URL its user and its parameters, of JSON the fields that hold secrets."""
        # Most texts are short and have no secret: looking for a letter costs a tenth of what a pattern does.
        for secret in self._known:
            text = text.replace(secret, masked(secret))
        if "://" in text:
            text = _URL.sub(lambda found: _url(found[0]), text)
        if "=" in text:
            text = _PARAMETER.sub(_pair, text)
        for quotes, pattern in zip(_QUOTES, _PAIRS, strict=True):
            if quotes in text and ":" in text:
                text = pattern.sub(_pair, text)
        if "eyJ" in text:
            text = JWT.sub(lambda found: masked(found[0]) if found[1] else found[0], text)
        if "-" in text or "_" in text:
            text = KEY.sub(lambda found: masked(found[0]), text)
        return _BEARER.sub(lambda found: masked(found[0]), text) if " " in text else text

    def query(self, query: str) -> str:
        """Mask a query string."""
        return self.text(_parameters(query))

    def json(self, value: JSON, name: str = "") -> JSON:
        """Mask a document; ``name`` is that of the field it is in."""
        if isinstance(value, dict):
            return {self.text(key): self.json(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.json(inner, name) for inner in value]
        if not isinstance(value, str):
            return value
        return masked(value) if holds_secret(name, value) else self.text(value)


def spellings(secret: str) -> set[str]:
    """Return how a secret is written in a text, in a URL and in JSON; nothing if it is part of many words."""
    if len(secret) < LEAST_LETTERS:
        return set()
    return {
        secret,
        quote(secret, safe="", errors="surrogatepass"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
    }


def _pair(found: re.Match[str]) -> str:
    """Mask the value of a name that holds a secret."""
    if not holds_secret(unquote(found[1]), found[2]):
        return found[0]
    whole, start = found[0], found.start()
    return whole[: found.start(2) - start] + masked(found[2]) + whole[found.end(2) - start :]


def _url(rest: str) -> str:
    """Mask what follows ``://``."""
    end = next((place for place, letter in enumerate(rest) if letter in "/?#"), len(rest))
    user, at, host = rest[:end].rpartition("@")
    shown = ":".join(masked(part) for part in user.split(":", 1)) if at else ""
    begin = next((place for place in range(end, len(rest)) if rest[place] in "?#"), len(rest))
    return f"{shown}{at}{host}{rest[end:begin]}{_parameters(rest[begin:])}"


def _parameters(query: str) -> str:
    """Mask the values of parameters; a fragment may have some, too."""
    parts = re.split(r"([&?#])", query)
    for place, part in enumerate(parts):
        name, equals, value = part.partition("=")
        if value and holds_secret(unquote(name), value):
            parts[place] = f"{name}{equals}{masked(value)}"
    return "".join(parts)


def _parts(value: str) -> Iterator[str]:
    """Yield the secrets in the value of a header: the key after its scheme, the value of each cookie."""
    yield value
    scheme, _, key = value.partition(" ")
    yield key.strip()
    with suppress(ValueError, AttributeError):
        if scheme.lower() == "basic":
            yield from b64decode(_padded(key)).decode().split(":")
        elif key.count(".") == 2:
            yield str(from_json(urlsafe_b64decode(_padded(key.split(".")[1]))).get("iss"))
    for part in re.split(r"[;,]", value):
        name, _, of_cookie = part.partition("=")
        if name.strip().lower() not in _ATTRIBUTES:
            yield unquote(of_cookie)


def _named(value: JSON, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _named(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, name)
    elif isinstance(value, str) and holds_secret(name, value):
        yield value


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)
