"""Malformed requests: bytes, paths and methods that no well-behaved client sends, and that a server must survive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mockserver.contract.places import steps
from mockserver.contract.service import Operation
from mockserver.kit.server.evidence import OddBody, Purpose
from mockserver.kit.server.probe import Probe, encoded
from mockserver.kit.server.scenarios.scenario import Cost, Scenario
from mockserver.kit.server.settings import Target
from mockserver.kit.server.spending.prices import units

READABLE = 5
"""How many of the bodies of an operation a server may take: what they say is odd, but it can be read."""

_DEPTH = 10_000
"""Deeper than any recursive parser can go."""

_LONG_ID = "9" * 4000
"""Longer than a file name or an index of a database may be, and shorter than what web servers take as a path."""


class Body(NamedTuple):
    """A body, what it is called, and whether a server can make sense of it; if not, it must be refused."""

    case: str
    content: bytes
    is_readable: bool = False
    media_type: str | None = "application/json"


def send_malformed(probe: Probe) -> None:
    """Send odd bodies, odd paths and odd methods. Raises ``Spent``."""
    for create in probe.target.create_operations:
        price = units(create, probe.simplest(create))
        for body in _bodies(probe, create):
            with probe.budget.of_one_task(price) as charge:
                charge.is_due = probe.send(
                    create.method, create.path, body.content, OddBody(body.is_readable),
                    case=body.case, operation=create, headers={"content-type": body.media_type},
                ).is_accepted  # fmt: skip
        _send_odd_paths(probe, create)


def _bodies(probe: Probe, create: Operation) -> Iterator[Body]:
    text = encoded(probe.simplest(create))
    field = encoded(steps(create.task["prompt"])[0].field if "prompt" in create.task else "prompt")
    yield Body("no body", b"")
    yield Body("white space", b"  \n")
    yield Body("not JSON", b"prompt=cat")
    yield Body("cut JSON", text[:-1])
    yield Body("JSON and more", text + b"}")
    yield Body("invalid UTF-8", text[:-1] + b',"x":"\xff\xfe"}')
    yield Body("zero bytes", b"\0" * 64)
    yield Body("10 000 levels", b"{" + field + b":" + b"[" * _DEPTH + b"]" * _DEPTH + b"}")
    yield Body("levels that do not close", b"[" * _DEPTH)
    yield Body("NaN for a number", text[:-1] + b',"x":NaN}', is_readable=True)
    yield Body("a number of 400 digits", text[:-1] + b',"x":' + b"9" * 400 + b"}", is_readable=True)
    yield Body("a name twice", text[:-1] + b',"x":1,"x":2}', is_readable=True)
    yield Body("half a surrogate pair", text[:-1] + b',"x":"\\ud800"}', is_readable=True)
    yield Body("another media type", text, is_readable=True, media_type="text/plain")
    if probe.expectations.possible("content-type") == {"refused"}:
        yield Body("no media type", text, media_type=None)


def _send_odd_paths(probe: Probe, create: Operation) -> None:
    probe.send("POST", f"{create.path}-that-is-none/at-all", b"{}", case="unknown path")
    probe.send("PATCH", create.path, b"{}", case="unknown method")
    get = probe.expectations.get_operation(create)
    if get is not None and not probe.expectations.may_be_absent(get):
        for case, id in (
            ("a long id", _LONG_ID),
            ("an id of odd letters", "\u732b %/\x07'\"<>"),
            ("a zero byte", "\0"),
        ):
            probe.ask(get, purpose=Purpose.MALFORMED, case=case, id=id)


def _cost(target: Target) -> Iterable[Cost]:
    return (Cost.of_simplest(target, create, READABLE) for create in target.create_operations)


MALFORMED = Scenario("malformed", send_malformed, frozenset({Purpose.MALFORMED}), _cost)
