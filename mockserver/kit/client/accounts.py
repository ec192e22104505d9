"""Accounts: whom a client acts for in each play, and which exchanges are therefore of that play.

A client may still send when it has answered, or was given up. What comes late is told by the account that it names, or
else by the task that it asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count
from urllib.parse import unquote

from mockserver.kit.client.scenarios import CredentialKind
from mockserver.kit.transcript import Exchange, Transcript

_NAME = re.compile(r"(?:testee-account-[0-9]*|test…|Bear…)([0-9]{4})(?![0-9])")
"""An account, in full or masked, alone or after the word Bearer: it is so long that a mask leaves its number."""

_NUMBERS, _DIGITS = count(1), 4


def _new() -> str:
    return f"testee-account-{next(_NUMBERS):0{_DIGITS}}"


class Accounts:
    """The accounts of one testee, and the tasks that it had in earlier plays."""

    def __init__(self) -> None:
        self._signing = _new()
        self._used: set[str] = set()
        self._tasks: set[str] = set()

    def open(self, credentials: CredentialKind) -> str:
        """Return the account of the next play.

        A token is a new one each time. An access key stays: many clients keep what they have once signed.
        """
        return self._signing if credentials == "jwt" else _new()

    def close(self, account: str, tasks: Iterable[str], *, has_hung: bool) -> None:
        """End a play. Tokens of a client that hangs, and may still use its own, are signed with another key."""
        self._used.add(account)
        self._tasks.update(tasks)
        if has_hung and account == self._signing:
            self._signing = _new()

    def own(self, transcript: Transcript, account: str, *, has_answered: bool) -> Transcript:
        """Return what belongs to the play of an account.

        A client that has answered, but never names its account, keeps the credentials of an earlier play.
        """
        mine, named = account[-_DIGITS:], [(each, _named(each)) for each in transcript]
        is_strict = not has_answered or any(mine in names for _, names in named)
        return Transcript(
            tuple(
                each
                for each, names in named
                if (mine in names and account not in self._used)
                or ((not is_strict or not names or mine in names) and self._tasks.isdisjoint(_segments(each)))
            )
        )


def _named(exchange: Exchange) -> set[str]:
    """Return the numbers of the accounts that a request names, wherever it has its credentials."""
    return {found for text in _texts(exchange) for found in _NAME.findall(text)}


def _texts(exchange: Exchange) -> Iterator[str]:
    request, headers = exchange.request, dict(exchange.request.headers)
    if exchange.claims is not None:  # the end of a signature may look like a number
        headers.pop("authorization", None)
        yield str(exchange.claims.get("iss", ""))
    yield from (request.path, request.query, *headers.values())


def _segments(exchange: Exchange) -> set[str]:
    return {unquote(segment) for segment in exchange.request.path.split("/")}
