"""Credentials: good ones, and those that a server must refuse (kling 5)."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass, field, replace

from mockserver.types import JSON, Millis

LIFETIME_SECONDS = 1800
"""How long a token is good, as in the official sample."""

BACKDATED_SECONDS = 5
"""By so much the official sample dates a token back, for clocks that differ."""

_FAR_SECONDS = 3600
"""How far an expired or an early token is off: further than any server's leeway."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key, or an access key with the secret that signs tokens; ``is_given``: by the user, not made up."""

    token: str | None = field(default=None, repr=False)
    access_key: str | None = None
    secret: str | None = field(default=None, repr=False)
    is_given: bool = True

    @classmethod
    def made_up(cls) -> Credentials:
        """Return a key for servers that take any."""
        return cls("mockserver-check", is_given=False)

    @property
    def signs(self) -> bool:
        """Whether they sign tokens: an access key and its secret."""
        return self.access_key is not None and self.secret is not None

    def header(self, now: Millis) -> str:
        """Return the ``Authorization`` of a request sent now."""
        return f"Bearer {self.signed(now)}" if self.signs else f"Bearer {self.token}"

    def claims(self, now: Millis) -> dict[str, JSON]:
        """Return the claims of a token, as the official sample has them."""
        seconds = now // 1000
        return {"iss": self.access_key, "exp": seconds + LIFETIME_SECONDS, "nbf": seconds - BACKDATED_SECONDS}

    def signed(self, now: Millis, **claims: JSON) -> str:
        """Return a JWT as the official sample makes it, with some claims changed; ``None`` leaves one out."""
        import jwt

        said = {name: value for name, value in {**self.claims(now), **claims}.items() if value is not None}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about short secrets, which are not ours to choose
            return jwt.encode(said, self.secret or "", algorithm="HS256", headers={"typ": "JWT"})

    def has_signed(self, token: str, now: Millis) -> bool:
        """Whether a token is one that is sent with usual requests now, and no wrong one."""
        import jwt

        with suppress(jwt.PyJWTError, TypeError):
            exp = jwt.decode(token, options={"verify_signature": False}).get("exp", 0)
            signed_at = (exp - LIFETIME_SECONDS) * 1000
            return self.signs and signed_at <= now < exp * 1000 and token == self.signed(signed_at)
        return False

    def expired(self, now: Millis) -> str:
        """Return a token that was good an hour ago."""
        return self.signed(now, exp=now // 1000 - _FAR_SECONDS, nbf=now // 1000 - 2 * _FAR_SECONDS)

    def early(self, now: Millis) -> str:
        """Return a token that will be good in an hour."""
        return self.signed(now, nbf=now // 1000 + _FAR_SECONDS, exp=now // 1000 + 2 * _FAR_SECONDS)

    def forged(self, now: Millis) -> str:
        """Return a token that is signed with another secret."""
        return replace(self, secret=f"{self.secret} or another").signed(now)


UNKNOWN_KEY = Credentials("mockserver-check-unknown-key")
"""An API key that no account has."""

UNKNOWN_ACCESS_KEY = Credentials(None, "mockserver-check-access-key", "mockserver-check-secret-of-32-bytes")
"""An access key that no account has."""
