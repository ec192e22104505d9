"""The transport: sends a request exactly as it is, and returns the answer, or why there is none.

What carries the requests and what tells the time are handed in, so that a fake in this process can be judged without a
socket and without waiting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.kit.server.spending.budget import Time
from mockserver.types import Millis, Request, Response

if TYPE_CHECKING:
    import httpx

_PATIENCE_MILLIS: Millis = 60_000
"""An answer that takes longer is none: few clients would wait for it."""

_LARGEST_BYTES = 512 << 20
"""A server that sends without end must not fill the memory. No result comes near this size."""


class Transport:
    """An HTTP client that neither follows redirects nor mends anything."""

    def __init__(self, client: httpx.Client, clock: Time) -> None:
        self._client, self._clock = client, clock

    def send(self, request: Request) -> tuple[Response | None, str | None]:
        """Return the answer, or ``None`` and what came instead of it."""
        import httpx

        target = request.path + (f"?{request.query}" if request.query else "")
        end = self._clock.now() + _PATIENCE_MILLIS
        chunks: list[bytes] = []
        size = 0
        try:
            url = httpx.URL(request.base_url).copy_with(raw_path=target.encode("ascii"))
            sent = httpx.Request(request.method, url, headers=dict(request.headers), content=request.body or None)
            answer = self._client.send(sent, stream=True)
            try:
                for chunk in answer.iter_bytes():
                    chunks.append(chunk)
                    size += len(chunk)
                    if self._clock.now() > end or size > _LARGEST_BYTES:
                        return None, "the answer does not end"
            finally:
                answer.close()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return None, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, b"".join(chunks), headers), None
