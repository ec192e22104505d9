"""Health: is a process up, does it reach its store, and has anything failed?"""

from __future__ import annotations

import os

from mockserver.adapters.http.workers import Workers
from mockserver.errors import StoreUnavailable
from mockserver.fake.core import Fake
from mockserver.types import JSON


def health(fake: Fake, workers: Workers) -> JSON:
    """Return how the process is that was asked, and the store of all. It may wait for the store."""
    tasks, reason = None, None
    try:
        tasks = {"kept": len(fake.tasks), "evicted": fake.world.tasks.evicted}
    except StoreUnavailable as error:
        reason = str(error)
    return {
        "status": "ok" if reason is None and workers.is_well and not fake.failures else "failing",
        "services": {service.id: service.title for service in fake.world.services},
        "now": fake.clock.now(),
        "store": {"kind": fake.store.kind, "status": "ok" if reason is None else "unavailable", "reason": reason},
        "tasks": tasks,
        "process": os.getpid(),
        "failures": fake.failures,
        "workers": workers.report(),
    }
