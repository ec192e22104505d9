"""The greeting: where a server is, and the first thing to try."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator

from mockserver.contract.readings import Readings
from mockserver.contract.service import Operation, Service
from mockserver.contract.validation import fast_validator
from mockserver.contract.vectors import sample
from mockserver.fake.core import Fake
from mockserver.types import JSON


def greeting(fake: Fake, url: str, *, is_proxy: bool = False) -> Iterator[str]:
    """Yield a line for the dashboard, one for the base URL of each service, and one for a shell that makes a task."""
    services = fake.world.services
    yield f"dashboard at {url}/_mock/"
    if is_proxy:
        yield f"proxy for {', '.join(sorted({host for each in services for host in each.hosts}))}"
    if is_proxy or url.startswith("https:"):
        yield "clients trust the certificates of `mockserver ca`"
    width = max(len(service.id) for service in services)
    for service in services:
        yield f"{service.id:<{width}} at {url}/{service.id}"
    # Whoever knows none of them wants the official one: it has the largest family.
    ordered = sorted(services, key=lambda service: -sum(each.family == service.id for each in services))
    found = next(filter(None, (_simplest_create(each, fake.world.readings[each.id]) for each in ordered)), None)
    if found is not None:
        yield f"try {_curl(url, *found, has_keys=bool(fake.settings.keys))}"


def _simplest_create(service: Service, readings: Readings) -> tuple[Operation, str] | None:
    """Return the first create operation of a service, with the least of its example that is a payload for it."""
    for operation in service.operations.values():
        payload = sample(operation.schema)
        if operation.task and operation.method == "POST" and service.exists(operation.id, readings):
            is_valid = fast_validator(operation.schema)
            if is_valid(payload):
                return operation, json.dumps(_least(payload, is_valid), ensure_ascii=False)
    return None


def _least(payload: JSON, is_valid: Callable[[JSON], bool]) -> JSON:
    """Return a payload without the fields that may be left out, but for the prompt."""
    for name in payload:
        without = {key: value for key, value in payload.items() if key != name}
        if name != "prompt" and is_valid(without):
            payload = without
    return payload


def _curl(url: str, operation: Operation, payload: str, *, has_keys: bool) -> str:
    address = f"{url}/{operation.service}{operation.path}"
    trusting = list[str]()
    if url.startswith("https:"):
        from mockserver.trust.authority import Authority

        trusting = ["--cacert", str(Authority.own().certificate)]
    words = ["curl", *trusting, "-X", "POST", address, "-H", "Content-Type: application/json"]
    header = f'"Authorization: Bearer {"$KEY" if has_keys else "me"}"'
    return f"{shlex.join(words)} -H {header} -d {shlex.quote(payload)}"
