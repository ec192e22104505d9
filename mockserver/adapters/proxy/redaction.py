"""Redaction: what may be kept of an exchange. Credentials, people and accounts are removed, files are shortened.

``secrecy`` says what is a secret; here more forms count as one, because recordings are shared. Once known it is removed
everywhere. What replaces it depends only on what it replaces, so that the same request always looks the same; and what
is redacted already stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, urlencode, urlsplit

from mockserver.secrecy.mask import JWT, KEY, holds_secret, spelled, spellings
from mockserver.types import JSON

REMOVED = "removed"
"""What replaces a secret, and what only a person can have."""

ACCOUNT = 12345
"""What replaces the number of every account."""

_FILE_LETTERS = 128
"""A text without spaces that may be Base64 counts as a file from this length on: ids and keys are shorter."""

# No repetition below may meet a text twice, or 40 KB of ``a.b`` in a prompt would hold a proxy up for half a minute.
# Hence the possessive ones (``++``), and patterns that also take what only begins like a JWT or an email, and leave it.
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
_FORMS = (
    re.compile(r"(?<=bearer )(?!removed)[^\s\"',;<]{4,}", re.IGNORECASE),
    KEY,
    re.compile(r"(?<=user:)\d+-\w+"),  # useapi
    re.compile(r"(?:(?<=token=)|(?<=secret=)|(?<=password=)|(?<=key=)|(?<=signature=))[^\s\"'&,;<]+", re.IGNORECASE),
)


class Redactor:
    """Redacts one exchange; the emails in it are numbered in the order in which they appear."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        """``known`` are the secrets that are removed everywhere."""
        self._known = sorted({form for secret in known for form in spellings(secret)}, key=len, reverse=True)
        self._emails: dict[str, str] = {}

    def text(self, text: str) -> str:
        """Redact a text, or the whole of a body that is not JSON."""
        for secret in self._known:
            text = text.replace(secret, REMOVED)
        text = JWT.sub(lambda found: REMOVED if found[1] else found[0], text)
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
        spelt = spelled(name)
        if _ACCOUNT.fullmatch(spelt) and value and not isinstance(value, bool):
            return str(ACCOUNT) if isinstance(value, str) else ACCOUNT
        if not isinstance(value, str) or not value:
            return value
        if holds_secret(name, value) or _PERSON.fullmatch(spelt):
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
