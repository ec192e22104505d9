"""Credentials: what proves to a server who asks, and what must not (kling 5)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace

from mockserver.types import JSON, Millis

LIFETIME = 1800
"""Seconds that a token lives, as in the official sample."""

EARLY = 5
"""Seconds by which the official sample dates a token back."""

_FAR = 3600


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key, or an access key with the secret that signs tokens; ``is_given``: the user has it from somewhere."""

    token: str | None = None
    access_key: str | None = None
    secret: str | None = field(default=None, repr=False)
    is_given: bool = True

    @classmethod
    def made_up(cls) -> Credentials:
        """Return a key that only a server takes that takes any."""
        return cls("mockserver-check", is_given=False)

    @property
    def signs(self) -> bool:
        """Whether they are an access key and its secret."""
        return self.access_key is not None and self.secret is not None

    def header(self, now: Millis) -> str:
        """Return the ``Authorization`` of a request sent now."""
        return f"Bearer {self.signed(now)}" if self.signs else f"Bearer {self.token}"

    def signed(self, now: Millis, **claims: JSON) -> str:
        """Return a JWT as the official sample makes it, with some claims changed; ``None`` leaves one out."""
        import jwt

        usual: dict[str, JSON] = {"iss": self.access_key, "exp": now // 1000 + LIFETIME, "nbf": now // 1000 - EARLY}
        said = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of short secrets: they are not ours to choose
            return jwt.encode(said, self.secret or "", algorithm="HS256", headers={"typ": "JWT"})

    def expired(self, now: Millis) -> str:
        """Return a token that was good an hour ago."""
        return self.signed(now, exp=now // 1000 - _FAR, nbf=now // 1000 - 2 * _FAR)

    def early(self, now: Millis) -> str:
        """Return a token that will be good in an hour."""
        return self.signed(now, nbf=now // 1000 + _FAR, exp=now // 1000 + 2 * _FAR)

    def forged(self, now: Millis) -> str:
        """Return a token that is signed with another secret."""
        return replace(self, secret=f"{self.secret} or another").signed(now)


STRANGER = Credentials("mockserver-check-unknown-key")
"""A key that nobody has."""

NEWCOMER = Credentials(None, "mockserver-check-access-key", "mockserver-check-secret-of-32-bytes")
"""An access key that nobody has."""
