"""Heads: what the standards say about the first line and the headers of a request, and how large they may be."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mockserver.fake.answering.refusal import Refused

if TYPE_CHECKING:
    import httptools

Pairs = list[tuple[bytes, bytes]]

MOST_BYTES = 64 * 1024
"""The largest head, request line and headers: what load balancers of large clouds take, and ten times what is usual."""

MOST_LINES = 256
"""The most lines of headers; browsers send some twenty."""

_METHOD = re.compile(rb"[\r\n]*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})(?= |\Z)")
"""A method, or its beginning. Empty lines before a request are ignored (RFC 9112, 2.2)."""

_ABSOLUTE = re.compile(rb"(https?)://(?:[^/?#@]*@)?([^/?#]+)([^#]*)", re.IGNORECASE)

_MOST_HOST_BYTES = 300
"""The longest host: names have 253 letters at most, and there may be a port."""

_HOST = re.compile(rb"(?:[0-9A-Za-z._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
"""A name or an address, perhaps with a port (RFC 3986, 3.2.2); the name may be empty."""

HTTP_2 = "it is HTTP/2, and this server speaks HTTP/1.1. Let the client offer HTTP/2 instead of assuming it"
TUNNEL = "CONNECT asks for a tunnel, and this server makes none. Do not use it as a proxy"
_TLS = "it is the beginning of TLS, which this server does not speak. Use http:// in the place of https://"
_NO_METHOD = "it does not begin with a method such as GET"
_BAD_HOST = "its Host is not the name of a host. Send a name or an address, and perhaps a port"
_BAD_TARGET = "it asks for what is neither a path nor an http URL. Begin with a slash"


def method(data: bytes) -> tuple[bytes, bytes]:
    """Return the method that a request begins with, and what follows it, if it has come as a whole.

    Raises ``Refused`` for what is no request.
    """
    found = _METHOD.match(data)
    if found is None:
        raise Refused("not-http", fact=_TLS if data.startswith(b"\x16\x03") else _NO_METHOD)
    return found[1], data[found.end() :]


def size(target: bytes, headers: Pairs) -> int:
    """Return how many bytes a head has, nearly."""
    return len(target) + sum(len(name) + len(value) + len(": \r\n") for name, value in headers)


def too_large(target: bytes) -> Refused:
    """Return the refusal of a head that is too large, mostly because of its ``target`` or of its headers."""
    if len(target) > MOST_BYTES // 2:
        return Refused("path-too-long", limit=MOST_BYTES)
    return Refused("head-too-large", limit=MOST_BYTES, lines=MOST_LINES)


def check_host(headers: Pairs, parser: httptools.HttpRequestParser) -> None:
    """Raise ``Refused`` unless there is one host; before HTTP/1.1 there may be none (RFC 9112, 3.2)."""
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (not hosts and parser.get_http_version() == "1.1"):
        raise Refused("not-http", fact=f"it has {len(hosts) or 'no'} lines of Host. Send one")
    if hosts and (len(hosts[0]) > _MOST_HOST_BYTES or not _is_host(hosts[0])):
        raise Refused("not-http", fact=_BAD_HOST)


def absolute(target: bytes) -> tuple[bytes, bytes]:
    """Return host and path of a target in absolute form, whose host counts (RFC 9112, 3.2.2). Raises ``Refused``."""
    found = _ABSOLUTE.fullmatch(target)
    if found is None or len(found[2]) > _MOST_HOST_BYTES or not _is_host(found[2]):
        raise Refused("not-http", fact=_BAD_TARGET)
    return found[2], found[3] if found[3].startswith(b"/") else b"/" + found[3]


def origin(target: bytes) -> tuple[str, str] | None:
    """Return the scheme and the host, perhaps with a port, of a target in absolute form; ``None`` for any other."""
    found = _ABSOLUTE.fullmatch(target)
    return None if found is None else (found[1].decode("ascii").lower(), found[2].decode("latin-1"))


@lru_cache(maxsize=64)
def _is_host(host: bytes) -> bool:
    return _HOST.fullmatch(host) is not None
