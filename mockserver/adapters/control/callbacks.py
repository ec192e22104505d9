"""What the control API does with callbacks."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request

from mockserver.adapters.control import views
from mockserver.adapters.control.body import Refusal
from mockserver.adapters.control.paging import account_of, holds, page
from mockserver.adapters.http.callbacks import CallbackSender
from mockserver.fake.core import Fake
from mockserver.types import JSON


class Callbacks:
    """The operations ``callbacks.…`` of the description."""

    def __init__(self, fake: Fake, sender: CallbackSender, patience_seconds: float) -> None:
        """An answer waits so long for receivers of callbacks that do not answer."""
        self._fake, self._sender, self._patience_seconds = fake, sender, patience_seconds

    def list(self, request: Request) -> JSON:
        """Show callbacks, the newest first."""
        wanted, account = request.query_params, account_of(self._fake, request)
        found = (
            delivery
            for delivery in reversed(self._fake.callbacks)
            if wanted.get("task") in (None, delivery.task_id)
            and wanted.get("service") in (None, delivery.service)
            and account in (None, delivery.account)
            and holds(wanted.get("search"), delivery.id, delivery.task_id, delivery.url)
        )
        return page(request, found, lambda delivery: views.callback(self._fake, delivery))

    async def send(self, request: Request) -> JSON:
        """Send a callback once more, and wait for what becomes of it."""
        id = request.path_params["id"]
        sent = await to_thread.run_sync(self._fake.callbacks.send_again, id)
        if sent is None:
            raise Refusal(f"there is no callback {id!r}, or its task was forgotten.", 404)
        await self._sender.settle(self._patience_seconds)
        found = await to_thread.run_sync(self._fake.callbacks.get, id)
        return await to_thread.run_sync(views.callback, self._fake, found or sent)
