"""The origin of result URLs: what a proxy says counts only if it is trusted, and only if it can be part of a URL."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.fake.media.origin import origin
from mockserver.settings import Settings
from mockserver.types import Request

TRUSTING = Settings(trust_proxy=True)
USUAL = "http://127.0.0.1:8080"


def told(settings: Settings, headers: dict[str, str]) -> str:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return origin(Request("GET", "/", "", {"host": "127.0.0.1:8080", **named}), settings)


GOOD = [
    ({"x_forwarded_proto": "https"}, "https://127.0.0.1:8080"),
    ({"x_forwarded_proto": "HTTPS, http", "x_forwarded_host": "a.example, b.example"}, "https://a.example"),
    ({"x_forwarded_host": "a.example:8443", "x_forwarded_proto": "https"}, "https://a.example:8443"),
    ({"x_forwarded_host": "a.example", "x_forwarded_proto": "https", "x_forwarded_port": "443"}, "https://a.example"),
    ({"x_forwarded_host": "a.example", "x_forwarded_port": "8443"}, "http://a.example:8443"),
    ({"x_forwarded_host": "a.example:1", "x_forwarded_port": "8443"}, "http://a.example:1"),
    ({"x_forwarded_host": "a.example", "x_forwarded_prefix": "/mock/kling/"}, "http://a.example/mock/kling"),
    ({"x_forwarded_host": "[2001:db8::1]:81"}, "http://[2001:db8::1]:81"),
    ({"forwarded": "for=192.0.2.1;proto=https;host=a.example"}, "https://a.example"),
    ({"forwarded": 'For="[2001:db8::1]:4711" ; Proto=https ; Host="a.example:8443"'}, "https://a.example:8443"),
    ({"forwarded": "for=_x, for=b;host=b.example;proto=https, proto=http"}, USUAL),
    ({"forwarded": 'proto=https;host="a\\.example", for=b;host=b.example'}, "https://a.example"),
    ({"forwarded": "proto=https;host=a.example", "x_forwarded_host": "b.example"}, "https://a.example"),
    ({"forwarded": "for=192.0.2.1", "x_forwarded_proto": "https"}, "https://127.0.0.1:8080"),
]
BAD = [
    {"x_forwarded_proto": "javascript"},
    {"x_forwarded_proto": ""},
    {"x_forwarded_host": "evil.example/path"},
    {"x_forwarded_host": "user@evil.example"},
    {"x_forwarded_host": "a b"},
    {"x_forwarded_host": "a.example:99999"},
    {"x_forwarded_host": "a.example:x"},
    {"x_forwarded_host": "[zz]"},
    {"x_forwarded_host": "[::1"},
    {"x_forwarded_host": "<script>"},
    {"x_forwarded_host": "é.example"},
    {"x_forwarded_port": "0"},
    {"x_forwarded_port": "٣"},
    {"x_forwarded_prefix": "//evil.example"},
    {"x_forwarded_prefix": "/../x"},
    {"x_forwarded_prefix": "/a b"},
    {"x_forwarded_prefix": "javascript:"},
    {"forwarded": "proto=https;;host=a.example"},
    {"forwarded": 'proto=https;host="a.example'},
    {"forwarded": "proto"},
    {"forwarded": "host=evil.example/x"},
    {"forwarded": "=;=,="},
]


@pytest.mark.parametrize(("headers", "expected"), GOOD)
def test_a_trusted_proxy_names_the_origin_and_another_does_not(headers: dict[str, str], expected: str) -> None:
    assert told(TRUSTING, headers) == expected
    assert told(Settings(), headers) == USUAL
    fixed = Settings(trust_proxy=True, public_url="https://fixed.example")
    assert told(fixed, headers) == "https://fixed.example"


@pytest.mark.parametrize("headers", BAD)
def test_what_is_malformed_is_ignored(headers: dict[str, str]) -> None:
    assert told(TRUSTING, headers) == USUAL


PIECES = st.lists(
    st.sampled_from([*'="\\;:,/[]@. %', "host", "proto", "https", "a.example", "80", "é", "\t"]), max_size=12
).map("".join)


@given(PIECES, PIECES, PIECES, PIECES, PIECES)
def test_the_origin_is_a_url_whatever_a_proxy_says(
    forwarded: str, proto: str, host: str, port: str, prefix: str
) -> None:
    said = {"forwarded": forwarded, "x_forwarded_proto": proto, "x_forwarded_host": host}
    found = told(TRUSTING, {**said, "x_forwarded_port": port, "x_forwarded_prefix": prefix})
    parts = urlsplit(found)
    assert parts.scheme in ("http", "https")
    assert parts.hostname
    assert parts.port != 0
    assert (parts.username, parts.query, parts.fragment) == (None, "", "")
    assert not found.endswith("/")
