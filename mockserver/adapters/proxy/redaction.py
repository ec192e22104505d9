"""Redaction: what may be kept of an exchange. Credentials, people and accounts are removed, files are shortened.

A secret is recognized by the name of its header, parameter or field, or by its form (a JWT, a key that begins with
``sk-``); once known it is removed everywhere. What replaces it depends only on what it replaces, so that the same
request always looks the same; and what is redacted already stays as it is.
"""

from __future__ import annotations

import re
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from jiter import from_json

from mockserver.curl import SECRETS
from mockserver.decoding import document
from mockserver.types import JSON

REMOVED = "removed"
"""What replaces a secret, and what only a person can have."""

ACCOUNT = 12345
"""What replaces the number of every account."""

LEAST_LETTERS = 8
"""A shorter secret is removed only where it was found: a key called ``me`` is part of many words."""

_FILE_LETTERS = 128
"""A text without spaces that may be Base64 counts as a file from this length on: ids and keys are shorter."""

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
# No repetition below may meet a text twice, or 40 KB of ``a.b`` in a prompt would hold a proxy up for half a minute.
# Hence the possessive ones (``++``), and patterns that also take what only begins like a JWT or an email, and leave it.
_SECRET = re.compile(
    r"(?:\A|_)(?:token|secret|password|passwd|pwd|credentials?|cookies?|authorization|auth|signature|sign|session_id"
    r"|(?:api|access|secret|private|subscription)_?key|apikey|key)\Z"
)
_ACCOUNT = re.compile(r"(user|account|owner|member|customer|team|org|organization)_id|uid")
_PERSON = re.compile(
    r"(user|nick|real|first|last|full|account|display)_?name|phone|mobile|tel|address|birthday|ip|avatar"
    r"|(phone|mobile|ip|mail)_(number|no|address)"
)
_EMAIL = re.compile(r"[\w.+-]++(@[\w-]++(?:\.[\w-]++)++)?")
_OURS = re.compile(r"account-\d+@example\.com")
_URL = re.compile(r"(https?)://[^\s\"'<>\\]+", re.IGNORECASE)
_FORM = re.compile(r"https?://example\.com/[0-9a-f]{16}(\.[a-z0-9]{1,5})?")
_DATA = re.compile(r"(data:[\w/+.-]*;base64,)([\w+/=-]+)")
_FILE = re.compile(rf"[A-Za-z0-9+/_\r\n-]{{{_FILE_LETTERS},}}+={{0,2}}\s*+")
_JWT = re.compile(r"eyJ[\w-]{4,}+(\.[\w-]++\.[\w-]*+)?")
_FORMS = (
    re.compile(r"(?<=bearer )(?!removed)[^\s\"',;<]{4,}", re.IGNORECASE),
    re.compile(r"\b(?:sk|pk|ak|whsec|ghp|api-key)[-_][\w+/=-]{12,}"),
    re.compile(r"(?<=user:)\d+-\w+"),  # useapi
    re.compile(r"(?:(?<=token=)|(?<=secret=)|(?<=password=)|(?<=key=)|(?<=signature=))[^\s\"'&,;<]+", re.IGNORECASE),
)


def is_secret(name: str) -> bool:
    """Whether a header, a parameter or a field of this name holds a secret."""
    return name.lower() in SECRETS or _SECRET.search(_spelt(name)) is not None


def secrets(headers: Mapping[str, str], parameters: Mapping[str, str], document: JSON) -> Iterator[str]:
    """Yield the secrets that one side of an exchange names, with and without what surrounds them."""
    for name, value in headers.items():
        if is_secret(name):
            yield from _parts(value)
    yield from (value for name, value in parameters.items() if is_secret(name))
    yield from _named(document, "")


class Redactor:
    """Redacts one exchange; the emails in it are numbered in the order in which they appear."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        """``known`` are the secrets that are removed everywhere."""
        long = [secret for secret in known if len(secret) >= LEAST_LETTERS]
        self._known = sorted({*long, *(quote(secret, safe="") for secret in long)}, key=len, reverse=True)
        self._emails: dict[str, str] = {}

    def text(self, text: str) -> str:
        """Redact a text, or the whole of a body that is not JSON."""
        for secret in self._known:
            text = text.replace(secret, REMOVED)
        text = _JWT.sub(lambda found: REMOVED if found[1] else found[0], text)
        for form in _FORMS:
            text = form.sub(REMOVED, text)
        text = _DATA.sub(lambda found: f"{found[1]}{digest(found[2])}", text)
        text = _URL.sub(lambda found: _form(found[0]), text)
        return _EMAIL.sub(self._email, text) if "@" in text else text

    def json(self, value: JSON, name: str = "") -> JSON:
        """Redact a document; ``name`` is that of the field it is in."""
        if isinstance(value, dict):
            return {self.text(key): self.json(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.json(inner, name) for inner in value]
        spelt = _spelt(name)
        if _ACCOUNT.fullmatch(spelt) and value and not isinstance(value, bool):
            return str(ACCOUNT) if isinstance(value, str) else ACCOUNT
        if not isinstance(value, str) or not value:
            return value
        if is_secret(name) or _PERSON.fullmatch(spelt):
            return REMOVED
        if _FILE.fullmatch(value):
            return digest(value)
        return self.text(value)

    def query(self, query: str, known: Mapping[str, JSON]) -> str:
        """Redact a query string; of a parameter that is not ``known`` only the name is kept."""
        pairs = parse_qsl(query, keep_blank_values=True)
        redacted = [(self.text(name), self._parameter(name, value, known)) for name, value in pairs]
        return urlencode(redacted)

    def segment(self, text: str) -> str:
        """Redact a part of an unknown path: a plain word is kept, anything else is replaced by a digest."""
        is_plain = re.fullmatch(r"[a-z][a-z-]{0,30}|v\d{1,2}|x-[0-9a-f]{16}|", text)
        return text if is_plain and self.text(text) == text else f"x-{digest(text)[7:]}"

    def _parameter(self, name: str, value: str, known: Mapping[str, JSON]) -> str:
        if name not in known and value:
            return REMOVED
        return str(self.json(value, name))

    def _email(self, found: re.Match[str]) -> str:
        if not found[1] or _OURS.fullmatch(found[0]):
            return found[0]
        return self._emails.setdefault(found[0], f"account-{len(self._emails) + 1}@example.com")


def _spelt(name: str) -> str:
    """Spell a name in lower case, with an underscore between its words: ``apiKey``, ``x-api-key``."""
    return "_".join(_WORD.findall(name)).lower()


def json_of(body: bytes) -> JSON:
    """Return what a body says if it is JSON as the services read it, or else ``None``."""
    try:
        return document(body)
    except ValueError:
        return None


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
    yield from (unquote(part.partition("=")[2]) for part in re.split(r"[;,]", value))


def _named(value: JSON, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _named(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, name)
    elif isinstance(value, str) and is_secret(name):
        yield value


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)


def _form(url: str) -> str:
    """Reduce a URL to the kind of file it points to, and a digest that tells it from others."""
    if _FORM.fullmatch(url):
        return url
    try:
        parts = urlsplit(url)
        place, suffix = f"{parts.hostname}{parts.path}", PurePosixPath(parts.path).suffix.lower()
    except ValueError:
        place, suffix = url, ""
    kept = suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else ""
    return f"{url.partition('://')[0].lower()}://example.com/{digest(place)[7:]}{kept}"


def digest(content: str | bytes) -> str:
    """Return what replaces a long or private text: equal only for equal ones."""
    if isinstance(content, str) and re.fullmatch(r"sha256-[0-9a-f]{16}", content):
        return content
    found = sha256(content.encode(errors="replace") if isinstance(content, str) else content)
    return f"sha256-{found.hexdigest()[:16]}"
