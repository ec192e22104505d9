"""What a fake begins with: the faults and profiles of its settings, added once for all who share a store."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mockserver.fake.faults.fault import PROFILE, Fault, Faults, Happening
from mockserver.fake.faults.reader import FaultReader
from mockserver.fake.intake.auth import hashed
from mockserver.fake.stores.store import SHARED, Documents
from mockserver.settings import Settings

_BEGUN = "begun"
"""The name of what all who share a store know of the faults that it began with."""


class Begun:
    """The faults that a fake begins with."""

    def __init__(self, documents: Documents, settings: Settings, reader: FaultReader) -> None:
        """Raises ``BadSetting`` for a profile of the settings that is wrong."""
        reader.check(settings)
        self._documents, self._reader = documents, reader
        lines = {f"{number} {line}": partial(self._line, line) for number, line in enumerate(settings.faults)}
        profiles = {
            f"{PROFILE}{name} {settings.profiles.get(name, ())}": partial(reader.profile, name)
            for name in settings.profile
        }
        self._asked: dict[str, Callable[[], list[Fault]]] = {
            hashed(name): read for name, read in {**lines, **profiles}.items()
        }

    def add_to(self, faults: Faults) -> None:
        """Add the faults, unless the store had them before: of several fakes one adds them.

        A store that has lost all that it held begins once more. Raises ``BadSetting``, and then none was added.
        """
        begun: list[str] = (self._documents.get(SHARED, _BEGUN) or []) if self._asked else []
        new = {digest: read() for digest, read in self._asked.items() if digest not in begun}
        for fault in (fault for found in new.values() for fault in found):
            faults.add(Happening(fault))
        if new:
            self._documents.put(SHARED, _BEGUN, [*begun, *new])

    def _line(self, line: str) -> list[Fault]:
        return [self._reader.fault(line, origin="option")]
