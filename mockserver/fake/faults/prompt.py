"""Faults that a prompt asks for, for clients that can change nothing else.

``A cat [[mock: 1303 x2]]`` is refused twice and then accepted; ``[[mock: fail moderation after 40s]]`` makes the task
fail. The prompt itself is the key: when the same account sends it again, counting goes on from there.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from mockserver.contract.catalog import Operation, Service
from mockserver.fake.faults.fault import Faults
from mockserver.fake.faults.line import fault
from mockserver.types import JSON, Payload

# A mark that is not closed matches, too, and is then left out: a search that began again behind each "[[mock:" of a
# prompt full of them would take minutes.
_MARK = re.compile(r"\[\[\s*+mock:([^\]]*+)(\]\])?")
_MOST_PROMPTS = 10_000
"""Prompts whose counts are kept, so that a long run does not fill the memory; the oldest go."""


class PromptFaults:
    """The faults of each prompt that asks for any."""

    def __init__(self) -> None:
        self._faults: OrderedDict[tuple[str, str, str], Faults] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._faults)

    def of(
        self, operation: Operation, account: str, payload: Payload, services: Mapping[str, Service]
    ) -> Faults | None:
        """Return the faults that the prompt of a payload asks for. Raises ``BadFault``."""
        prompt: JSON = payload.get(operation.task.get("prompt", ""))
        if not isinstance(prompt, str) or "[[" not in prompt:
            return None
        key = operation.service, account, prompt
        if key not in self._faults:
            lines = [line.strip() for line, end in _MARK.findall(prompt) if end]
            if not lines:
                return None
            faults = Faults()
            for line in lines:
                found = fault(line, services)
                operation_id = found.operation or (operation.id if found.stage in ("request", "answer") else None)
                faults.add(replace(found, operation=operation_id))
            self._faults[key] = faults
            while len(self._faults) > _MOST_PROMPTS:
                self._faults.popitem(last=False)
        return self._faults[key]

    def __iter__(self) -> Iterator[tuple[str, str, str, Faults]]:
        """Yield the service, the account and the prompt with its faults, the oldest first."""
        return iter([(*key, faults) for key, faults in self._faults.items()])

    def put(self, service: str, account: str, prompt: str, faults: Faults) -> None:
        """Let a prompt go on with faults that it had before."""
        self._faults[service, account, prompt] = faults

    def clear(self, account: str | None = None) -> None:
        """Forget the prompts and their counts, of all accounts or of one."""
        for key in [key for key in self._faults if account in (None, key[1])]:
            del self._faults[key]
