"""Faults that a prompt asks for, for clients that can change nothing else.

``A cat [[mock: 1303 x2]]`` is refused twice and then accepted; ``[[mock: fail moderation after 40s]]`` makes the task
fail. The prompt itself is the key: when the same account sends it again, counting goes on from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from mockserver.contract import places
from mockserver.contract.service import Operation, Service
from mockserver.fake.faults.fault import Fault, Happening, Hit, Stage, Target, chance, read, written
from mockserver.fake.faults.meant import is_word
from mockserver.fake.stores.store import SHARED, Documents, Kind
from mockserver.recent import ENTRY_LETTERS, MOST_LETTERS
from mockserver.types import JSON, Payload

# A mark that is not closed matches, too, and is then left out: a search that began again behind each "[[mock:" of a
# prompt full of them would take minutes.
_MARK = re.compile(r"\[\[\s*+mock:([^\]]*+)(\]\])?")


class Prompt(NamedTuple):
    """A prompt that asks for faults, whose it is, and how often each could have happened and did."""

    service: str
    account: str
    text: str
    faults: tuple[Happening, ...]


_PROMPTS: Kind[Prompt] = Kind(
    "prompts",
    lambda found: [*found[:3], [[written(each.fault), *each[1:]] for each in found.faults]],
    lambda found: Prompt(found[0], found[1], found[2], tuple(Happening(read(one), *two) for one, *two in found[3])),
    room=MOST_LETTERS,
    weigh=lambda _, found: ENTRY_LETTERS + sum(map(len, found[:3])),
    renews=True,
)

_ANY = "prompts"
"""The name under which all who share a store know whether any prompt has asked for a fault."""


class PromptFaults:
    """The faults of each prompt that asks for any, if ``are_any``."""

    def __init__(self, documents: Documents, seed: int | None = None) -> None:
        self._documents, self._seed = documents, seed
        self.are_any = False

    def learn(self) -> None:
        """Take note of whether any prompt asks for a fault, perhaps to others."""
        self.are_any = bool(self._documents.get(SHARED, _ANY))

    def take(
        self,
        stage: Stage,
        target: Target,
        operation: Operation,
        account: str,
        payload: Payload,
        services: Mapping[str, Service],
    ) -> list[Hit]:
        """Return the faults that happen to a target because the prompt of a payload asks for them, and count them.

        ``operation`` is the one that the payload is for. Raises ``BadFault``.
        """
        place = operation.task.get("prompt")
        text: JSON = None if place is None else places.first(place, payload)
        if not isinstance(text, str) or "[[" not in text:
            return []
        key = _key(operation.service, account, text)
        known = self._documents.get(_PROMPTS, key)
        prompt = known or Prompt(operation.service, account, text, _asked(text, operation, services))
        if not prompt.faults:
            return []
        met = [each.met(stage, target, partial(chance, self._seed, text)) for each in prompt.faults]
        after = prompt._replace(faults=tuple(happening for happening, _ in met))
        if after != known:
            self.put(after)
        return [Hit(happening.fault) for happening, is_hit in met if is_hit]

    def __iter__(self) -> Iterator[Prompt]:
        """Yield each prompt with its faults, the oldest first."""
        return iter([prompt for _, prompt in self._documents.oldest(_PROMPTS)])

    def put(self, prompt: Prompt) -> None:
        """Let a prompt go on with faults that it had before."""
        self._documents.put(_PROMPTS, _key(*prompt[:3]), prompt, prompt.account)
        if not self.are_any:
            self._documents.put(SHARED, _ANY, value=True)
            self.are_any = True

    def clear(self, account: str | None = None) -> None:
        """Forget the prompts and their counts, of all accounts or of one."""
        self._documents.forget(_PROMPTS, account)
        if self.are_any and not self._documents.count(_PROMPTS):
            self._documents.put(SHARED, _ANY, value=False)
            self.are_any = False


def _asked(text: str, operation: Operation, services: Mapping[str, Service]) -> tuple[Happening, ...]:
    from mockserver.fake.faults.line import fault

    lines = [line.strip() for line, end in _MARK.findall(text) if end and not is_word(line)]
    return tuple(Happening(_for_operation(fault(line, services), operation)) for line in lines)


def _for_operation(found: Fault, operation: Operation) -> Fault:
    is_of_request = found.stage in ("request", "answer")
    return replace(found, operation=found.operation or (operation.id if is_of_request else None), origin="prompt")


def _key(service: str, account: str, text: str) -> str:
    """Return a key of one length for prompts of any."""
    from hashlib import sha256  # as in ``hashed``

    return sha256(f"{service}\0{account}\0{text}".encode(errors="surrogatepass")).hexdigest()
