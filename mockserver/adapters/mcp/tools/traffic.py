"""Tools that show what clients have made and sent, what they got, and why."""

from __future__ import annotations

from datetime import UTC, datetime

from mockserver.adapters.mcp.short import line
from mockserver.adapters.mcp.tool import (
    PAGE_ITEMS,
    Answer,
    Arguments,
    Session,
    Tools,
    paged,
    taking,
    taking_those_of,
    whole,
)
from mockserver.types import JSON

TRAFFIC = Tools()

_NOT_OF_ASSISTANTS = ("whole", "cleared")
"""Arguments of a list of exchanges: one that ``request`` stands for, and one of the judges."""


@TRAFFIC.tool("reads", taking())
async def status(session: Session, _: Arguments) -> Answer:
    """Show where the fake is and how it behaves: its URL, services, clock, settings, and how much has happened."""
    health, settings = await session.fake.ask("health"), await session.fake.ask("settings.get")
    url, state = await session.fake.url(), await session.fake.ask("state")
    counts = {name: state[name]["total"] for name in ("tasks", "requests", "callbacks", "faults", "held")}
    kept = {name: item for name, item in settings.items() if name not in ("readings", "services")}
    served = health["services"]
    lines = [
        f"the fake is at {url}, its dashboard at {url}/_mock/",
        f"it serves {', '.join(served)}; a client gives {url} as the base URL, or {url}/SERVICE",
        f"its time is {_time(state['now'])}, {'frozen' if state['is_frozen'] else 'running'}",
        ", ".join(f"{count} {name}" for name, count in counts.items()),
        ", ".join(f"{name} {item}" for name, item in kept.items() if item not in (None, [], False)),
    ]
    lines += [f"{health['failures']} failures: its stderr tells of them"] if health["failures"] else []
    data = {"url": url, "services": served, "now": state["now"], "is_frozen": state["is_frozen"]}
    next = "requests shows what a client has sent and why it was refused; operations what it can send."
    return Answer((*lines,), {**data, "counts": counts, "settings": kept}, next)


@TRAFFIC.tool("reads", taking_those_of("tasks.list"))
async def tasks(session: Session, wanted: Arguments) -> Answer:
    """List the tasks that clients have made, the newest first: id, operation, state, and why one fails."""
    found = await session.fake.ask("tasks.list", **_page(wanted))
    lines = (
        f"{each['service']} {each['id']}  {each['operation']}  {each['status']}"
        + (f"  {each['external_id']}" if each["external_id"] else "")
        + (f"  {_why(each['cause']) or each['reason']}" if each["status"] == "failed" else "")
        for each in found["items"]
    )
    return paged("tasks", lines, found["items"], found["next"], "task shows one whole; clock advances all of them.")


@TRAFFIC.tool("reads", taking_those_of("tasks.get"))
async def task(session: Session, wanted: Arguments) -> Answer:
    """Show one task: its payload, states with their times, results, callbacks with every attempt, why it failed."""
    found = await session.fake.ask("tasks.get", **wanted)
    return whole(found, "clock with action advance moves it on; force_task puts it into a state.")


@TRAFFIC.tool("reads", taking_those_of("requests.list", but=_NOT_OF_ASSISTANTS))
async def requests(session: Session, wanted: Arguments) -> Answer:
    """List the requests of clients, the newest first: what was asked, the HTTP status, and why it was refused."""
    found = await session.fake.ask("requests.list", **_page(wanted))
    lines = (
        f"{each['number']}  {each['method']} {each['path']} -> {each['status']}"
        + (f"  {_why(each['reason'])}" if each["reason"] else "")
        + "".join(f"  [{broken['level']}: {broken['rule']}]" for broken in each["rules"])
        for each in found["items"]
    )
    next = "request shows one whole, with the rules it broke; verify says whether a request was sent."
    return paged("requests", lines, found["items"], found["next"], next)


@TRAFFIC.tool("reads", taking_those_of("requests.get"))
async def request(session: Session, wanted: Arguments) -> Answer:
    """Show one request and its answer: bodies, the reason, each broken rule with its source, and a curl line."""
    found = await session.fake.ask("requests.get", **wanted)
    kept = {name: item for name, item in found.items() if name not in ("copies", "digest", "kept")}
    about = found["violations"][0]["rule"] if found["violations"] else None
    next = "the curl line sends it again."
    if about is not None:
        next = f"page with page rules/{found['operation']} and about {about} explains the rule. {next}"
    return whole(kept, next)


@TRAFFIC.tool("reads", taking_those_of("callbacks.list"))
async def callbacks(session: Session, wanted: Arguments) -> Answer:
    """List the callbacks, the newest first: for which task and state, to which URL, and what became of it."""
    found = await session.fake.ask("callbacks.list", **_page(wanted))
    lines = (
        f"{each['task_id']} {each['status']} to {each['url']}  "
        + ("delivered" if each["is_delivered"] else "held" if each["is_held"] else "not delivered")
        + f" after {len(each['attempts'])} attempts"
        for each in found["items"]
    )
    next = "task shows all of a task; release lets go what is held."
    return paged("callbacks", lines, found["items"], found["next"], next)


@TRAFFIC.tool("reads", taking_those_of("requests.verify"))
async def verify(session: Session, wanted: Arguments) -> Answer:
    """Tell whether clients have sent a request such as this, and if not, what came nearest and how it differs."""
    found = await session.fake.ask("requests.verify", **wanted)
    numbers = ", ".join(map(str, found["found"])) or "none"
    lines = [f"{'as expected' if found['is_met'] else 'not as expected'}: requests {numbers}"]
    lines += [f"nearest is request {miss['number']}: {'; '.join(miss['reasons'])}" for miss in found["nearest"]]
    return Answer((*map(line, lines),), found, "request shows one of them whole; reset begins anew.")


def _page(wanted: Arguments) -> dict[str, JSON]:
    return {"limit": PAGE_ITEMS, **wanted}


def _why(reason: JSON) -> str:
    return str(reason["sentence"]) if reason else ""


def _time(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat(timespec="milliseconds")
