"""Answers as bytes are what the application would have sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.adapters.http.connection.answers import lines, written
from mockserver.adapters.http.hardening import hardened
from mockserver.adapters.http.headers import listed
from mockserver.types import Response, Wire

NAMES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12).filter(
    lambda name: name not in {"connection", "transfer-encoding", "content-length"}
)
VALUES = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20)
DATE = (b"date", b"Thu, 26 Nov 2026 23:54:45 GMT")
TYPES = st.sampled_from(["application/json", "text/plain", "video/mp4"])


@given(
    status=st.integers(200, 599),
    body=st.binary(max_size=50),
    headers=st.dictionaries(NAMES, VALUES, max_size=4),
    kind=TYPES,
    method=st.sampled_from(["GET", "HEAD", "POST"]),
)
def test_it_has_the_headers_of_the_application(
    status: int, body: bytes, headers: dict[str, str], kind: str, method: str
) -> None:
    response = Response(status, body, {**headers, "content-type": kind})
    found = written(response, lines([DATE]), has_body=method != "HEAD")
    assert found is not None
    head, _, sent = found.partition(b"\r\n\r\n")
    first, *rest = head.split(b"\r\n")
    assert first.startswith(b"HTTP/1.1 %d " % status)
    assert sorted(tuple(line.split(b": ", 1)) for line in rest) == sorted([DATE, *hardened(listed(response))])
    assert sent == (b"" if method == "HEAD" else body)


@pytest.mark.parametrize("headers", [{"a b": "c"}, {"": "c"}, {"a": "b\nc"}, {"a": "b\0"}, {"a": "猫"}])
def test_a_header_that_http_does_not_have_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"HTTP has no|latin-1"):
        written(Response(200, headers=headers), b"")


@pytest.mark.parametrize("status", [0, 99, 600])
def test_a_status_that_http_does_not_have_is_refused(status: int) -> None:
    with pytest.raises(ValueError, match="no status"):
        written(Response(status), b"")


@pytest.mark.parametrize(
    "response",
    [
        Response(200, wire=Wire(hangs=True)),
        Response(200, headers={"connection": "close"}),
        Response(200, headers={"Transfer-Encoding": "chunked"}),
    ],
    ids=["a-fault-on-the-wire", "the-last-answer", "in-chunks"],
)
def test_what_takes_more_than_to_be_sent_is_not_written(response: Response) -> None:
    assert written(response, b"") is None
