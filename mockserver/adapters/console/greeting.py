"""The greeting: where a server is, and the first thing to try."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from mockserver.contract.readings import Readings
from mockserver.contract.service import Operation, Service
from mockserver.contract.validation import fast_validator
from mockserver.contract.vectors import sample
from mockserver.fake.core import Fake


def greeting(fake: Fake, url: str) -> Iterator[str]:
    """Yield a line for the dashboard, one for the base URL of each service, and one for a shell that makes a task."""
    services = fake.world.services
    yield f"dashboard at {url}/_mock/"
    width = max(len(service.id) for service in services)
    for service in services:
        yield f"{service.id:<{width}} at {url}/{service.id}"
    # Whoever knows none of them wants the official one: it has the largest family.
    ordered = sorted(services, key=lambda service: -sum(each.family == service.id for each in services))
    found = next(filter(None, (_simplest_create(each, fake.world.readings[each.id]) for each in ordered)), None)
    if found is not None:
        yield f"try {_curl(url, *found, has_keys=bool(fake.settings.keys))}"


def _simplest_create(service: Service, readings: Readings) -> tuple[Operation, str] | None:
    """Return the create operation that needs the least, with a payload for it."""
    served = [each for each in service.operations.values() if service.exists(each.id, readings)]
    payloads = [(each, sample(each.schema)) for each in served if each.task and each.method == "POST"]
    ordered = sorted(payloads, key=lambda found: len(json.dumps(found[1])))
    valid = (each for each in ordered if fast_validator(each[0].schema)(each[1]))
    return next(((each, json.dumps(payload, ensure_ascii=False)) for each, payload in valid), None)


def _curl(url: str, operation: Operation, payload: str, *, has_keys: bool) -> str:
    address = f"{url}/{operation.service}{operation.path}"
    words = ["curl", "-X", "POST", address, "-H", "Content-Type: application/json"]
    header = f'"Authorization: Bearer {"$KEY" if has_keys else "me"}"'
    return f"{shlex.join(words)} -H {header} -d {shlex.quote(payload)}"
