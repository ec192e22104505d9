"""From a line that asks for a fault to the fault, and from a fault to its effect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from fnmatch import fnmatchcase
from string import Formatter
from typing import Any

from mockserver.contract.service import Service
from mockserver.errors import NoSuchName
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.clock import LATEST_MILLIS
from mockserver.fake.faults import answers, tasks
from mockserver.fake.faults.fault import BadFault, Fault, Stage, Words
from mockserver.fake.faults.registry import Arguments, FaultKind
from mockserver.types import Millis, Response

KINDS = {**answers.KINDS, **tasks.KINDS}
"""Every kind of fault by its name; any row of a service's error table is a fault, too."""

_SECONDS = re.compile(r"[0-9]{1,18}", re.ASCII)

_ROW_USAGE = "[retry-after SECONDS | retry-after-date SECONDS]"


class NoSuchFault(NoSuchName, BadFault):
    """A fault that is neither a kind nor a row of an error table."""

    kind = "fault"
    command = "mockserver list faults"


class NoSuchPlace(NoSuchName, BadFault):
    """A service or an operation after ``on`` that this fake does not serve."""

    kind = "service or operation"
    command = "mockserver list operations"


def fault(line: str, services: Mapping[str, Service], origin: str = "python") -> Fault:
    """Read a line that asks for a fault; ``origin`` is where it does.

    Raises ``BadFault``, which begins with the name of the fault.
    """
    words = Words.parse(line)
    chosen = _services(words.on, services)
    if words.name in KINDS:
        kind = KINDS[words.name]
        _checked(words, kind.effect)
        stage: Stage = kind.stage
        having = tuple(chosen) if words.on and "*" not in words.on else ()
    else:
        stage = "request"
        having = tuple(id for id, service in chosen.items() if words.name in service.errors)
        if not having:
            raise NoSuchFault(words.name, [kind.name for kind in kinds(chosen.values())])
        _checked(words, retry_after)
    operation = words.on if words.on and ("/" in words.on or "*" in words.on) else None
    return Fault(
        name=words.name,
        stage=stage,
        arguments=words.arguments,
        services=having,
        operation=operation,
        account=words.account,
        nth=words.nth,
        chance=words.chance,
        times=words.times,
        origin=origin,
    )


def kinds(services: Iterable[Service]) -> list[FaultKind]:
    """Return every kind of fault, and each row of the services' error tables as one."""
    rows = {row.id: row for service in services for row in service.errors.values()}
    found = [*KINDS.values()]
    for row in rows.values():
        means = f"HTTP {row.status}: {row.body.get('message') or row.body.get('error') or ''}"
        found.append(FaultKind(row.id, "request", _ROW_USAGE, means, retry_after))
    return found


def effect(fault: Fault) -> Any:
    """Return the effect of a fault; its ``stage`` says which of those in ``registry`` it is."""
    return KINDS[fault.name].effect(fault.arguments)


def refusal(fault: Fault, service: Service, now: Millis) -> Response | Refused:
    """Return what the service says because of a fault at the request, instead of acting."""
    if fault.name in KINDS:
        found: Response = effect(fault)
        return found
    kind, seconds = retry_after(fault.arguments)
    texts = [text for text in service.errors[fault.name].body.values() if isinstance(text, str)]
    fields: dict[str, Any] = {name: f"({name})" for text in texts for _, name, _, _ in Formatter().parse(text) if name}
    headers = {}
    if kind is not None:
        date = formatdate(min(now / 1000 + seconds, LATEST_MILLIS / 1000), usegmt=True)
        headers = {"retry-after": date if kind == "retry-after-date" else str(seconds)}
    return Refused(fault.name, (), headers, **fields)


def retry_after(words: Arguments) -> tuple[str | None, int]:
    """Read ``retry-after SECONDS`` or ``retry-after-date SECONDS``, the arguments of an error row."""
    if not words:
        return None, 0
    if len(words) == 2 and words[0] in ("retry-after", "retry-after-date") and _SECONDS.fullmatch(words[1]):
        return words[0], int(words[1])
    raise BadFault(f"{' '.join(words)!r} is not an argument. Write retry-after SECONDS or retry-after-date SECONDS.")


def _checked(words: Words, read: Any) -> None:
    """Read the arguments of a fault once, so that a mistake is found before the fault happens."""
    try:
        read(words.arguments)
    except BadFault as error:
        raise BadFault(f"{words.name}: {error}") from error


def _services(on: str | None, services: Mapping[str, Service]) -> Mapping[str, Service]:
    """Return the services that the words after ``on`` mean."""
    if on is None:
        return services
    matching = {id: each for id, each in services.items() if any(fnmatchcase(name, on) for name in each.operations)}
    if "*" in on and matching:
        return matching
    id = on.partition("/")[0]
    if id in services and ("/" not in on or on in services[id].operations):
        return {id: services[id]}
    operations = [operation for service in services.values() for operation in service.operations]
    raise NoSuchPlace(on, [*services, *operations])
