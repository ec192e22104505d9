"""Reading: from bytes to requests, also where the parser stops.

The parser, llhttp, stops at an offer to upgrade and at a method that it does not know. Neither ends a request: a new
parser gets the same head without what stopped the first (RFC 9110, 7.8 and 9.1).
"""

from __future__ import annotations

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockserver.adapters.http.connection import head
from mockserver.adapters.http.headers import mapped
from mockserver.fake.answering.refusal import Refused
from mockserver.types import Request


class Reader(HttpToolsProtocol):
    """uvicorn's protocol, whose parser goes on."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._pairs: head.Pairs = []  # the headers of the request
        self._in_head = False
        self._has_moved = False  # the bytes that are read complete something
        self._start: bytes | None = b""  # of a request line whose method may go on; None if it came with other requests
        self._method = b""  # one that the parser does not know
        self._offer: head.Pairs = []  # the headers of a request that offers to upgrade

    def _request(self, body: bytes = b"") -> Request:
        """Return a request, or what is known of one that is refused."""
        path, _, query = self.url[: head.MOST_BYTES].decode("latin-1").partition("?")
        method = self._method or (self.parser.get_method() if self.url else b"?")
        headers = mapped(self._pairs[: head.MOST_LINES])
        return Request(method.decode("ascii"), path or "?", query, headers, body, self.scheme or "http")

    def _feed(self, data: bytes) -> None:
        """Let the parser read. Where it stops, another one goes on. Raises ``HttpParserError`` or ``Refused``."""
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                data = self._after_offer(data[offer.args[0] :])
            except httptools.HttpParserInvalidMethodError:
                data = self._with_known_method(None if self._start is None else self._start + data)
            else:
                if not self._in_head or self.url:
                    self._start = b""
                else:
                    self._start = None if self._has_moved or self._start is None else self._start + data
                return

    def _is_offering(self) -> bool:
        """Whether a head offers to upgrade: it comes once more, without that. Raises ``Refused``."""
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise Refused("not-http", fact=head.TUNNEL)
            self._offer = list(self.headers)
            return True
        if self._offer:
            self.headers[:], self._offer = self._offer, []
        return False

    def _after_offer(self, rest: bytes) -> bytes:
        """Return the head of a request without its offer, for another parser, and the ``rest`` behind it."""
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        lines = [b"%b: %b" % header for header in self._offer if header[0] != b"upgrade"]
        self.parser = _parser(self)
        return b"\r\n".join([b"%b %b HTTP/%b" % (method, self.url, version), *lines, b"", rest])

    def _with_known_method(self, data: bytes | None) -> bytes:
        """Return a request with a method that the parser knows, for another one; nothing if more has to come first."""
        if data is None or self._has_moved:
            raise Refused("not-http", fact="its method is unknown. Send such a request after the answer to the last")
        self._method, rest = head.method(data)
        if not rest:
            self._start = data
            return b""
        self._start, self.parser = b"", _parser(self)
        return b"GET" + rest


def _parser(reader: Reader) -> httptools.HttpRequestParser:
    """Return a parser such as uvicorn makes for a connection."""
    parser = httptools.HttpRequestParser(reader)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)
    return parser
