"""Keys: credentials where they do not belong."""

from __future__ import annotations

from mockserver.kit.transcript import Exchange

_PLACES = frozenset({"page_token", "pagetoken", "next_page_token", "next_token", "continuation_token"})
"""What pages of a list are found by is called a token, too."""

_ENDINGS = ("key", "token", "secret", "authorization")
"""What the names of parameters end in that carry a credential, in lower case."""


def key_in_query(exchange: Exchange) -> str | None:
    """Return the name of a parameter of the URL that carries a credential; ``None`` if there is none."""
    names = (part.partition("=") for part in exchange.request.query.split("&"))
    said = (name for name, equals, _ in names if equals and name.lower() not in _PLACES)
    return next((name for name in said if name.lower().endswith(_ENDINGS)), None)
