"""Checks: pure functions from what was seen to what is wrong with it, each registered by one decorator.

Both judges use this module. A check is a function in a family; its name is its id, its docstring the promise::

    WAITING = Family[Evidence, str]("waiting")

    @WAITING.check("plain", why="A task that has not ended has no result.", source="kling 2.2")
    def waits_for_the_end(evidence: Evidence) -> Iterator[str]:
        \"\"\"The client treats submitted and processing as not done, and not as failed.\"\"\"
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from mockserver.errors import NoSuchCheck

Severity = Literal["error", "warning"]

E = TypeVar("E")
"""What a check looks at."""

F = TypeVar("F")
"""What it yields for each fault."""


def _nothing(_: Any) -> Iterable[Any]:
    return ()


@dataclass(frozen=True, slots=True)
class Check(Generic[E, F]):
    """One promise, and the function that finds out whether it is kept.

    * ``id``: kebab-case, ``task-id-is-text``; the name for ``--only``, ``--skip`` and a baseline
    * ``family``: its group in a report: wire, lifecycle, retry …
    * ``documented``: the promise, in one sentence
    * ``why``: what goes wrong if it is broken, and for whom
    * ``source``: where the promise comes from
    * ``scenarios``: the names of the scenarios that show whether it is kept
    * ``find``: yields what is wrong; raises ``NothingToJudge``
    """

    id: str
    family: str
    severity: Severity
    documented: str
    why: str
    source: str
    scenarios: tuple[str, ...] = ()
    find: Callable[[E], Iterable[F]] = field(default=_nothing, repr=False, compare=False)


AnyCheck = Check[Any, Any]
"""A check, for reports, which need not know what it looks at."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A check that was not made, and why."""

    check: str
    reason: str


class NothingToJudge(Exception):
    """The evidence has nothing that a check could judge; the text says why."""


class Family(Generic[E, F]):
    """The checks of one kind, by id, in the order of their module."""

    def __init__(self, name: str, *scenarios: str) -> None:
        """``scenarios`` are the names of the scenarios for each check that names none itself."""
        self.name, self._scenarios = name, scenarios
        self.checks: dict[str, Check[E, F]] = {}

    def check(
        self, *scenarios: str, why: str, source: str, severity: Severity = "error"
    ) -> Callable[[Callable[[E], Iterable[F]]], Callable[[E], Iterable[F]]]:
        """Return a decorator that registers a function as a check: its name is the id, its docstring the promise.

        ``scenarios``, ``why``, ``source`` and ``severity`` are those of the ``Check``.
        """

        def register(find: Callable[[E], Iterable[F]]) -> Callable[[E], Iterable[F]]:
            id, promise = find.__name__.replace("_", "-"), " ".join((find.__doc__ or "").split())
            self.add(Check(id, self.name, severity, promise, why, source, scenarios, find))
            return find

        return register

    def add(self, check: Check[E, F]) -> None:
        """Register a check whose function serves several checks."""
        scenarios = check.scenarios or self._scenarios
        self.checks[check.id] = Check(
            check.id, self.name, check.severity, check.documented, check.why, check.source, scenarios, check.find
        )


def select(
    checks: Mapping[str, Check[E, F]], only: Sequence[str] = (), skip: Sequence[str] = ()
) -> tuple[tuple[Check[E, F], ...], tuple[Skipped, ...]]:
    """Return the checks to make, and those that the user left out, with the reason.

    The names in ``only`` and ``skip`` are those of checks or of families. Raises ``NoSuchCheck``.
    """
    families = {check.family for check in checks.values()}
    for name in (*only, *skip):
        if name not in checks and name not in families:
            raise NoSuchCheck(name, [*checks, *sorted(families)])
    kept, left_out = [], []
    for check in checks.values():
        names = {check.id, check.family}
        if names & {*skip}:
            left_out.append(Skipped(check.id, "left out by --skip"))
        elif only and not names & {*only}:
            left_out.append(Skipped(check.id, "not among --only"))
        else:
            kept.append(check)
    return tuple(kept), tuple(left_out)
