"""The end of a connection: what its client has sent is let go with it."""

from __future__ import annotations

import gc
import socket
import threading
import weakref
from collections.abc import Iterator

import pytest

from mockserver.adapters.http.protocol import Protocol
from mockserver.adapters.testing.live import live
from tests.conftest import IMAGE, PATIENCE
from tests.support.process import answers, head

BODY = '{"prompt": "A cat"}'
BEGUN = head("POST", IMAGE, "content-length: 99") + b'{"prompt'
CREATE = head("POST", IMAGE, f"content-length: {len(BODY)}") + BODY.encode()
LAST = head("POST", IMAGE, "connection: close", f"content-length: {len(BODY)}") + BODY.encode()

SENT: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 0),
    "half a head": (CREATE[:40], 0),
    "half a body": (BEGUN, 0),
    "a query": (head("GET", IMAGE), 1),
    "a create": (CREATE, 1),
    "the last of a connection": (LAST, 1),
    "two at once": (CREATE + head("GET", "/_mock/health"), 2),
    "what the application answers": (head("GET", "/_mock/health"), 1),
    "what is not read to its end": (CREATE * 40, 1),
    "an offer to upgrade": (head("GET", IMAGE, "connection: upgrade", "upgrade: h2c"), 1),
    "what is no request": (b"\x16\x03 hello\r\n\r\n", 1),
    "a head that is too large": (head("GET", IMAGE, "x: " + "a" * 70_000), 1),
}
"""What a client sends before it hangs up, and how many answers it reads."""


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize(("content", "count"), SENT.values(), ids=SENT)
def test_a_connection_that_has_ended_is_not_garbage(
    monkeypatch: pytest.MonkeyPatch, content: bytes, count: int
) -> None:
    gone = threading.Event()
    begin = Protocol.connection_made

    def watched(protocol: Protocol, transport: object) -> None:
        weakref.finalize(protocol, gone.set)
        begin(protocol, transport)  # type: ignore[arg-type] # it is the loop's

    monkeypatch.setattr(Protocol, "connection_made", watched)
    with live(seed=1) as server:
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), PATIENCE) as connection:
            connection.sendall(content)
            answers(connection, count)
        assert gone.wait(PATIENCE)
