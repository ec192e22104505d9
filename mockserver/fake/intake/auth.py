"""Credentials: which account a request belongs to, or why it is refused.

Without ``--key`` each bearer token is an account of its own. The times of a JWT (``kling 5``) are always checked, its
signature where the secret is known. Times are checked by the fake's clock, so PyJWT checks only the signature.

In a snapshot, where its token must not be, an account goes by a digest, by which the token finds it again.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from functools import cache, lru_cache
from math import inf
from typing import TYPE_CHECKING, Any
from zlib import crc32

import jiter

from mockserver.contract import credentials
from mockserver.contract.readings import Readings
from mockserver.contract.service import Service
from mockserver.contract.validation import Violation
from mockserver.fake.answering.refusal import Refused
from mockserver.settings import Key, Settings
from mockserver.types import JSON, Millis, Reason, Request

if TYPE_CHECKING:
    from jwt import PyJWS

    from mockserver.secrecy.mask import Mask

LEEWAY_SECONDS = 5
"""How far a client's clock may be wrong; the official sample dates ``nbf`` back by as much."""

_LATEST_SECONDS = 99_999_999_999
"""A later time, after the year 5000, is in milliseconds, or in the micro- or nanoseconds that some clocks count."""

_SMALLER_UNITS = (1_000, 1_000_000, 1_000_000_000)

_DIGEST = "sha256:"

_OPAQUE = frozenset({"content"})
"""Fields of megabytes in which no secret can be read: the Base64 of an upload."""

_MOST_KEPT_LETTERS = 4096
"""Longer headers are looked at anew each time, or those that are remembered would fill the memory."""


def account(request: Request, service: Service, settings: Settings, readings: Readings, now: Millis) -> str:
    """Return the account of a request: what its key names, or else its token or the access key that signed it.

    Raises ``Refused``.
    """
    header = credentials.authorization(request.headers, service.credentials)
    if not header:
        raise Refused("no-credentials")
    token = _token(header) if len(header) <= _MOST_KEPT_LETTERS else _token.__wrapped__(header)
    if token is None:
        raise Refused("bad-credentials")
    if "jwt" in service.credentials and (claims := _claims(token)) is not None:
        return _access_key(token, claims, settings, readings, now // 1000)
    if "access-key" in service.errors and _claims(token) is not None:
        raise Refused("access-key")
    if not settings.keys:
        return token
    key = next((key for key in settings.keys if key.secret is None and key.name == token), None)
    if key is None:
        only_access_keys = "jwt" in service.credentials and all(key.secret for key in settings.keys)
        raise Refused("not-a-jwt" if only_access_keys else "unknown-key")
    return key.owner


@lru_cache(maxsize=256)
def _token(header: str) -> str | None:
    """Return the token of a header that is not empty; ``None`` if it holds none, or several words."""
    scheme, _, token = header.partition(" ")
    words = token.split()
    return words[0] if scheme.lower() == "bearer" and len(words) == 1 else None


def mistakes(request: Request, service: Service) -> tuple[Violation, ...]:
    """Return what is probably a mistake in the credentials of a request. Nothing is refused for it."""
    header = credentials.authorization(request.headers, service.credentials)
    has_claims = "jwt" in service.credentials
    look = _mistakes if len(header) <= _MOST_KEPT_LETTERS else _mistakes.__wrapped__
    return look(header, has_claims) if header else ()


@lru_cache(maxsize=256)
def _mistakes(header: str, has_claims: bool) -> tuple[Violation, ...]:  # a key of the cache
    scheme, _, token = header.partition(" ")
    token = token.strip() or scheme
    claims = (_claims(token) if has_claims else None) or {}
    times = {name: claims[name] for name in ("exp", "nbf", "iat") if _time(claims.get(name)) is not None}
    return credentials.mistakes(token.encode(errors="replace").decode(), times)


def form(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return what may be shown of credentials: the scheme, or the header that has a key, and the claims of a JWT."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if not scheme and credentials.KEY_HEADER in headers:
        return {"scheme": credentials.KEY_HEADER, "claims": None}
    claims = _claims(token.strip())
    shown = {name: claims[name] for name in ("iss", "exp", "nbf", "iat", "jti") if name in claims} if claims else None
    return {"scheme": scheme if token else None, "claims": shown}


def _claims(token: str) -> dict[str, Any] | None:
    """Return the claims of what looks like a JWT, or ``None`` for any other token."""
    if token.count(".") != 2:
        return None
    return _read(token) if len(token) <= _MOST_KEPT_LETTERS else _read.__wrapped__(token)


@lru_cache(maxsize=256)
def _read(token: str) -> dict[str, Any] | None:
    parts = token.split(".")
    try:
        header, claims = (
            jiter.from_json(urlsafe_b64decode(part + "=" * (-len(part) % 4)), allow_inf_nan=False) for part in parts[:2]
        )
    except ValueError:
        return None
    return claims if isinstance(header, dict) and "alg" in header and isinstance(claims, dict) else None


def _access_key(token: str, claims: dict[str, Any], settings: Settings, readings: Readings, now: int) -> str:
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise Refused("unknown-access-key")
    key = next((key for key in settings.keys if key.secret and key.name == issuer), None)
    if settings.keys and key is None:
        raise Refused("unknown-access-key")
    if key is not None:
        _check_signature(token, key)
    _check_times(claims, readings, now)
    return key.owner if key else issuer


def _check_signature(token: str, key: Key) -> None:
    look = _is_signed if len(token) <= _MOST_KEPT_LETTERS else _is_signed.__wrapped__
    if not look(token, key.secret or ""):
        raise Refused("bad-signature")


@lru_cache(maxsize=256)
def _is_signed(token: str, secret: str) -> bool:
    import jwt

    try:
        _signatures().decode(token, secret, algorithms=["HS256"])
    except jwt.PyJWTError:
        return False
    return True


@cache
def _signatures() -> PyJWS:
    """Return PyJWT's check of signatures alone; its check of claims is stricter with ``sub`` and ``jti`` than Kling."""
    from jwt import PyJWS
    from jwt.algorithms import HMACAlgorithm

    class AnyLength(HMACAlgorithm):
        """Accepts the short secrets of tests without a warning."""

        def check_key_length(self, key: bytes) -> None:
            return None

    found = PyJWS(algorithms=[])
    found.register_algorithm("HS256", AnyLength(HMACAlgorithm.SHA256))
    return found


def _check_times(claims: dict[str, Any], readings: Readings, now: int) -> None:
    start, end = _time(claims.get("nbf")), _time(claims.get("exp"))
    if end is None or (start is None and "nbf" in claims):
        raise Refused("bad-credentials", reason=_reason("The JWT has no exp, or an exp or nbf that is no time."))
    if start is None and readings.get("jwt-nbf") == "required":
        raise Refused("bad-credentials", reason=_reason("The JWT has no nbf.", "jwt-nbf=required"))
    if start is not None and start > now + LEEWAY_SECONDS:
        raise Refused("token-early", nbf=start)
    if end < now - LEEWAY_SECONDS:
        raise Refused("token-expired", exp=end)
    if readings.get("jwt-lifetime") == "1800" and end > now + 1800 + LEEWAY_SECONDS:
        why = _reason("The exp of the JWT is more than 1800 s away.", "jwt-lifetime=1800")
        raise Refused("bad-credentials", reason=why)


def _reason(sentence: str, reading: str | None = None) -> Reason:
    return Reason("credential", sentence, "bad-credentials", reading)


def _time(value: object) -> float | None:
    """Read a time in seconds, or in the milliseconds that a client counts by mistake."""
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) == inf:
        return None
    if value <= _LATEST_SECONDS:
        return value
    return next((value / unit for unit in _SMALLER_UNITS if value <= _LATEST_SECONDS * unit), value)


def digest(account: str) -> str:
    """Return the digest that stands for an account; a digest stays as it is."""
    return account if is_digest(account) else hashed(account)


def hashed(token: str) -> str:
    """Return the digest of a token. One that looks like a digest gets another: knowing a digest opens no account."""
    from hashlib import sha256  # most never need it, and it brings OpenSSL

    return _DIGEST + sha256(b"mockserver account " + token.encode(errors="replace")).hexdigest()


def user(account: str) -> int:
    """Return the Kling user behind a token: a number that gives nothing of the token away."""
    return 10_000_000 + crc32(digest(account).encode()) % 80_000_000


def is_digest(account: str) -> bool:
    """Whether an account goes by its digest, because a snapshot brought it back."""
    return account.startswith(_DIGEST)


def known_as(token: str, restored: frozenset[str]) -> str:
    """Return what the account of a token is called: the token, or its digest if that is among the ``restored``."""
    if restored or is_digest(token):
        name = hashed(token)
        if name in restored or is_digest(token):
            return name
    return token


def sealed(state: JSON, mask: Mask | None = None) -> JSON:
    """Return a document in which each ``account`` is a digest, and every other secret masked."""
    from mockserver.secrecy.mask import Mask

    mask = mask or Mask()
    if isinstance(state, list | tuple):
        return [sealed(item, mask) for item in state]
    if not isinstance(state, dict):
        return mask.json(state)
    account = state.get("account")
    mask = Mask([account]) if account else mask
    return {name: _sealed(name, value, mask) for name, value in state.items()}


def _sealed(name: str, value: JSON, mask: Mask) -> JSON:
    if name == "account" and isinstance(value, str):
        return digest(value)
    if name in _OPAQUE or not isinstance(value, str):
        return value if name in _OPAQUE else sealed(value, mask)
    return mask.json(value, name)
