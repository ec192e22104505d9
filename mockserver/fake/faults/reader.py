"""The reader of faults: from lines and names of profiles to faults, for what one fake serves and whom it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from mockserver.contract.catalog import Catalog
from mockserver.contract.service import Service
from mockserver.fake.faults.fault import Fault
from mockserver.settings import Settings


class Serving(Protocol):
    """What a fake serves, how, and what it calls accounts."""

    @property
    def services(self) -> Sequence[Service]: ...

    @property
    def catalog(self) -> Catalog: ...

    @property
    def settings(self) -> Settings: ...

    def known_as(self, token: str) -> str:
        """Return what the account of a token is called."""


class FaultReader:
    """Reads what asks for faults; what it needs for that is imported with the first."""

    def __init__(self, fake: Serving) -> None:
        self._fake = fake

    def fault(self, line: str, account: str | None = None, origin: str = "python") -> Fault:
        """Read a line that asks for a fault; ``origin`` is where it does. Raises ``BadFault``."""
        from mockserver.fake.faults.line import fault

        return self._scoped(fault(line, self._served(), origin), account)

    def profile(self, name: str, account: str | None = None) -> list[Fault]:
        """Return the faults of a profile. Raises ``NoSuchProfile``, and ``BadSetting`` if none of them can happen."""
        from mockserver.fake.faults.profiles import faults, profile

        found = faults(profile(name, self._fake.settings.profiles), self._served(), self._fake.catalog.services)
        return [self._scoped(each, account) for each in found]

    def check(self, settings: Settings) -> None:
        """Raise ``BadSetting`` for a profile of the settings with a line that is no fault."""
        if settings.profiles:
            from mockserver.fake.faults.profiles import check

            check(settings.profiles, self._fake.catalog.services)

    def _served(self) -> dict[str, Service]:
        return {service.id: service for service in self._fake.services}

    def _scoped(self, found: Fault, account: str | None) -> Fault:
        account = account or found.account
        return found if account is None else replace(found, account=self._fake.known_as(account))
