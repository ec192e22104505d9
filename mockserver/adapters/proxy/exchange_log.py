"""The log of exchanges with another service: each is an entry in the journal and one line of output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from mockserver.adapters.proxy.inspection import Exchange, Inspection
from mockserver.adapters.proxy.redaction import LEAST_LETTERS, Redactor, is_secret, json_of, secrets
from mockserver.curl import SECRETS
from mockserver.fake.journal import Entry, masked
from mockserver.fake.world import World

_MOST_LETTERS = 200
"""As much of a path or a pointer is printed; both can be as long as the client likes."""

_NAMED = 3
"""Differences and rules that are named in a line; the journal has them all."""

Say = Callable[[str], None]


class ExchangeLog:
    """Logs exchanges; their secrets are masked first."""

    def __init__(self, world: World, say: Say) -> None:
        """``say`` gets a line for each exchange."""
        self._world, self._service, self._say = world, world.services[0].id, say

    def write(self, exchange: Exchange, inspection: Inspection, remark: str = "") -> Entry:
        """Write an exchange into the journal, and print its line with a ``remark``."""
        seen = _masked(exchange)
        entry = self._world.journal.write(
            self._world.clock.now(),
            self._service,
            inspection.operation,
            inspection.account,
            seen.request,
            seen.response,
            inspection.violations,
            inspection.differences,
        )
        self._say(line(entry, [*(f"{side} not checked: {why}" for side, why in exchange.unknown.items()), remark]))
        return entry


def line(entry: Entry, remarks: Iterable[str] = ()) -> str:
    """Return the line of an exchange: method, path, status, operation, how many differences, and where."""
    redactor = Redactor()
    path = redactor.text(entry.request.path[:_MOST_LETTERS])
    words = [f"{entry.request.method} {path} {entry.response.status} {entry.operation or 'not in the contract'}"]
    count = len(entry.differences)
    places = ", ".join(
        f"{redactor.text(found.pointer[:_MOST_LETTERS]) or '/'} {found.keyword}" for found in entry.differences[:_NAMED]
    )
    more = ", …" if count > _NAMED else ""
    words.append(f"{count} difference{'s' * (count != 1)}" + (f" ({places}{more})" if count else ""))
    if entry.violations:
        words.append("breaks " + ", ".join(dict.fromkeys(found.rule.id for found in entry.violations[:_NAMED])))
    text = "; ".join([*words, *filter(None, remarks)])
    # Control characters from elsewhere must not reach the terminal.
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _masked(exchange: Exchange) -> Exchange:
    """Mask the secrets that the journal does not mask itself: other headers, parameters and fields."""
    request, response = exchange.request, exchange.response
    known = [
        *secrets(request.headers, request.parameters, json_of(request.body)),
        *secrets(response.headers, {}, json_of(response.body)),
    ]
    return Exchange(
        replace(
            request,
            headers=_headers(request.headers),
            query=_query(request.query),
            body=_without(known, request.body),
        ),
        replace(response, headers=_headers(response.headers), body=_without(known, response.body)),
        exchange.unknown,
    )


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    # The journal masks these itself; masked twice, two keys would look alike.
    return {
        name: masked(value) if is_secret(name) and name not in SECRETS else value for name, value in headers.items()
    }


def _query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(is_secret(name) for name, _ in pairs):
        return query
    return urlencode([(name, masked(value) if is_secret(name) else value) for name, value in pairs])


def _without(known: Iterable[str], body: bytes) -> bytes:
    for secret in known:
        if len(secret) >= LEAST_LETTERS:
            body = body.replace(secret.encode(errors="replace"), masked(secret).encode())
    return body
