"""Server-sent events: the state of the fake whenever it changes, at most ten times a second."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import StreamingResponse

from mockserver.adapters.control.probes import is_stopping
from mockserver.errors import StoreUnavailable
from mockserver.fake.core import Fake
from mockserver.types import JSON

_PAUSE_SECONDS = 0.1
"""The time between two looks at the state: short enough to seem immediate on the dashboard."""

_SILENCE_SECONDS = 15.0
"""The longest time without an event: proxies cut connections that are silent for half a minute or longer."""


def state(fake: Fake) -> dict[str, JSON]:
    """Return counts and versions; a part has changed if its version is another than before."""
    fake.learn()
    world, faults, held = fake.world, list(fake.world.faults), [each.number for each in fake.held]
    return {
        "now": fake.clock.now(),
        "is_frozen": fake.clock.is_frozen,
        "clock": {"version": fake.clock.version},
        "tasks": {"total": len(world.tasks), "version": world.tasks.version},
        "requests": {
            "total": len(world.journal),
            "forgotten": world.journal.forgotten,
            "version": world.journal.version,
        },
        "callbacks": {
            "total": world.callbacks.total,
            "pending": len(world.callbacks),
            "version": world.callbacks.version,
        },
        "faults": {
            "total": len(faults),
            "version": f"{world.faults.version}/{sum(happened for _, _, happened in faults)}",
        },
        "held": {"total": len(held), "version": f"{len(held)}/{held[-1] if held else 0}"},
        "settings": {"version": world.version},
    }


def _seen(fake: Fake) -> dict[str, JSON]:
    try:
        return state(fake)
    except StoreUnavailable as error:
        return {"now": fake.clock.now(), "unavailable": str(error)}


async def events(fake: Fake, request: Request) -> StreamingResponse:
    """Answer with the state now, and again after each change.

    While the store is ``unavailable`` there is only the reason.
    """

    async def stream() -> AsyncIterator[bytes]:
        said, silent = "", 0.0
        while not await request.is_disconnected() and not is_stopping(request):
            now = await to_thread.run_sync(_seen, fake)
            text = json.dumps({name: value for name, value in now.items() if name != "now"})
            if text != said or silent >= _SILENCE_SECONDS:
                said, silent = text, 0.0
                yield f"data: {json.dumps(now)}\n\n".encode()
            await asyncio.sleep(_PAUSE_SECONDS)
            silent += _PAUSE_SECONDS

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"cache-control": "no-store"})
