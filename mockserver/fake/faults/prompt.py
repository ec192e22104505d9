"""Spells: faults asked for in a prompt, for clients that can reach nothing else.

``A cat [[mock: 1303 x2]]`` is refused twice and then accepted; ``[[mock: fail moderation after 40s]]`` makes the task
fail. The prompt itself is the key: the same prompt of the same account goes on counting where it was.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace

from mockserver.contract.catalog import Operation, Service
from mockserver.fake.faults.fault import Faults
from mockserver.fake.faults.line import fault
from mockserver.types import JSON, Payload

# One that is not closed is taken, too, and then left out: a search that began again behind each "[[mock:" of a prompt
# full of them would take minutes.
_SPELL = re.compile(r"\[\[\s*+mock:([^\]]*+)(\]\])?")
_KEPT = 10_000


class Spells:
    """The faults of each prompt that has any."""

    def __init__(self) -> None:
        self._cast: OrderedDict[tuple[str, str, str], Faults] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._cast)

    def of(
        self, operation: Operation, account: str, payload: Payload, services: Mapping[str, Service]
    ) -> Faults | None:
        """Return the faults that the prompt of a payload asks for. Raises ``BadFault`` for one misspelt."""
        prompt: JSON = payload.get(operation.task.get("prompt", ""))
        if not isinstance(prompt, str) or "[[" not in prompt:
            return None
        key = operation.service, account, prompt
        if key not in self._cast:
            lines = [line.strip() for line, end in _SPELL.findall(prompt) if end]
            if not lines:
                return None
            cast = Faults()
            for line in lines:
                found = fault(line, services)
                meant = found.operation or (operation.id if found.stage in ("request", "answer") else None)
                cast.add(replace(found, operation=meant))
            self._cast[key] = cast
            while len(self._cast) > _KEPT:
                self._cast.popitem(last=False)
        return self._cast[key]

    def clear(self, account: str | None = None) -> None:
        """Forget how often each has struck, of all accounts or of one."""
        for key in [key for key in self._cast if account in (None, key[1])]:
            del self._cast[key]
