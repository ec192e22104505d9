"""The pipe of a session on stdio: its input may end at once, and what was asked is answered all the same."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

if TYPE_CHECKING:
    from mcp.shared._stream_protocols import ReadStream, WriteStream

_LAST_SECONDS = 5.0
"""How long an end waits for answers: whoever closes the input may as well have gone, and a check takes a minute."""

Message = SessionMessage | Exception
"""What is read: a message, or why a line is none."""


class Unanswered:
    """The requests that were read and not answered yet."""

    def __init__(self) -> None:
        self._ids: set[str | int] = set()
        self._changed = anyio.Event()

    def read(self, message: Message) -> None:
        """Note a request; one that is cancelled gets no answer."""
        found = message.message if isinstance(message, SessionMessage) else None
        if isinstance(found, JSONRPCRequest):
            self._ids.add(found.id)
        elif isinstance(found, JSONRPCNotification) and found.method == "notifications/cancelled":
            self._settled((found.params or {}).get("requestId"))

    def written(self, message: SessionMessage) -> None:
        """Note an answer."""
        if isinstance(message.message, JSONRPCResponse | JSONRPCError):
            self._settled(message.message.id)

    async def none(self) -> None:
        """Wait until there is none, or for a while."""
        with anyio.move_on_after(_LAST_SECONDS):
            while self._ids:
                self._changed = anyio.Event()
                await self._changed.wait()

    def _settled(self, id: object) -> None:
        self._ids = {each for each in self._ids if each != id}
        self._changed.set()


class _Side:
    """A side of the pipe, closed at the end of ``async with``."""

    def __init__(self, inner: ReadStream[Message] | WriteStream[SessionMessage]) -> None:
        self._side = inner

    async def aclose(self) -> None:
        """Read or write no more."""
        await self._side.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class Input(_Side):
    """What is read; its end comes when all is answered."""

    def __init__(self, inner: ReadStream[Message], unanswered: Unanswered) -> None:
        super().__init__(inner)
        self._inner, self._unanswered = inner, unanswered

    async def receive(self) -> Message:
        """Return the next message. Raises ``anyio.EndOfStream``."""
        try:
            message = await self._inner.receive()
        except anyio.EndOfStream:
            await self._unanswered.none()
            raise
        self._unanswered.read(message)
        return message

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None


class Output(_Side):
    """What is written, each answer noted."""

    def __init__(self, inner: WriteStream[SessionMessage], unanswered: Unanswered) -> None:
        super().__init__(inner)
        self._inner, self._unanswered = inner, unanswered

    async def send(self, message: SessionMessage) -> None:
        """Write a message."""
        await self._inner.send(message)
        self._unanswered.written(message)
