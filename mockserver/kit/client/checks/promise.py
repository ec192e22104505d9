"""The shape of a check of a client, and the list of a module's checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mockserver.kit.client.evidence import Act
from mockserver.kit.verdict import Check, Severity

Judge = Callable[[Act], Iterator[str]]
"""Yields what was seen instead of what is documented."""


@dataclass(frozen=True, slots=True)
class ClientCheck:
    """A check, the scenes it is made in, and the function that makes it."""

    check: Check
    scenes: tuple[str, ...]
    judge: Judge


class Checks(dict[str, ClientCheck]):
    """The checks of one family, by id; calling it puts the function that follows into it."""

    def __init__(self, family: str) -> None:
        super().__init__()
        self.family = family

    def __call__(
        self, *scenes: str, why: str, source: str = "clients in the wild", severity: Severity = "error"
    ) -> Callable[[Judge], Judge]:
        """Return a decorator; the function's name is the check's id, its docstring the promise."""

        def listed(judge: Judge) -> Judge:
            id = judge.__name__.replace("_", "-")
            promise = " ".join((judge.__doc__ or "").split())
            self[id] = ClientCheck(Check(id, self.family, severity, promise, why, source), scenes, judge)
            return judge

        return listed
