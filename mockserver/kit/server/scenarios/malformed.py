"""Noise: bytes that no client of good will sends, and that a server must survive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mockserver.contract.catalog import Operation
from mockserver.kit.server.probe import Probe, encoded
from mockserver.kit.server.scenarios.accounts import fields
from mockserver.kit.server.watched_tasks import base_payload

READABLE = 5
"""Bodies of an operation that a server may take: what they say is odd, but it can be read."""

_DEEP = 10_000


class Bytes(NamedTuple):
    """A body, what it is, and whether a server can make sense of it: ``unreadable`` ones it must refuse."""

    case: str
    body: bytes
    unreadable: bool = True
    media_type: str | None = "application/json"


def noise(probe: Probe) -> None:
    """Send odd bodies, odd paths and odd methods. Raises ``Spent``."""
    for maker in probe.target.operations:
        for odd in _bodies(probe, maker):
            probe.budget.take()
            headers = {"content-type": odd.media_type}
            trial = probe.send(
                maker.method, maker.path, "", odd.body, "noise",
                operation=maker, headers=headers, case=odd.case, about={"unreadable": odd.unreadable},
            )  # fmt: skip
            if not trial.is_accepted:
                probe.budget.give_back()
        _paths(probe, maker)


def _bodies(probe: Probe, maker: Operation) -> Iterator[Bytes]:
    good = {**base_payload(probe.terms, maker), **fields(probe, maker)}
    text = encoded(good)
    yield Bytes("no body", b"")
    yield Bytes("white space", b"  \n")
    yield Bytes("not JSON", b"prompt=cat")
    yield Bytes("cut JSON", text[:-1])
    yield Bytes("JSON and more", text + b"}")
    yield Bytes("invalid UTF-8", text[:-1] + b',"x":"\xff\xfe"}')
    yield Bytes("zero bytes", b"\0" * 64)
    yield Bytes("10 000 levels", b'{"prompt":' + b"[" * _DEEP + b"]" * _DEEP + b"}")
    yield Bytes("levels that do not close", b"[" * _DEEP)
    yield Bytes("a number that is none", text[:-1] + b',"x":NaN}', unreadable=False)
    yield Bytes("a number of 400 digits", text[:-1] + b',"x":' + b"9" * 400 + b"}", unreadable=False)
    yield Bytes("a name twice", text[:-1] + b',"x":1,"x":2}', unreadable=False)
    yield Bytes("half a surrogate pair", text[:-1] + b',"x":"\\ud800"}', unreadable=False)
    yield Bytes("another media type", text, unreadable=False, media_type="text/plain")
    if probe.terms.possible("content-type") == {"refused"}:
        yield Bytes("no media type", text, media_type=None)


def _paths(probe: Probe, maker: Operation) -> None:
    stranger = f"{maker.path}-that-is-none"
    probe.send("POST", stranger, "", b"{}", "noise", case="unknown path")
    probe.send("PATCH", maker.path, "", b"{}", "noise", case="unknown method")
    shows = probe.terms.beside(maker, "get")
    if shows is not None and not probe.terms.may_be_absent(shows):
        for case, id in (
            ("a long id", "9" * 4000),
            ("an id of odd letters", "\u732b %/\x07'\"<>"),
            ("a zero byte", "\0"),
        ):
            probe.ask(shows, aim="noise", case=case, id=id)
