"""What the control API does with faults as a whole: profiles that are switched on and off."""

from __future__ import annotations

from starlette.requests import Request

from mockserver.adapters.control import views
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
