"""Faults: what goes wrong on purpose, for whom, and how often.

A fault is one line of text, in one of three places: ``--fault``, the control API, and a prompt (``[[mock: …]]``)::

    NAME [ARGUMENT…] [xTIMES] [#NTH] [PERCENT%] [on SERVICE[/OPERATION]] [for ACCOUNT]

``1303 x2`` refuses twice with code 1303; ``truncated #3 on kling/omni-image.get`` cuts the third answer to a query.
``answers`` and ``tasks`` hold the kinds of fault, one function each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import count
from random import Random
from typing import Literal

from mockserver.errors import BadSetting, MockserverError
from mockserver.fake.verification import matches
from mockserver.types import JSON, Payload

Stage = Literal["request", "answer", "task", "result", "callback"]

_TIMES = re.compile(r"x([1-9][0-9]{0,5})", re.ASCII)
_NTH = re.compile(r"#([1-9][0-9]{0,5})", re.ASCII)
_CHANCE = re.compile(r"([0-9]{1,2}(?:\.[0-9]+)?|100)%", re.ASCII)


class BadFault(BadSetting):
    """A line that is not a fault; the text says what to write instead."""

    option = "--fault"

    def __init__(self, sentence: str) -> None:
        MockserverError.__init__(self, sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong on purpose.

    * ``name`` and ``arguments``: what happens
    * ``stage``: when it happens in the life of a request or a task
    * ``services``, ``operation``, ``account``, ``path`` (may contain ``*``), ``where`` (a pattern of the payload): what
      it happens to; no services means all
    * ``nth``: only the nth time that it could happen; ``chance``: the probability, from 0 to 1
    * ``times``: how often in all; ``None`` means until the fault is removed
    """

    name: str
    stage: Stage
    arguments: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    operation: str | None = None
    account: str | None = None
    path: str | None = None
    where: Mapping[str, JSON] = field(default_factory=dict)
    nth: int | None = None
    chance: float | None = None
    times: int | None = None

    def __str__(self) -> str:
        """Return the line that asks for it, but for the account, which is a secret."""
        parts = [self.name, *self.arguments]
        parts += [f"x{self.times}"] if self.times else []
        parts += [f"#{self.nth}"] if self.nth else []
        parts += [f"{Decimal(repr(self.chance)).scaleb(2):f}%"] if self.chance is not None else []
        on = self.operation or (self.services[0] if len(self.services) == 1 else None)
        return " ".join([*parts, *([f"on {on}"] if on else [])])


@dataclass(frozen=True, slots=True)
class Target:
    """What a fault could happen to: a request, a task, a result or a callback."""

    service: str
    operation: str | None
    account: str | None
    path: str
    payload: Payload


@dataclass(slots=True)
class _Count:
    """How often a fault could have happened, and how often it did."""

    possible: int = 0
    happened: int = 0


class Faults:
    """The faults that are in force, each with a number, in the order in which they were added."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = Random(seed)
        self._numbers = count(1)
        self._faults: dict[int, tuple[Fault, _Count]] = {}
        self.version = 0

    def __iter__(self) -> Iterator[tuple[int, Fault, int]]:
        """Yield each fault with its number and how often it has happened."""
        return iter([(number, fault, counted.happened) for number, (fault, counted) in self._faults.items()])

    def __bool__(self) -> bool:
        return bool(self._faults)

    def counted(self) -> Iterator[tuple[Fault, int, int]]:
        """Yield each fault with how often it could have happened, and how often it has."""
        return iter([(fault, counted.possible, counted.happened) for fault, counted in self._faults.values()])

    def add(self, fault: Fault, possible: int = 0, happened: int = 0) -> int:
        """Add a fault, and return its number; one that was in force before goes on counting from there."""
        number = next(self._numbers)
        self._faults[number] = fault, _Count(possible, happened)
        self.version += 1
        return number

    def remove(self, number: int) -> bool:
        """Remove a fault; ``False`` if no fault has that number."""
        self.version += 1
        return self._faults.pop(number, None) is not None

    def clear(self, account: str | None = None) -> None:
        """Remove all faults, or those for one account."""
        for number, fault, _ in self:
            if account in (None, fault.account):
                self.remove(number)

    def take(self, stage: Stage, target: Target) -> list[Fault]:
        """Return the faults that happen to a target now, and count them."""
        return [fault for fault, counted in self._faults.values() if self._happens(fault, counted, stage, target)]

    def _happens(self, fault: Fault, counted: _Count, stage: Stage, target: Target) -> bool:
        if fault.stage != stage or (fault.times is not None and counted.happened >= fault.times):
            return False
        if not _is_aimed_at(fault, target):
            return False
        counted.possible += 1
        if fault.nth is not None and counted.possible != fault.nth:
            return False
        if fault.chance is not None and self._random.random() >= fault.chance:
            return False
        counted.happened += 1
        self.version += 1
        return True


def _is_aimed_at(fault: Fault, target: Target) -> bool:
    if (fault.services and target.service not in fault.services) or fault.operation not in (None, target.operation):
        return False
    if fault.account not in (None, target.account):
        return False
    if fault.path is not None and not fnmatchcase(target.path, fault.path):
        return False
    return not fault.where or matches(dict(fault.where), target.payload)


@dataclass(frozen=True, slots=True)
class Words:
    """A fault's line, taken apart; the name is not looked up yet."""

    name: str
    arguments: tuple[str, ...]
    on: str | None
    account: str | None
    times: int | None
    nth: int | None
    chance: float | None

    @classmethod
    def parse(cls, line: str) -> Words:
        """Take a line apart. Raises ``BadFault``."""
        words = line.split()
        if not words:
            raise BadFault("the fault is empty. Write a name, such as 1303 or truncated.")
        found = cls(words[0], (), None, None, None, None, None)
        rest = iter(words[1:])
        for word in rest:
            if word in ("on", "for"):
                value = next(rest, None)
                if value is None:
                    follows = "a service or an operation" if word == "on" else "an account"
                    raise BadFault(f"{words[0]}: nothing follows {word!r}. Write {follows} after it.")
                found = replace(found, on=value) if word == "on" else replace(found, account=value)
            elif times := _TIMES.fullmatch(word):
                found = replace(found, times=int(times[1]))
            elif nth := _NTH.fullmatch(word):
                found = replace(found, nth=int(nth[1]))
            elif chance := _CHANCE.fullmatch(word):
                found = replace(found, chance=float(f"{chance[1]}e-2"))
            else:
                found = replace(found, arguments=(*found.arguments, word))
        return found
