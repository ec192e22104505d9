"""The poster of callbacks: one pooled client, which goes only where callbacks may go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.adapters.http.connector import connector, target
from mockserver.destinations import RefusedDestination
from mockserver.errors import BadSetting, unexpected
from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.core import Fake

if TYPE_CHECKING:
    import aiohttp

CALLBACK = "mockserver-callback"
"""The header that every callback of a fake carries; the guard of each fake refuses it."""

PATIENCE_SECONDS = 10.0
"""How long a receiver may take to answer; the real figure is documented nowhere."""


class Poster:
    """Posts callbacks over at most so many ``connections``. The client is made with the first callback."""

    def __init__(self, fake: Fake, connections: int) -> None:
        self._fake, self._connections = fake, connections
        self._client: aiohttp.ClientSession | None = None

    @property
    def is_closed(self) -> bool:
        """Whether no connection is open, and none is kept."""
        return self._client is None or self._client.closed

    async def close(self) -> None:
        """Let go of all connections."""
        if self._client is not None:
            await self._client.close()

    async def post(self, delivery: Delivery) -> tuple[int | None, str | None]:
        """Return the status of the receiver's answer, or what went wrong. Redirects are not followed.

        Raises ``RefusedDestination``.
        """
        import aiohttp

        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=connector(lambda: self._fake.world.destinations, self._connections),
                timeout=aiohttp.ClientTimeout(total=PATIENCE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        try:
            headers = {
                "content-type": "application/json; charset=utf-8",
                CALLBACK: delivery.id,
                **self._fake.signature(delivery),
            }
            url = target(delivery.url, self._fake.world.destinations)
            async with self._client.post(url, data=delivery.body, headers=headers, allow_redirects=False) as response:
                return response.status, None
        except RefusedDestination:
            raise
        except TimeoutError:
            return None, f"no answer within {PATIENCE_SECONDS:g} s"
        except IndexError:  # yarl raises it for empty brackets
            return None, f"InvalidURL: {delivery.url}"
        except (aiohttp.ClientError, OSError, ValueError, BadSetting) as error:
            return None, f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - a client's URL decides what is raised here; the attempt has failed
            unexpected(error, f"failed to send a callback of task {delivery.task_id}")
            return None, f"{type(error).__name__}: {error}"
