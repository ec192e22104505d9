"""From a line that asks for a fault to the fault, and from a fault that strikes to its effect."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from email.utils import formatdate
from string import Formatter
from typing import Any

from mockserver.contract.catalog import Service
from mockserver.fake.faults import answers, tasks
from mockserver.fake.faults.fault import BadFault, Fault, Stage, Words
from mockserver.fake.faults.registry import Arguments
from mockserver.fake.refusal import Refused
from mockserver.types import Millis, Response

MISHAPS = {**answers.MISHAPS, **tasks.MISHAPS}
"""Everything that can go wrong; any row of a service's error table can, too."""


def fault(line: str, services: Mapping[str, Service]) -> Fault:
    """Read a line that asks for a fault. Raises ``BadFault``, with the nearest name if there is one."""
    words = Words.parse(line)
    chosen = _services(words.on, services)
    if words.name in MISHAPS:
        mishap = MISHAPS[words.name]
        mishap.make(words.arguments)
        stage: Stage = mishap.stage
        knowing = tuple(chosen) if words.on else ()
    else:
        stage = "request"
        knowing = tuple(id for id, service in chosen.items() if words.name in service.errors)
        if not knowing:
            raise BadFault(_unknown(words.name, chosen))
        retry_after(words.arguments)
    operation = words.on if words.on and "/" in words.on else None
    return Fault(
        name=words.name,
        stage=stage,
        arguments=words.arguments,
        services=knowing,
        operation=operation,
        account=words.account,
        nth=words.nth,
        chance=words.chance,
        times=words.times,
    )


def effect(struck: Fault) -> Any:
    """Return what a fault that strikes does: one of the effects above, by its stage."""
    return MISHAPS[struck.name].make(struck.arguments)


def refusal(struck: Fault, service: Service, now: Millis) -> Response | Refused:
    """Return what a fault at the request does instead of the action."""
    if struck.name in MISHAPS:
        found: Response = effect(struck)
        return found
    kind, seconds = retry_after(struck.arguments)
    texts = [text for text in service.errors[struck.name].body.values() if isinstance(text, str)]
    fields = {name: f"({name})" for text in texts for _, name, _, _ in Formatter().parse(text) if name}
    headers = {}
    if kind is not None:
        date = formatdate(now / 1000 + seconds, usegmt=True)
        headers = {"retry-after": date if kind == "retry-after-date" else str(seconds)}
    return Refused(struck.name, (), headers, **fields)


def retry_after(words: Arguments) -> tuple[str | None, int]:
    """Read ``retry-after SECONDS`` or ``retry-after-date SECONDS``, the arguments of an error row."""
    if not words:
        return None, 0
    if (
        len(words) == 2
        and words[0] in ("retry-after", "retry-after-date")
        and words[1].isascii()
        and words[1].isdigit()
    ):
        return words[0], int(words[1])
    raise BadFault(f"{' '.join(words)!r}: write retry-after SECONDS, or retry-after-date SECONDS")


def _services(on: str | None, services: Mapping[str, Service]) -> Mapping[str, Service]:
    if on is None:
        return services
    id = on.partition("/")[0]
    if id not in services:
        raise BadFault(f"no service {id!r} to put a fault on; there are {', '.join(services)}")
    if "/" in on and on not in services[id].operations:
        raise BadFault(f"no operation {on!r}; there are {', '.join(services[id].operations)}")
    return {id: services[id]}


def _unknown(name: str, services: Mapping[str, Service]) -> str:
    known = [*MISHAPS, *dict.fromkeys(row for service in services.values() for row in service.errors)]
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"no fault {name!r}; " + (f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}")
