"""The log of exchanges with another service: each is an entry in the journal and one line of output."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mockserver.adapters.proxy.inspection import Exchange, Inspection
from mockserver.adapters.proxy.redaction import Redactor
from mockserver.fake.journal import Entry
from mockserver.fake.world import World

_MOST_LETTERS = 200
"""As much of a path or a pointer is printed; both can be as long as the client likes."""

_NAMED = 3
"""Differences and rules that are named in a line; the journal has them all."""

Say = Callable[[str], None]


class ExchangeLog:
    """Logs exchanges; their secrets are never printed."""

    def __init__(self, world: World, say: Say) -> None:
        """``say`` gets a line for each exchange."""
        self._world, self._service, self._say = world, world.services[0].id, say

    def write(self, exchange: Exchange, inspection: Inspection, remark: str = "") -> Entry:
        """Write an exchange into the journal, and print its line with a ``remark``."""
        entry = self._world.journal.write(
            self._world.clock.now(),
            self._service,
            inspection.operation,
            inspection.account,
            exchange.request,
            exchange.response,
            inspection.violations,
            inspection.differences,
        )
        self._say(line(entry, [*(f"{side} not checked: {why}" for side, why in exchange.unknown.items()), remark]))
        return entry


def line(entry: Entry, remarks: Iterable[str] = ()) -> str:
    """Return the line of an exchange: method, path, status, operation, how many differences, and where."""
    redactor = Redactor()
    path = redactor.text(entry.mask.text(entry.request.path)[:_MOST_LETTERS])
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
