"""Credentials: which account a request belongs to, or why it is refused.

Without ``--key`` each bearer token is an account of its own. The times of a JWT (``kling 5``) are always checked, its
signature where the secret is known. Times are checked by the fake's clock, so PyJWT checks only the signature.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any

import jiter

from mockserver.contract.catalog import Service
from mockserver.contract.readings import Readings
from mockserver.fake.refusal import Refused
from mockserver.settings import Key, Settings
from mockserver.types import Millis, Request

if TYPE_CHECKING:
    from jwt import PyJWS

LEEWAY_SECONDS = 5
"""How far a client's clock may be wrong; the official sample dates ``nbf`` back by as much."""


def account(request: Request, service: Service, settings: Settings, readings: Readings, now: Millis) -> str:
    """Return the account of a request: what its key names, or else its token or the access key that signed it.

    Raises ``Refused``.
    """
    header = request.headers.get("authorization", "").strip()
    if not header:
        raise Refused("no-credentials")
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or any(letter.isspace() for letter in token):
        raise Refused("bad-credentials")
    if "jwt" in service.credentials and (claims := _claims(token)) is not None:
        return _access_key(token, claims, settings, readings, now // 1000)
    key = next((key for key in settings.keys if key.secret is None and key.name == token), None)
    if settings.keys and key is None:
        only_access_keys = "jwt" in service.credentials and all(key.secret for key in settings.keys)
        raise Refused("not-a-jwt" if only_access_keys else "unknown-key")
    return key.owner if key else token


def form(header: str) -> dict[str, Any]:
    """Return what may be shown of an ``Authorization`` header: its scheme, and the claims of a JWT."""
    scheme, _, token = header.partition(" ")
    claims = _claims(token.strip())
    shown = {name: claims[name] for name in ("iss", "exp", "nbf", "iat") if name in claims} if claims else None
    return {"scheme": scheme if token else None, "claims": shown}


def _claims(token: str) -> dict[str, Any] | None:
    """Return the claims of what looks like a JWT, or ``None`` for any other token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
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
    import jwt

    try:
        _signatures().decode(token, key.secret or "", algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise Refused("bad-signature") from error


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
    if end is None or (start is None and ("nbf" in claims or readings["jwt-nbf"] == "required")):
        raise Refused("bad-credentials")
    if start is not None and start > now + LEEWAY_SECONDS:
        raise Refused("token-early", nbf=start)
    if end < now - LEEWAY_SECONDS:
        raise Refused("token-expired", exp=end)
    if readings["jwt-lifetime"] == "1800" and end > now + 1800 + LEEWAY_SECONDS:
        raise Refused("bad-credentials")


def _time(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) != inf else None
