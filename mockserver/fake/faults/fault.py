"""Faults: what goes wrong on purpose, for whom, and how often.

A fault is one line of text, in one of three places: ``--fault``, the control API, and a prompt (``[[mock: …]]``)::

    NAME [ARGUMENT…] [xTIMES] [#NTH] [PERCENT%] [on SERVICE[/OPERATION]] [for ACCOUNT]

``1303 x2`` refuses twice with code 1303; ``truncated #3 on kling/omni-image.get`` cuts the third answer to a query;
``1301 10% on *.create`` refuses one create in ten at each service that has such an error.
``answers`` and ``tasks`` hold the kinds of fault, one function each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, asdict, field, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import partial
from random import Random
from typing import Any, Literal, NamedTuple

from mockserver.errors import BadSetting, MockserverError
from mockserver.fake.stores.store import SHARED, Kind, Store
from mockserver.types import JSON, Payload, value

Stage = Literal["request", "answer", "task", "result", "callback"]

PROFILE = "profile "
"""Begins the origin of the faults of a profile; its name follows."""

_TIMES = re.compile(r"x([1-9][0-9]{0,5})", re.ASCII)
_NTH = re.compile(r"#([1-9][0-9]{0,5})", re.ASCII)
_CHANCE = re.compile(r"([0-9]{1,2}(?:\.[0-9]+)?|100)%", re.ASCII)


class BadFault(BadSetting):
    """A line that is not a fault; the text says what to write instead."""

    option = "--fault"

    def __init__(self, sentence: str) -> None:
        MockserverError.__init__(self, sentence)
        self.sentence = sentence


@value
class Fault:
    """One thing that goes wrong on purpose.

    * ``name`` and ``arguments``: what happens
    * ``stage``: when it happens in the life of a request or a task
    * ``services``, ``operation`` and ``path`` (both may contain ``*``), ``account``, ``where`` (a pattern of the
      payload): what it happens to; no services means all
    * ``nth``: only the nth time that it could happen; ``chance``: the probability, from 0 to 1
    * ``times``: how often in all; ``None`` means until the fault is removed
    * ``origin``: where it was asked for: ``option``, ``control``, ``prompt``, ``python`` or ``profile NAME``
    """

    _: KW_ONLY
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
    origin: str = "python"

    def __str__(self) -> str:
        """Return the line that asks for it, but for the account, which is a secret."""
        parts = [self.name, *self.arguments]
        parts += [f"x{self.times}"] if self.times else []
        parts += [f"#{self.nth}"] if self.nth else []
        parts += [f"{Decimal(repr(self.chance)).scaleb(2):f}%"] if self.chance is not None else []
        on = self.operation or (self.services[0] if len(self.services) == 1 else None)
        return " ".join([*parts, *([f"on {on}"] if on else [])])


@value
class Target:
    """What a fault could happen to: a request, a task, a result or a callback."""

    service: str
    operation: str | None
    account: str | None
    path: str
    payload: Payload


class Hit(NamedTuple):
    """A fault that happens now; ``number`` is that under which it is in force, if it is not in a prompt."""

    fault: Fault
    number: int | None = None


class Happening(NamedTuple):
    """A fault, how often it could have happened, and how often it did."""

    fault: Fault
    possible: int = 0
    happened: int = 0

    def met(self, stage: Stage, target: Target, chance: Callable[[int], float]) -> tuple[Happening, bool]:
        """Return it after something came by that it could happen to, and whether it happens to that.

        ``chance`` is a number from 0 to 1, decided by how often the fault could have happened.
        """
        fault = self.fault
        if fault.stage != stage or (fault.times is not None and self.happened >= fault.times):
            return self, False
        if not _is_aimed_at(fault, target):
            return self, False
        possible = self.possible + 1
        is_hit = fault.nth in (None, possible) and (fault.chance is None or chance(possible) < fault.chance)
        return Happening(fault, possible, self.happened + is_hit), is_hit


_COUNTS: Kind[tuple[int, int]] = Kind("fault counts", list, lambda found: (found[0], found[1]))
"""How often a fault could have happened, and how often it did, by its number."""

_IN_FORCE = "faults"
"""The name of what all who share a store know of the faults that are in force."""


class Faults:
    """The faults that are in force, each with a number, in the order in which they were added; ``are_any`` is asked for
    each request.
    """

    def __init__(self, store: Store, seed: int | None = None) -> None:
        self._store, self._documents = store, store.documents
        self._seed = seed
        self._faults: dict[int, Fault] = {}
        self.are_any = False
        self.version = 0

    def learn(self) -> None:
        """Take note of what has been added and removed, perhaps by others."""
        found: list[JSON] = self._documents.get(SHARED, _IN_FORCE) or []
        faults = {number: read(fault) for number, fault in found}
        self.version += faults != self._faults
        self._faults, self.are_any = faults, bool(faults)

    def __iter__(self) -> Iterator[tuple[int, Fault, int]]:
        """Yield each fault with its number and how often it has happened."""
        return iter([(number, fault, self._counted(number)[1]) for number, fault in self._faults.items()])

    def counted(self) -> Iterator[Happening]:
        """Yield each fault with how often it could have happened, and how often it has."""
        return iter([Happening(fault, *self._counted(number)) for number, fault in self._faults.items()])

    def add(self, happening: Happening) -> int:
        """Add a fault, and return its number; one that was in force before goes on counting from there."""
        number = self._store.reserve(_IN_FORCE, 1, 1)
        self._share({**self._faults, number: happening.fault})
        if happening.possible:
            self._documents.put(_COUNTS, str(number), happening[1:])
        return number

    def ensure(self, fault: Fault) -> int:
        """Return the number of a fault that is in force already, or add it."""
        same = (number for number, each in self._faults.items() if _asked(each) == _asked(fault))
        return next(same, 0) or self.add(Happening(fault))

    def remove(self, number: int) -> bool:
        """Remove a fault; ``False`` if no fault has that number."""
        if number not in self._faults:
            return False
        self._share({other: fault for other, fault in self._faults.items() if other != number})
        self._documents.drop(_COUNTS, str(number))
        return True

    def clear(self, account: str | None = None, origin: str | None = None) -> None:
        """Remove all faults, or those for one account, or those of one origin."""
        kept = {
            number: fault
            for number, fault in self._faults.items()
            if account not in (None, fault.account) or origin not in (None, fault.origin)
        }
        for number in self._faults.keys() - kept.keys():
            self._documents.drop(_COUNTS, str(number))
        if len(kept) < len(self._faults):
            self._share(kept)

    def take(self, stage: Stage, target: Target) -> list[Hit]:
        """Return the faults that happen to a target now, and count them."""
        found = []
        for number, fault in self._faults.items():
            before = Happening(fault, *self._counted(number))
            after, is_hit = before.met(stage, target, partial(self._chance, number, fault))
            if after != before:
                self._documents.put(_COUNTS, str(number), after[1:])
                self.version += 1
            if is_hit:
                found.append(Hit(fault, number))
        return found

    def _chance(self, number: int, fault: Fault, possible: int) -> float:
        """Draw what decides a chance.

        A profile is drawn for by its lines: with a seed it strikes the same way each time that it is started.
        """
        name = f"{fault.origin}: {fault}" if fault.origin.startswith(PROFILE) else str(number)
        return chance(self._seed, name, possible)

    def _counted(self, number: int) -> tuple[int, int]:
        return self._documents.get(_COUNTS, str(number)) or (0, 0)

    def _share(self, faults: dict[int, Fault]) -> None:
        self._documents.put(SHARED, _IN_FORCE, [[number, written(fault)] for number, fault in faults.items()])
        self._faults, self.are_any = faults, bool(faults)
        self.version += 1


def _asked(fault: Fault) -> tuple[str, str | None, str]:
    """Return what was asked for; a fault that a snapshot has brought back may name other services."""
    return str(fault), fault.account, fault.origin


def chance(seed: int | None, name: str, possible: int) -> float:
    """Return a number from 0 to 1: with a seed always the same for the same fault and count."""
    return Random(None if seed is None else f"{seed} {name} {possible}").random()


def written(fault: Fault) -> JSON:
    """Return a fault as JSON, to be read again by ``read``."""
    return {**asdict(fault), "where": dict(fault.where)}


def read(found: dict[str, Any]) -> Fault:
    """Read what ``written`` returned."""
    return Fault(**{**found, "arguments": tuple(found["arguments"]), "services": tuple(found["services"])})


def _is_aimed_at(fault: Fault, target: Target) -> bool:
    if fault.services and target.service not in fault.services:
        return False
    if fault.operation is not None and not fnmatchcase(target.operation or "", fault.operation):
        return False
    if fault.account not in (None, target.account):
        return False
    if fault.path is not None and not fnmatchcase(target.path, fault.path):
        return False
    if not fault.where:
        return True
    from mockserver.fake.verification import matches

    return matches(dict(fault.where), target.payload)


@value
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
