"""A call: one request on its way to an answer, and what it is about."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.contract.readings import Readings
from mockserver.contract.service import Operation, Service
from mockserver.contract.validation import Violation
from mockserver.types import Millis, Payload, Reason, Request, value


@value
class Call:
    """One request on its way to an answer: everything its action may want to know.

    ``sent`` is the body, or without a body the query string; ``payload`` is what the operation's schema types of it,
    and all that an action may rely on; ``document`` is what was sent as JSON to keep, and ``has_mark`` whether it has
    the beginning of a mark with which a prompt asks for faults; ``failure`` is why a task made of it would fail, in the
    service's words, and ``cause`` in ours.
    """

    request: Request
    service: Service
    operation: Operation
    readings: Readings
    parameters: Mapping[str, str]
    account: str
    now: Millis
    payload: Payload
    sent: Payload
    document: bytes = b"{}"
    has_mark: bool = False
    violations: tuple[Violation, ...] = ()
    failure: str | None = None
    cause: Reason | None = None


@value
class Subject:
    """What a request, a result or a callback is about: the payload of a task, and the operation that creates it."""

    create_operation: Operation
    account: str
    payload: Payload
