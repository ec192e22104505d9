"""Accounts at useapi: whom an email means, what runs for whom, and what is tracked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import takewhile

from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.intake.auth import user
from mockserver.fake.library.possessions import Possession
from mockserver.fake.lifecycle import Task
from mockserver.fake.world import World
from mockserver.types import JSON, Millis

EMAILS = ("first@example.com", "second@example.com")
"""The accounts that are configured from the start; where there is only one it is the first, and any email names it."""

TRACKED_MILLIS: Millis = 60 * 60 * 1000
"""How long a task is tracked at most (useapi S-02)."""

MOST_JOBS = 50
"""The most that maxJobs may be; an account without ``--slots`` shows this number, and is not limited to it."""

_KIND = "account"
_SESSION_MILLIS: Millis = 30 * 24 * 3600 * 1000
_PLAN_POINTS, _POINTS_LEFT = 66_000, 56_000
"""What an account has, as the example of its page: a point is a hundredth of a credit (useapi A-04, family U21)."""


def meant(world: World, call: Call) -> str:
    """Return the account that a call names; empty where any is meant. Raises ``Refused``."""
    email = str(call.payload.get("email") or "")
    emails = _named(world, call)
    if emails is None:
        return ""
    if not emails:
        raise Refused("no-accounts")
    if email and email not in emails and call.readings["unknown-email"] != "accepted":
        row = "unknown-email" if call.readings["unknown-email"] == "400" else "missing-account"
        raise Refused(row, reading="unknown-email")
    if email or call.readings["several-accounts"] != "one":
        return email
    if len(emails) > 1:
        raise Refused("invalid", reading="several-accounts", message="email is required")
    return emails[0]


def account_of(world: World, call: Call) -> str:
    """Return the account that runs a job: the one named, or else the one with fewer tasks (useapi A-01)."""
    email, emails = meant(world, call), _named(world, call)
    if email or emails is None:
        return email
    owner = call.service.id, call.account
    return min(emails, key=lambda each: world.tasks.in_flight(owner, each, call.now).tasks)


def is_of(task: Task, email: str) -> bool:
    """Whether a task is one of the account that a call means; one of before there were any is everybody's."""
    return not email or task.model in ("", email)


def newest(world: World, call: Call) -> Iterator[Task]:
    """Yield a token's tasks, the newest first."""
    return world.tasks.latest((call.service.id, call.account))


def is_tracked(task: Task, now: Millis) -> bool:
    """Whether a task is in flight and young enough, and still holds a slot: one that was stopped holds none."""
    return task.slots > 0 and now - task.created_at < TRACKED_MILLIS and not task.is_final(now)


def tracked(world: World, call: Call) -> list[Task]:
    """Return a token's tasks that are tracked, the newest first."""
    young = takewhile(lambda task: call.now - task.created_at < TRACKED_MILLIS, newest(world, call))
    return [task for task in young if is_tracked(task, call.now)]


def running(world: World, task: Task, now: Millis) -> dict[str, JSON]:
    """Return a tracked task as the scheduler shows it."""
    minutes, seconds = divmod(max(now - task.created_at, 0) // 1000, 60)
    reply = {"replyUrl": task.callback_url, "replyRef": task.external_id}
    return {
        "id": int(task.id),
        "email": address(world, task),
        "started": _written(task.created_at),
        "elapsed": f"{minutes:02d}:{seconds:02d}",
        **{name: value for name, value in reply.items() if value is not None},
    }


def address(world: World, task: Task) -> str:
    """Return the email of the account that does a task, as it was given."""
    return task.model or str(world.payload(task).get("email") or EMAILS[0])


def configured(world: World, call: Call) -> tuple[str, ...]:
    """Return the emails of a token's accounts; the only one goes by the name that the newest task gave it."""
    emails = _named(world, call)
    if emails is not None:
        return emails
    task = next(newest(world, call), None)
    return (EMAILS[0] if task is None else address(world, task),)


def most_jobs(world: World, call: Call, email: str) -> int:
    """Return how many jobs an account says it may run at once."""
    own = own_jobs(world, call, email)
    return min(world.limits.of(call.account).slots or MOST_JOBS, MOST_JOBS if own is None else own)


def own_jobs(world: World, call: Call, email: str) -> int | None:
    """Return how many jobs an account may run at once that a client has configured; ``None`` for another."""
    found = world.possessions.get(call.service.id, call.account, _KIND, email)
    return None if found is None else found.data.get("maxJobs")


def configure(world: World, call: Call) -> str:
    """Add an account, or change it, and return its email; nothing of its password is kept."""
    email = str(call.payload["email"])
    data = {"maxJobs": call.payload["maxJobs"]}
    world.possessions.put(Possession(email, call.service.id, call.account, _KIND, email, call.now, data))
    return email


def remove(world: World, call: Call, email: str) -> None:
    """Remove an account. One that was there from the start is remembered as removed, or it would come again."""
    world.possessions.put(Possession(email, call.service.id, call.account, _KIND, email, call.now, {}))


def named(world: World, call: Call) -> str:
    """Return the email in a path. Raises ``Refused`` if there is no such account."""
    email, emails = call.parameters["email"], _named(world, call)
    if emails is not None and email not in emails:
        raise Refused("missing-account")
    return email


def account(world: World, call: Call, email: str) -> dict[str, JSON]:
    """Return an account as it is shown (useapi 5)."""
    expires = call.now + _SESSION_MILLIS
    return {
        "email": email,
        "session": {
            "userId": str(user(call.account)),
            "ExpireTime": expires,
            "ExpireTimeUTC": _written(expires),
        },
        "maxJobs": most_jobs(world, call, email),
        "password": "…secured…",
    }


def balance(call: Call) -> dict[str, JSON]:
    """Return what an account has; what a job costs is known of few, and nothing is taken away (family U21)."""
    ends = call.now + _SESSION_MILLIS
    points = {"orderId": str(user(call.account)), "type": "plan", "amount": _PLAN_POINTS, "balance": _POINTS_LEFT}
    return {
        "points": [{**points, "startTime": call.now, "endTime": ends}],
        "tickets": [],
        "nextApplyTime": ends,
        "total": _POINTS_LEFT,
    }


def _named(world: World, call: Call) -> tuple[str, ...] | None:
    """Return the accounts that emails name; ``None`` where there is one that any email names."""
    own = {each.id: each.data for each in world.possessions.of(call.service.id, call.account, _KIND)[::-1]}
    is_one = call.readings["several-accounts"] == "one"
    if is_one and not own:
        return None
    usual = () if is_one else EMAILS
    added = [email for email, data in own.items() if data and email not in usual]
    return (*(email for email in usual if own.get(email, {"maxJobs": MOST_JOBS})), *added)


def _written(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
