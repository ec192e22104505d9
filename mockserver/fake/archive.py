"""The journal as an archive: each exchange as HAR has it, its secrets masked as everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.intake.auth import form
from mockserver.fake.journal import Entry, reason_as_json, violation_as_json
from mockserver.har import archive
from mockserver.secrecy.mask import SCHEMES, Mask, masked
from mockserver.types import JSON, Request, Response

_AFTER_HOST = re.compile(r"[/?#]")
_CUT = "cut: it had {} bytes"
_DIFFERENCE = ("side", "pointer", "keyword", "documented", "received", "where")


def entry(found: Entry) -> archive.Entry:
    """Return an exchange as an entry of an archive. An answer that never came is none."""
    mask, wire, response = found.mask, found.response.wire, found.response
    is_lost = wire is not None and (wire.hangs or wire.resets != "no")
    bodies = (found.request.body, response.body)
    cut = {
        side: _CUT.format(size)
        for side, size, body in zip(("request", "answer"), found.sizes, bodies, strict=True)
        if len(body) < size
    }
    own = {
        "number": found.number,
        "service": found.service,
        "operation": found.operation,
        "account": None if found.account is None else masked(found.account),
        "credentials": mask.json(form(found.request.headers)),
        "task": response.task,
        "reason": reason_as_json(response.reason, mask),
        "violations": [violation_as_json(violation, mask) for violation in found.violations],
        "differences": [mask.json({name: getattr(each, name) for name in _DIFFERENCE}) for each in found.differences],
        "cut": list(cut),
    }
    request = Request(
        found.request.method,
        mask.text(found.request.path),
        mask.query(found.request.query),
        _headers(found.request.headers, mask),
        _masked(found.request.body, mask),
        found.request.scheme,
    )
    answer = Response(response.status, _masked(response.body, mask), mask.json(dict(response.headers)))
    took = -1 if response.latency is None else response.latency
    return archive.Entry("", found.at, took, request.host, request, None if is_lost else answer, cut, own)


def _headers(headers: Mapping[str, str], mask: Mask) -> dict[str, str]:
    """Mask headers; of credentials the scheme stays, without which nobody could tell how they were sent."""
    found: dict[str, str] = mask.json(dict(headers))
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if key and scheme.lower() in SCHEMES:
        found["authorization"] = f"{scheme} {masked(key)}"
    return found


def _masked(body: bytes, mask: Mask) -> bytes:
    """Mask a body; bytes that are no text stay as they are."""
    text = body.decode(errors="surrogateescape")
    return mask.text(text).encode(errors="surrogateescape")


def attempts(found: Iterable[Delivery], signature: Callable[[Delivery], Mapping[str, str]]) -> Iterator[archive.Entry]:
    """Yield an entry for each attempt at a callback; of its ``signature`` only the names of the headers are kept."""
    for delivery in found:
        mask = Mask([delivery.account])
        headers = {"content-type": "application/json; charset=utf-8", **dict.fromkeys(signature(delivery), "…")}
        scheme, _, rest = mask.text(delivery.url).partition("://")
        host = _AFTER_HOST.split(rest, maxsplit=1)[0]  # clients send what no library would take for a URL
        path, _, query = rest[len(host) :].partition("#")[0].partition("?")
        body = _masked(delivery.body, mask)
        request = Request("POST", path or "/", query, {"host": host, **headers}, body, scheme)
        for attempt in delivery.attempts:
            answer = None if attempt.status is None else Response(attempt.status)
            own: dict[str, JSON] = {
                "callback": delivery.id,
                "task": delivery.task_id,
                "fault": mask.json(attempt.fault),
            }
            yield archive.Entry("", attempt.at, attempt.took, host, request, answer, {}, own)
