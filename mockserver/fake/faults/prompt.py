"""Faults that a prompt asks for, for clients that can change nothing else.

``A cat [[mock: 1303 x2]]`` is refused twice and then accepted; ``[[mock: fail moderation after 40s]]`` makes the task
fail. The prompt itself is the key: when the same account sends it again, counting goes on from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from mockserver.contract.catalog import Operation, Service
from mockserver.fake.faults.fault import Faults
from mockserver.fake.faults.line import fault
from mockserver.fake.faults.meant import is_word
from mockserver.recent import Recent
from mockserver.types import JSON, Payload

# A mark that is not closed matches, too, and is then left out: a search that began again behind each "[[mock:" of a
# prompt full of them would take minutes.
_MARK = re.compile(r"\[\[\s*+mock:([^\]]*+)(\]\])?")


class PromptFaults:
    """The faults of each prompt that asks for any."""

    def __init__(self) -> None:
        self._faults: Recent[Faults] = Recent()

    def __bool__(self) -> bool:
        return len(self._faults) > 0

    def of(
        self, operation: Operation, account: str, payload: Payload, services: Mapping[str, Service]
    ) -> Faults | None:
        """Return the faults that the prompt of a payload asks for. Raises ``BadFault``."""
        prompt: JSON = payload.get(operation.task.get("prompt", ""))
        if not isinstance(prompt, str) or "[[" not in prompt:
            return None
        key = operation.service, account, prompt
        faults = self._faults.get(key)
        if faults is None:
            lines = [line.strip() for line, end in _MARK.findall(prompt) if end and not is_word(line)]
            if not lines:
                return None
            faults = Faults()
            for line in lines:
                found = fault(line, services)
                operation_id = found.operation or (operation.id if found.stage in ("request", "answer") else None)
                faults.add(replace(found, operation=operation_id))
            self._faults.set(key, faults)
        return faults

    def __iter__(self) -> Iterator[tuple[str, str, str, Faults]]:
        """Yield the service, the account and the prompt with its faults, the oldest first."""
        return iter([(service, account, prompt, faults) for (service, account, prompt), faults in self._faults.items()])

    def put(self, service: str, account: str, prompt: str, faults: Faults) -> None:
        """Let a prompt go on with faults that it had before."""
        self._faults.set((service, account, prompt), faults)

    def clear(self, account: str | None = None) -> None:
        """Forget the prompts and their counts, of all accounts or of one."""
        self._faults.forget(lambda key: account in (None, key[1]))
