"""The roster: every check of a client, by its id, and the choice among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockserver.errors import NoSuchCheck
from mockserver.kit.client.checks import callbacks as calling_back
from mockserver.kit.client.checks import outcomes, results, wire
from mockserver.kit.client.checks import polling as waiting
from mockserver.kit.client.checks import retries as retrying
from mockserver.kit.client.checks.promise import ClientCheck
from mockserver.kit.verdict import Skipped

FAMILIES = (wire.CHECKS, waiting.CHECKS, outcomes.CHECKS, results.CHECKS, retrying.CHECKS, calling_back.CHECKS)

CHECKS: Mapping[str, ClientCheck] = {id: each for family in FAMILIES for id, each in family.items()}


def chosen(only: Sequence[str] = (), skip: Sequence[str] = ()) -> tuple[list[str], list[Skipped]]:
    """Return the checks to make, and those that the user left out; a family stands for its checks.

    Raises ``NoSuchCheck``.
    """
    known = {**CHECKS, **{each.check.family: each for each in CHECKS.values()}}
    for name in (*only, *skip):
        if name not in known:
            raise NoSuchCheck(name, known)
    names = {id: {id, each.check.family} for id, each in CHECKS.items()}
    left = {id: "left out by --skip" for id in CHECKS if names[id] & {*skip}}
    left |= {id: "not among --only" for id in CHECKS if only and not names[id] & {*only}}
    return [id for id in CHECKS if id not in left], [Skipped(id, reason) for id, reason in left.items()]
