"""What proxies in front say of the origin: ``Forwarded`` (RFC 7239), or ``X-Forwarded-…``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from mockserver.types import Request

_ELEMENT = re.compile(
    r"([\w!#$%&'*+.^`|~-]{1,64}+)=(?:\"((?:[^\"\\]|\\.)*+)\"|([\w!#$%&'*+.^`|~:\[\]-]*+))\s*+([;,]|\Z)", re.ASCII
)
"""One ``name=value`` of ``Forwarded`` (RFC 7239, 4), and what ends it. Unquoted hosts with a port are taken, too."""

_HOST = re.compile(r"(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9_.-]{0,252}[a-z0-9_.])?)(:[0-9]{1,5})?", re.IGNORECASE)
_PORT = re.compile(r":[0-9]++\Z")
_PREFIX = re.compile(r"(?:/[\w.~-]{1,100}){1,20}/?", re.ASCII)
_USUAL_PORTS = {"http": 80, "https": 443}


def forwarded(request: Request) -> str:
    """Return the origin that the first of several proxies names; the client talked to that one.

    What it does not say is as the request has it, and what cannot be part of a URL is ignored.
    """
    said = _forwarded(request.headers.get("forwarded", ""))
    scheme = _scheme(said.get("proto")) or _scheme(_first(request.headers, "proto")) or request.scheme
    host = _host(said.get("host")) or _host(_first(request.headers, "host")) or request.host
    port, prefix = _first(request.headers, "port"), _first(request.headers, "prefix")
    if _is_port(port) and not _PORT.search(host) and int(port) != _USUAL_PORTS.get(scheme):
        host = f"{host}:{int(port)}"
    is_path = _PREFIX.fullmatch(prefix) and not {".", ".."} & {*prefix.split("/")}
    return f"{scheme}://{host}{prefix.rstrip('/') if is_path else ''}"


def _forwarded(header: str) -> dict[str, str]:
    """Return what the first proxy says in ``Forwarded``; nothing if the header is malformed."""
    said: dict[str, str] = {}
    place, is_first = 0, True
    while place < len(header):
        found = _ELEMENT.match(header, place + len(header[place:]) - len(header[place:].lstrip()))
        if found is None:
            return {}
        if is_first:
            quoted = re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[3]
            said.setdefault(found[1].lower(), quoted)
        is_first = is_first and found[4] != ","
        place = found.end()
    return said


def _first(headers: Mapping[str, str], part: str) -> str:
    """Return what the first proxy says in ``X-Forwarded-PART``."""
    return headers.get(f"x-forwarded-{part}", "").partition(",")[0].strip()


def _scheme(text: str | None) -> str | None:
    return text.lower() if text and text.lower() in _USUAL_PORTS else None


def _host(text: str | None) -> str | None:
    """Return a host with its port, if that is what a text is."""
    found = _HOST.fullmatch(text or "")
    if found is None or (found[1] and not _is_port(found[1][1:])):
        return None
    try:
        return text if urlsplit(f"//{text}").hostname else None
    except ValueError:
        return None  # brackets around what is no address


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536 and len(text) < 6
