"""The greeting: where a server is, and the first thing to try."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from mockserver.contract.service import Operation, Service
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
    made = next(((each, first) for each in ordered if (first := _first_create(each))), None)
    if made is not None:
        yield f"try {_curl(url, *made, has_keys=bool(fake.settings.keys))}"


def _first_create(service: Service) -> Operation | None:
    return next((each for each in service.operations.values() if each.task and each.method == "POST"), None)


def _curl(url: str, service: Service, operation: Operation, *, has_keys: bool) -> str:
    token = "$KEY" if has_keys else "me"
    payload = json.dumps(sample(operation.schema), ensure_ascii=False)
    words = ["curl", "-X", "POST", f"{url}/{service.id}{operation.path}", "-H", "Content-Type: application/json"]
    header = f'"Authorization: Bearer {token}"'
    return f"{shlex.join(words)} -H {header} -d {shlex.quote(payload)}"
