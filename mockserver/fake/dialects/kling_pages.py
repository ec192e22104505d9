"""Pages of rows at Kling: chosen by time and by filters, or by the cursor of the page before."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import field
from itertools import islice
from types import MappingProxyType

import jiter

from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.encoding import encoded
from mockserver.types import JSON, Millis, value

_MARK_BYTES = 6
"""A cursor begins with so many bytes that follow from the rest, so that nobody makes one up."""

_MOST_ROWS = 500


@value
class Row:
    """One row: what it shows, and what else it can be found by."""

    at: Millis
    shown: Mapping[str, JSON]
    more: Mapping[str, JSON] = field(default_factory=lambda: MappingProxyType({}))


@value
class _Query:
    """Which rows are asked for; of those at the time ``end``, the first ``given`` are on earlier pages."""

    start: Millis
    end: Millis
    limit: int
    filters: list[Mapping[str, JSON]]
    given: int = 0


def page(call: Call, rows: Iterable[Row]) -> JSON:
    """Return a page of rows, which come the latest first. Raises ``Refused`` for a cursor that is none of ours."""
    query = _query(call)
    is_either = call.readings["filters-together"] == "either"
    chosen = (row for row in rows if query.start <= row.at <= query.end and _fits(row, query.filters, is_either))
    found = [*islice(chosen, query.given, query.given + query.limit + 1)]
    detail, has_more = [dict(row.shown) for row in found[: query.limit]], len(found) > query.limit
    return {
        "result": {"detail": detail, "count": len(detail)},
        "next_cursor": _cursor(call, query, found[:-1]) if has_more else "",
        "has_more": has_more,
    }


def _query(call: Call) -> _Query:
    asked = call.payload
    if cursor := asked.get("cursor"):
        return _read(call, cursor)
    limit = asked.get("limit", _MOST_ROWS)
    return _Query(asked["start_time"], asked["end_time"], int(limit), asked.get("filters", []))


def _fits(row: Row, filters: Iterable[Mapping[str, JSON]], is_either: bool) -> bool:
    """Whether a row is one of those that filters let through; one without values lets all through."""
    values: dict[str, list[JSON]] = {}
    for each in filters:
        if each.get("values"):
            values.setdefault(each["key"], []).extend(each["values"])
    said = {**row.shown, **row.more}
    found = [said.get(key) in wanted for key, wanted in values.items()]
    return any(found) if is_either and found else all(found)


def _cursor(call: Call, query: _Query, shown: list[Row]) -> str:
    """Return a text that leads to the rows after these."""
    end = shown[-1].at
    given = sum(row.at == end for row in shown) + (query.given if end == query.end else 0)
    content = encoded([query.start, end, query.limit, query.filters, given])
    return urlsafe_b64encode(_mark(call, content) + content).decode()


def _read(call: Call, cursor: str) -> _Query:
    try:
        found = urlsafe_b64decode(cursor.encode("utf-8", "surrogatepass"))
    except ValueError:
        found = b""
    mark, content = found[:_MARK_BYTES], found[_MARK_BYTES:]
    if mark != _mark(call, content) or not content:
        raise Refused("invalid", message=f"cursor value '{cursor[:100]}' is invalid")
    return _Query(*jiter.from_json(content))


def _mark(call: Call, content: bytes) -> bytes:
    from hashlib import blake2b  # most never need it, and it brings OpenSSL

    whose = f"{call.operation.id} {call.account}".encode("utf-8", "surrogatepass")
    return blake2b(content + whose, digest_size=_MARK_BYTES).digest()
