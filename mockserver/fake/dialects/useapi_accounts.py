"""Accounts at useapi: whom an email means, what runs for whom, and what is tracked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import takewhile

from mockserver.fake.call import Call
from mockserver.fake.intake.auth import user
from mockserver.fake.lifecycle import Task
from mockserver.fake.refusal import Refused
from mockserver.fake.world import World
from mockserver.types import JSON, Millis

EMAILS = ("first@example.com", "second@example.com")
"""The accounts that are configured; where there is only one it is the first."""

TRACKED_MILLIS: Millis = 60 * 60 * 1000
"""How long a task is tracked at most (useapi S-02)."""

MOST_JOBS = 50
"""The most that maxJobs may be; an account without ``--slots`` shows this number, and is not limited to it."""

_SESSION_MILLIS: Millis = 30 * 24 * 3600 * 1000
_PAGE_TASKS = 100


def meant(call: Call) -> str:
    """Return the account that a call names; empty where there is only one, or none is named. Raises ``Refused``."""
    email = call.payload.get("email") or ""
    if call.readings["several-accounts"] == "one":
        return ""
    if email and email not in EMAILS and call.readings["unknown-email"] != "accepted":
        raise Refused("unknown-email" if call.readings["unknown-email"] == "400" else "missing-account")
    return str(email)


def account_of(world: World, call: Call) -> str:
    """Return the account that runs a job: the one named, or else the one with fewer tasks (useapi A-01)."""
    email = meant(call)
    if email or call.readings["several-accounts"] == "one":
        return email
    owner = call.service.id, call.account
    return min(EMAILS, key=lambda each: world.tasks.in_flight(owner, each, call.now).tasks)


def newest(world: World, call: Call) -> Iterator[Task]:
    """Yield a token's tasks, the newest first."""
    owner = call.service.id, call.account
    for operation in [each.id for each in call.service.operations.values() if each.task]:
        for start in range(0, world.tasks.count(owner, operation), _PAGE_TASKS):
            yield from world.tasks.page(owner, operation, start, _PAGE_TASKS, newest_first=True)


def is_tracked(task: Task, now: Millis) -> bool:
    """Whether a task is in flight and young enough, and still holds a slot: one that was stopped holds none."""
    return task.slots > 0 and now - task.created_at < TRACKED_MILLIS and not task.is_final(now)


def tracked(world: World, call: Call) -> list[Task]:
    """Return a token's tasks that are tracked, the newest first."""
    young = takewhile(lambda task: call.now - task.created_at < TRACKED_MILLIS, newest(world, call))
    return [task for task in young if is_tracked(task, call.now)]


def running(world: World, task: Task, now: Millis) -> dict[str, JSON]:
    """Return a tracked task as the scheduler shows it."""
    started = datetime.fromtimestamp(task.created_at / 1000, UTC).isoformat(timespec="milliseconds")
    minutes, seconds = divmod(max(now - task.created_at, 0) // 1000, 60)
    reply = {"replyUrl": task.callback_url, "replyRef": task.external_id}
    return {
        "id": int(task.id),
        "email": address(world, task),
        "started": started.replace("+00:00", "Z"),
        "elapsed": f"{minutes:02d}:{seconds:02d}",
        **{name: value for name, value in reply.items() if value is not None},
    }


def address(world: World, task: Task) -> str:
    """Return the email of the account that does a task, as it was given."""
    return task.model or str(world.payload(task).get("email") or EMAILS[0])


def configured(world: World, call: Call) -> tuple[str, ...]:
    """Return the emails of a token's accounts; the only one goes by the name that the newest task gave it."""
    if call.readings["several-accounts"] != "one":
        return EMAILS
    task = next(newest(world, call), None)
    return (EMAILS[0] if task is None else address(world, task),)


def most_jobs(world: World, call: Call) -> int:
    """Return how many jobs an account says it may run at once."""
    return min(world.limits.of(call.account).slots or MOST_JOBS, MOST_JOBS)


def account(world: World, call: Call, email: str) -> JSON:
    """Return an account as it is shown (useapi 5)."""
    expires = call.now + _SESSION_MILLIS
    return {
        "email": email,
        "session": {
            "userId": str(user(call.account)),
            "ExpireTime": expires,
            "ExpireTimeUTC": datetime.fromtimestamp(expires / 1000, UTC).isoformat(timespec="seconds"),
        },
        "maxJobs": most_jobs(world, call),
        "password": "…secured…",
    }
