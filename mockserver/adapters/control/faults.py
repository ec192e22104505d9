"""What the control API does with faults as a whole: profiles that are switched on and off, and what is held."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from anyio import to_thread
from starlette.requests import Request

from mockserver.adapters.control import views
from mockserver.adapters.control.body import Refusal
from mockserver.adapters.control.paging import number
from mockserver.adapters.http.callbacks import CallbackSender
from mockserver.fake.core import Fake
from mockserver.types import JSON


class Profiles:
    """The operations ``profiles.…`` of the description."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    def list(self, _: Request) -> JSON:
        """Show all profiles, and which are on."""
        return {"profiles": [views.profile(self._fake, each) for each in self._fake.profiles]}

    def start(self, request: Request, body: JSON) -> JSON:
        """Switch a profile on, for all or for one account."""
        name = request.path_params["name"]
        self._fake.profiles.start(name, account=body.get("account"))
        return next(views.profile(self._fake, each) for each in self._fake.profiles if each.name == name)

    def stop(self, request: Request) -> JSON:
        """Switch a profile off, for all or for one account."""
        self._fake.profiles.stop(request.path_params["name"], account=request.query_params.get("account"))
        return {"status": "ok"}


class Held:
    """The operations ``held.…`` of the description."""

    def __init__(self, fake: Fake, sender: CallbackSender, patience_seconds: float) -> None:
        """An answer waits so long for receivers of callbacks that do not answer."""
        self._fake, self._sender, self._patience_seconds = fake, sender, patience_seconds

    def list(self, _: Request) -> JSON:
        """Show what is held, the oldest first."""
        return {"held": [views.held(each) for each in self._fake.held]}

    async def release(self, request: Request) -> JSON:
        """Release one answer or callback; a callback has arrived then."""
        wanted = number(request.path_params["number"])
        found = await self._released(partial(self._fake.held.release, wanted))
        if not found["released"]:
            raise Refusal(f"nothing is held under the number {wanted}: it was released, or its client has left.", 404)
        return found

    async def release_all(self, _: Request, body: JSON) -> JSON:
        """Release everything, or what an account has."""
        return await self._released(partial(self._fake.held.release, account=body.get("account")))

    async def _released(self, release: Callable[[], int]) -> JSON:
        count = await to_thread.run_sync(release)
        await self._sender.settle(self._patience_seconds)
        return {"status": "ok", "released": count}
