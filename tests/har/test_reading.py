"""Archives are read as their writers meant them; what is none is refused in a line that says where."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.har.archive import Archive, BadArchive
from mockserver.har.reading import read
from mockserver.types import JSON
from tests.har.writers import GOT, SENT, URL, WRITERS
from tests.support.sampling import draws


def archive(*entries: JSON) -> Archive:
    return read(BytesIO(json.dumps({"log": {"entries": entries}}).encode()), "session.har")


def entry(request: JSON = None, response: JSON = None, **more: JSON) -> JSON:
    return {
        "request": {"method": "GET", "url": URL, **(request or {})},
        "response": {"status": 200, **(response or {})},
        **more,
    }


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_an_archive_of_each_program_says_what_was_exchanged(write: Callable[[], bytes]) -> None:
    (found,) = read(BytesIO(write()), "session.har").entries
    assert found.response is not None
    assert (found.place, found.host, found.request.path) == (
        "/log/entries/0",
        "api-singapore.klingai.com",
        "/v1/images/omni-image",
    )
    assert (json.loads(found.request.body), json.loads(found.response.body)) == (SENT, GOT)
    assert found.at == 1795773600123
    assert found.request.headers["content-type"].startswith("application/json")
    assert found.response.headers["content-type"].startswith("application/json")
    assert not found.unknown
    assert not any(name.startswith(":") for name in found.request.headers)


@pytest.mark.parametrize(
    ("side", "made", "why"),
    [
        ("answer", entry(response={"content": {"size": 9}}), "does not have it"),
        ("answer", entry(response={"bodySize": 9}), "does not have it"),
        ("answer", entry(response={"content": {"text": "?", "encoding": "base64"}}), "it is not"),
        ("answer", entry(response={"content": {"text": "?", "encoding": "rot13"}}), "has it as rot13"),
        ("request", entry({"bodySize": 4}), "does not have it"),
        ("request", entry({"postData": {"mimeType": "multipart/form-data", "params": [{}]}}), "fields of its form"),
        ("request", entry(_mockserver={"cut": ["request"]}), "only its beginning"),
    ],
)  # fmt: skip
def test_a_body_that_is_not_there_is_unknown(side: str, made: JSON, why: str) -> None:
    (found,) = archive(made).entries
    assert why in found.unknown[side]


def test_a_form_that_is_kept_in_parts_is_put_together() -> None:
    posted = {
        "mimeType": "application/x-www-form-urlencoded",
        "params": [{"name": "a b", "value": "1"}, {"name": "c", "value": "&"}],
    }
    (found,) = archive(entry({"postData": posted})).entries
    assert found.request.body == b"a+b=1&c=%26"


def test_what_was_never_answered_has_no_answer() -> None:
    assert archive(entry(response={"status": 0})).entries[0].response is None
    assert archive({"request": {"method": "GET", "url": URL}}).entries[0].response is None


def test_what_is_no_exchange_over_http_is_counted() -> None:
    found = archive(entry({"url": "wss://x/y"}), entry({"url": "data:text/plain,x"}), entry())
    assert (len(found.entries), found.other) == (1, 2)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "s.har: is empty"),
        (b"\x00\xff" * 9, "s.har: is not JSON"),
        (b"GIF89a", "s.har: is not JSON"),
        (b'{"log": ', "s.har: is not JSON"),
        (b"[" * 100_000, "s.har: is not JSON"),
        (b"7", "s.har: 7 is not an object"),
        (b"[]", "s.har: an array is not an object"),
        (b"{}", "s.har: is no HAR: it has no log"),
        (b'{"log": []}', "s.har#/log: an array is not an object"),
        (b'{"log": {}}', "s.har#/log: has no entries"),
        (b'{"log": {"entries": {}}}', "s.har#/log/entries: an object is not a list"),
        (b'{"log": {"entries": [7]}}', "s.har#/log/entries/0: 7 is not an object"),
        (b'{"log": {"entries": [{}]}}', "s.har#/log/entries/0: has no request"),
        (b'{"log": {"entries": [{"request": {}}]}}', "s.har#/log/entries/0/request: has no url"),
        (b'{"log": {"entries": [{"request": {"url": "http://["}}]}}', "s.har#/log/entries/0/request/url: "),
        (b'{"log": {"entries": [{"request": {"url": "http://a"}}]}}', "s.har#/log/entries/0/request: has no method"),
    ],
    ids=str,
)
def test_what_is_no_archive_is_told_in_one_line_with_its_place(data: bytes, told: str) -> None:
    with pytest.raises(BadArchive) as refused:
        read(BytesIO(data), "s.har")
    assert str(refused.value).startswith(told)
    assert "\n" not in str(refused.value)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
_WHOLE = json.loads(WRITERS["chrome"]())


def _places(found: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    return [way, *(place for name, each in inner for place in _places(each, (*way, name)))]


@settings(max_examples=draws(300))
@given(st.sampled_from(_places(_WHOLE)[1:]), _ANYTHING)
def test_wrong_values_anywhere_are_read_or_refused(place: tuple[Any, ...], wrong: JSON) -> None:
    changed = json.loads(json.dumps(_WHOLE))
    holder = changed
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = wrong
    with suppress(BadArchive):
        assert isinstance(read(BytesIO(json.dumps(changed).encode()), "s.har"), Archive)
