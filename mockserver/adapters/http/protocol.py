"""HTTP/1 on a connection: uvicorn's protocol, which takes what the standards allow, and bounds what a client may send.

What is no request is refused in the service's words, like everything else. A request that has come as a whole, and
whose answer need not be waited for, is answered as soon as it is read: without a task and the messages of ASGI, which
cost more than to read it. For all others uvicorn starts the application.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from mockserver.adapters.http.connection import head
from mockserver.adapters.http.connection.answers import lines, written
from mockserver.adapters.http.connection.deadline import Deadline
from mockserver.adapters.http.connection.desk import AtOnce, Desk
from mockserver.adapters.http.connection.reader import Reader
from mockserver.adapters.http.connection.transport import TRANSPORT, Gathering
from mockserver.fake.answering.refusal import Refused
from mockserver.types import Request, Response

HEAD_SECONDS = 10.0
"""How long a head may take to arrive. It fits into a few packets; whoever takes longer keeps a connection busy."""

BODY_SECONDS, BODY_BYTES = 30.0, 30 * 1024
"""In so many seconds a body comes to its end, or at least so many bytes of it: 1 KiB/s, less than any line has."""


class Protocol(Reader):
    """One connection. An answer is sent in one piece, and the application may reset the connection."""

    def __init__(self, desk: Desk, *args: Any, **named: Any) -> None:
        """All but the ``desk`` is uvicorn's."""
        super().__init__(*args, **named)
        self._desk = desk
        self._usual: head.Pairs = []  # the headers of every answer, such as its date, and the lines that these are
        self._usual_lines = b""
        self._held: list[bytes] | None = None  # the body of a request that may be answered at once
        self._refused: Refused | None = None
        self._deadline = Deadline(self.loop, self._be_late)
        self._in_body = False
        self._is_split = False  # the bytes that are read go on with a head
        self._read = self._unused = self._taken = 0  # bytes that are read; that completed nothing yet; of a body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin a connection."""
        super().connection_made(cast("asyncio.Transport", Gathering(transport, self.loop)))
        self._expect(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection. What its client has sent goes with it, and not when garbage is next looked for."""
        self._deadline.end()
        super().connection_lost(exc)
        self.url, self.headers, self._pairs, self._offer, self._held = b"", [], [], [], None
        self.scope = self.cycle = self._refused = None  # type: ignore[assignment] # whoever still answers has them

    def data_received(self, data: bytes) -> None:
        """Take bytes. After a refusal they are thrown away: the client might not get an answer before it is done."""
        if self._refused is not None:
            return
        self._is_split, self._has_moved, self._read = self._in_head, False, len(data)
        held = len(self.cycle.body) if self._in_body else -1
        try:
            self._feed(data)
            if self._held is not None:
                self._let_go()
            if self._has_moved:
                self._unused = 0
            elif self._in_body and (len(self.cycle.body) > held or self.cycle.response_complete):
                self._unused, self._taken = 0, self._taken + len(data)
            else:
                self._unused += len(data)
                if self._unused > head.MOST_BYTES:
                    raise head.too_large(self.url if self._in_head else b"")
        except Refused as refused:
            self._answer_refusal(refused)
        except httptools.HttpParserError as error:
            self._answer_refusal(self._broken(error))
        else:
            if self._deadline.at is None and (self._in_head or self._in_body):
                self._expect(BODY_SECONDS if self._in_body else HEAD_SECONDS)

    def on_message_begin(self) -> None:
        """Begin a request."""
        self.url, self.expect_100_continue = b"", False
        self.headers = self._pairs = []
        self._in_head, self._deadline.at = True, None

    def on_headers_complete(self) -> None:
        """Start a request, unless its head breaks a rule of HTTP; or hold it, to answer it when it is complete."""
        try:
            if self._is_offering():
                return
            self._check_head()
        except Refused as refused:
            self._refused = refused  # the parser raises an error of its own
            raise
        self.headers = []  # what follows the body as a header is none, and means nothing to us (RFC 9110, 6.5.1)
        if self._may_be_held():
            self._held = []
        else:
            self._begin()
        self._in_head, self._in_body, self._has_moved, self._deadline.at = False, True, True, None

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        if self._held is None:
            super().on_body(body)
        else:
            self._held.append(body)

    def on_message_complete(self) -> None:
        """End a request."""
        if self._offer:
            return
        self._in_body, self._has_moved, self._deadline.at = False, True, None
        if self._held is not None and self._desk.at_once is not None:
            self._answer_at_once(self._desk.at_once, b"".join(self._held))
        else:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request. This is uvicorn's, which would set a timer and cancel it for each."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._deadline.at is None:
            self._expect(self.timeout_keep_alive)

    def _may_be_held(self) -> bool:
        """Whether a request may be answered at once: none before it waits, and its connection has nothing special."""
        before: RequestResponseCycle | None = self.cycle
        return (
            self._desk.at_once is not None
            and (before is None or before.response_complete)
            and not (self.flow.write_paused or self.expect_100_continue)
            and self.parser.should_keep_alive()
            and self.parser.get_http_version() == "1.1"
            and self.url.startswith(b"/")
            and b"#" not in self.url
        )

    def _let_go(self) -> None:
        """Leave to the application a request that was held."""
        held, self._held = self._held or [], None
        self._begin()
        for piece in held:
            super().on_body(piece)

    def _answer_at_once(self, at_once: AtOnce, body: bytes) -> None:
        request = self._request(body)
        try:
            answer = at_once(request)
            found = self._written(request, answer) if isinstance(answer, Response) else None
        except Exception as error:  # noqa: BLE001 - the last resort, as in the application
            self._start_asgi_task(self._taken_over(request), self._desk.failing(request, error))
            return
        if found is not None:
            self._held, self._method = None, b""
            self.transport.write(found)
            self.on_response_complete()
        elif answer is None:
            self._let_go()
            super().on_message_complete()
        elif isinstance(answer, Response):
            self._start_asgi_task(self._taken_over(request), self._desk.delivering(answer))
        else:
            answer.add_done_callback(partial(self._answer_later, self._taken_over(request), request))

    def _answer_later(self, cycle: RequestResponseCycle, request: Request, answer: asyncio.Future[Response]) -> None:
        """Send what has been waited for, unless the client has left."""
        try:
            response = answer.result()
            found = self._written(request, response)
            app = self._desk.delivering(response)
        except Exception as error:  # noqa: BLE001 - the last resort, as above
            found, app = None, self._desk.failing(request, error)
        if cycle.disconnected:
            return
        if found is None or not cycle.keep_alive:
            self._start_asgi_task(cycle, app)
            return
        cycle.response_started = cycle.response_complete = True
        self.transport.write(found)
        self.on_response_complete()

    def _written(self, request: Request, response: Response) -> bytes | None:
        usual = self.server_state.default_headers
        if usual is not self._usual:
            self._usual, self._usual_lines = usual, lines(usual)
        return written(response, self._usual_lines, has_body=request.method != "HEAD")

    def _taken_over(self, request: Request) -> RequestResponseCycle:
        """Return the cycle of a request that was held, and is not answered yet: others wait for it."""
        self._set_scope()
        self.scope["method"] = request.method
        self._held, self._method, self.cycle = None, b"", self._cycle(keep_alive=True)
        return self.cycle

    def _begin(self) -> None:
        """Start the application, as uvicorn does."""
        self._set_scope()
        super().on_headers_complete()
        if self._method:
            self.scope["method"], self._method = self._method.decode("ascii"), b""

    def _set_scope(self) -> None:
        """Make the scope of a request that has been read."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.scope["headers"] = self._pairs
        self.scope["extensions"] = {TRANSPORT: {"transport": self.transport}}
        self.url, self.headers, self.expect_100_continue = url, headers, expects

    def _check_head(self) -> None:
        """Raise ``Refused`` for a head that is too large, or does not say what it is for."""
        is_large = self._is_split or self._read > head.MOST_BYTES
        if len(self.headers) > head.MOST_LINES or (is_large and head.size(self.url, self.headers) > head.MOST_BYTES):
            raise head.too_large(self.url)
        head.check_host(self.headers, self.parser)
        if not self.url.startswith(b"/") and self.url != b"*":
            host, self.url = head.absolute(self.url)
            self.headers[:] = [(b"host", host), *(pair for pair in self.headers if pair[0] != b"host")]

    def _broken(self, error: httptools.HttpParserError) -> Refused:
        """Return the refusal of what the parser does not take; where a rule of ours is broken, it is only told that."""
        if self._refused is not None:
            return self._refused
        is_http_2 = self._in_head and self.url == b"*" and self.parser.get_method() == b"PRI"
        return Refused("not-http", fact=head.HTTP_2 if is_http_2 else str(error))

    def _answer_refusal(self, refused: Refused) -> None:
        """Answer in the place of the application, after the requests before this one, and end the connection."""
        self._refused, self._deadline.at = refused, None
        before: RequestResponseCycle | None = self.cycle
        is_busy = before is not None and not before.response_complete
        if self._held is not None:
            self._held = None  # nobody has seen it
        elif before is not None and self._in_body:
            if before.response_started:
                self.transport.close()  # an answer that is under way, or whole, cannot be taken back
                return
            if self.pipeline and self.pipeline[0][0] is before:
                self.pipeline.popleft()
            else:
                before.disconnected, is_busy = True, False
                before.message_event.set()
        elif not self._in_head:
            self.on_message_begin()
        request = self._request()
        self._set_scope()
        self.scope["method"] = request.method
        self.cycle = self._cycle(keep_alive=False)
        self.transport.lingers = True  # type: ignore[attr-defined] # it is a Gathering
        answer = self._desk.refusing(request, refused)
        if is_busy:
            self.pipeline.appendleft((self.cycle, answer))
        else:
            self._start_asgi_task(self.cycle, answer)

    def _cycle(self, *, keep_alive: bool) -> RequestResponseCycle:
        return RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )

    def _expect(self, seconds: float) -> None:
        """Limit the time of what has begun, or of silence."""
        self._taken = 0
        self._deadline.set(seconds)

    def _be_late(self) -> None:
        """End what has not come in time, unless it is us who do not read it."""
        if self.transport.is_closing():
            return
        seconds = BODY_SECONDS if self._in_body else HEAD_SECONDS
        is_answered = self._in_body and self.cycle.response_complete
        if is_answered or not (self._in_head or self._in_body):
            self.transport.close()
        elif self.flow.read_paused or (self._in_body and self._taken >= BODY_BYTES):
            self._expect(seconds)
        else:
            self._answer_refusal(Refused("too-slow", seconds=f"{seconds:g}"))
