"""Destinations: what an option names, in whatever spelling it is reached."""

from __future__ import annotations

import pytest

from mockserver.destinations import Destination, Destinations, RefusedDestination, literal
from mockserver.errors import BadSetting

LOOPBACK = ("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.0.0.01")


def reached(host: str, *addresses: str, allow: str = "", deny: str = "", port: int = 80) -> tuple[str, ...]:
    places = addresses or (literal(host) or "93.184.216.34",)
    return Destinations.parse(allow.split(), deny.split()).reachable(host, port, places)


@pytest.mark.parametrize(
    ("deny", "host", "addresses"),
    [
        ("hooks.example.com", "hooks.example.com", ()),
        ("Hooks.Example.COM", "hooks.example.com.", ()),
        ("*.example.com", "a.b.example.com", ()),
        ("*", "anything", ()),
        ("*", "10.0.0.1", ()),
        ("münchen.de", "xn--mnchen-3ya.de", ()),
        ("10.0.0.0/8", "10.1.2.3", ()),
        ("10.1.2.3/8", "10.9.9.9", ()),
        ("10.0.0.0/8", "innocent.example", ("10.1.2.3",)),
        ("10.0.0.0/8", "innocent.example", ("93.184.216.34", "10.1.2.3")),
        ("10.0.0.0/8", "::ffff:10.1.2.3", ()),
        ("169.254.169.254", "metadata", ("169.254.169.254",)),
        ("fe80::/10", "fe80::1%eth0", ()),
        ("::1", "0:0:0:0:0:0:0:1", ()),
        ("::1", "::", ()),
        ("127.0.0.0/8", "0.0.0.0", ()),
        ("127.0.0.0/8", "::ffff:0.0.0.0", ()),
        ("localhost", "127.0.0.1", ()),
        ("localhost", "::1", ()),
        ("localhost", "localtest.example", ("127.0.0.1",)),
        ("example.com:80", "example.com", ()),
        ("10.0.0.0/8:80", "10.0.0.1", ()),
        ("[::1]:80", "::1", ()),
        *(("127.0.0.1", host, ()) for host in LOOPBACK),
        *((host, "127.0.0.1", ()) for host in LOOPBACK),
    ],
)
def test_what_is_denied_is_refused_with_the_option_that_says_so(
    deny: str, host: str, addresses: tuple[str, ...]
) -> None:
    with pytest.raises(RefusedDestination, match="denied by --deny-callbacks-to"):
        reached(host, *addresses, deny=deny)
    with pytest.raises(RefusedDestination, match="denied by --deny-callbacks-to"):
        reached(host, *addresses, deny=deny, allow="*")


@pytest.mark.parametrize(
    ("deny", "host"),
    [
        ("example.com", "notexample.com"),
        ("*.example.com", "example.com"),
        ("10.0.0.0/8", "11.0.0.1"),
        ("example.com:81", "example.com"),
        ("10.0.0.0/8:81", "10.0.0.1"),
        ("::/8", "127.0.0.1"),
    ],
)
def test_what_is_not_denied_is_reached(deny: str, host: str) -> None:
    assert reached(host, deny=deny)


def test_only_what_is_allowed_is_reached_if_anything_is() -> None:
    assert reached("a.example.com", allow="*.example.com") == ("93.184.216.34",)
    assert reached("x.example", "10.0.0.1", "93.184.216.34", allow="10.0.0.0/8") == ("10.0.0.1",)
    assert reached("127.1", allow="127.0.0.1") == ("127.0.0.1",)
    for host in ("evil.example", "127.0.0.1", "::1"):
        with pytest.raises(RefusedDestination, match="none of those that --allow-callbacks-to names"):
            reached(host, allow="*.example.com 10.0.0.0/8")


@pytest.mark.parametrize(
    "text", ["", ":80", "host:", "host:0", "host:99999", "http://x", "10.0.0.0/33", "a b", "x:80:90", "[", "a/b", "a@b"]
)
def test_what_is_no_host_is_told_with_an_example(text: str) -> None:
    with pytest.raises(BadSetting, match=r"--deny-callbacks-to: .* is not a host. Write one such as \*\.example\.com"):
        Destination.parse(text, "--deny-callbacks-to")
