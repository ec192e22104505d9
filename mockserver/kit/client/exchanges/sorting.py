"""Sorting: what of all that reached a fake is judged, what means to be refused, and what only the real service has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from mockserver.kit.client.exchanges.places import (
    Tasks,
    is_for_another,
    is_stranger,
    layout,
    misplaced,
    other_host,
    service,
    unserved_path,
)
from mockserver.kit.task_view import TaskView, at, task_views
from mockserver.kit.transcript import Exchange

NO_HOST = "refused, because they are no hosts of this fake (--pass HOST lets one out)"
"""The fact that names other hosts."""

_MOST_NAMES = 40
"""Names in one figure: all operations and rules of a usual run, but not each path that a scanner asks for."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """All exchanges with the fake, sorted.

    * ``judged``: those that are judged
    * ``looks``: the methods and paths by which somebody looked whether a server is there
    * ``unserved``: the paths of those that only the real service answers, with their methods
    * ``meant``: the refusals that were meant, and ``accepted``: what means to be refused and never was
    * ``elsewhere``: the other hosts that were asked for, and refused
    * ``forgotten``: how many there were besides, of which nothing is known any more
    """

    judged: tuple[Exchange, ...]
    looks: tuple[str, ...]
    unserved: tuple[str, ...]
    meant: tuple[Exchange, ...]
    accepted: tuple[Exchange, ...]
    elsewhere: tuple[str, ...]
    forgotten: int

    @classmethod
    def of(cls, exchanges: Iterable[Exchange], forgotten: int, prefixes: Sequence[str]) -> Self:
        """Sort exchanges; the fake served under ``prefixes``, too."""
        judged: list[Exchange] = []
        looks, meant, accepted, others = [], [], [], []
        for each in exchanges:
            if is_for_another(each):
                others.append(other_host(each))
            elif each.refusal_meant_by is not None and _is_refused(each):
                meant.append(each)
            elif is_stranger(each) and unserved_path(each, prefixes) is None:
                looks.append(f"{each.request.method} {each.request.path}")
            else:
                judged.append(each)
                if each.refusal_meant_by is not None and each.status is not None:
                    accepted.append(each)
        refused = {_meaning(each) for each in meant}
        never = tuple(each for each in accepted if _meaning(each) not in refused)
        tasks = Tasks.seen_in(judged)
        unserved = tuple(
            f"{each.request.method} {path}"
            for each in judged
            if (path := unserved_path(each, prefixes)) is not None and misplaced(each, tasks, prefixes) is None
        )
        return cls(tuple(judged), tuple(looks), unserved, tuple(meant), never, tuple(others), forgotten)

    @property
    def only_real(self) -> str:
        """What came for the real service alone, in words."""
        many = f"{len(self.unserved)} request{'s' if len(self.unserved) > 1 else ''}"
        return f"{many} to paths of the service that this fake does not serve ({counted(self.unserved)})"

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield the figures of a report."""
        known = (*self.judged, *self.meant)
        yield "exchanges", str(len(known) + len(self.looks))
        if self.forgotten:
            yield "exchanges forgotten", f"{self.forgotten}: there was no more room for them"
        named = [each.operation or "no path of this fake" for each in known]
        yield "operations", counted(named) or "none"
        rules = (
            f"{str(each.operation).removesuffix('.create')} {violation['rule']} ({violation['level']})"
            for each in self.judged
            for violation in each.violations
        )
        yield "rules broken", counted(rules) or "none"
        if self.meant:
            yield "refusals that were meant", str(len(self.meant))
        if self.accepted:
            yield "accepted, although a refusal was meant", counted(str(each.operation) for each in self.accepted)
        if self.unserved:
            yield "not judged", self.only_real
        if self.elsewhere:
            yield NO_HOST, counted(self.elsewhere)
        if self.looks:
            yield "not judged, because no client of a service asks so", counted(self.looks)


def counted(names: Iterable[str]) -> str:
    """Return names with how often each comes."""
    counts = sorted(Counter(names).items())
    more = f" and {len(counts) - _MOST_NAMES} others" if len(counts) > _MOST_NAMES else ""
    return ", ".join(f"{name} {count}" for name, count in counts[:_MOST_NAMES]) + more


def _is_refused(exchange: Exchange) -> bool:
    """Whether an answer is an error, also one that comes with HTTP 200."""
    if exchange.status is None:
        return False
    of, body = layout(service(exchange)), exchange.received
    code = at(body, of.error_code) if of.error_code is not None and exchange.operation is not None else None
    # Some say with a code of their own that all is well, and then show a task.
    is_odd = code not in (None, 0) and TaskView.of(body, of) is None and not task_views(body, of)
    return exchange.status >= 400 or is_odd


def _meaning(exchange: Exchange) -> tuple[object, ...]:
    """Return what a mark is about: by its name a whole account, and otherwise this request, however often it comes."""
    request = exchange.request
    rest = () if exchange.refusal_meant_by == "name" else (request.method, request.path, request.body)
    return exchange.refusal_meant_by, exchange.whose, *rest
