"""Tools that steer the fake: its clock, what goes wrong, how it behaves, and what it remembers."""

from __future__ import annotations

from typing import Any

from mockserver.adapters.mcp.short import line
from mockserver.adapters.mcp.tool import (
    Answer,
    Arguments,
    BadArgument,
    Session,
    Tools,
    described,
    described_in_url,
    paged,
    taking,
    taking_those_of,
    whole,
)

STEERING = Tools()

_ACCOUNT = described_in_url("faults.clear", "account")


@STEERING.tool(
    "changes",
    taking(
        ["action"],
        action={"description": "What to do", "enum": ["freeze", "resume", "advance", "set"]},
        advance={"description": "For advance: by how much, such as 90s", **described("clock.advance", "advance")},
        now={"description": "For set: Unix milliseconds", **described("clock.set", "now")},
    ),
)
async def clock(session: Session, wanted: Arguments) -> Answer:
    """Freeze, resume, advance or set the fake's clock, which drives tasks, callbacks and limits: nobody has to wait."""
    action, needed = wanted["action"], {"advance": "advance", "set": "now"}
    for name in ("advance", "now"):
        if (needed.get(action) == name) != (name in wanted):
            raise BadArgument(f"clock: action {action} takes {needed.get(action, 'no other argument')}.")
    given = {name: item for name, item in wanted.items() if name != "action"}
    found = await session.fake.ask(f"clock.{action}", **given)
    return whole(found, "tasks and callbacks show what has happened by then; resume lets time go on.")


@STEERING.tool("changes", taking_those_of("tasks.force"))
async def force_task(session: Session, wanted: Arguments) -> Answer:
    """Put one task into a state, such as failed for a reason; its callbacks are sent before this answers."""
    return whole(await session.fake.ask("tasks.force", **wanted), "a client that polls sees it now.")


@STEERING.tool("reads", taking())
async def faults(session: Session, _: Arguments) -> Answer:
    """List what goes wrong on purpose now, how often each has happened, and the answers and callbacks that are held."""
    found = (await session.fake.ask("faults.list"))["faults"]
    held = (await session.fake.ask("held.list"))["held"]
    lines = [
        f"fault {each['number']}: {each['fault']}"
        + (f" for {each['account']}" if each["account"] else "")
        + f" ({each['origin']}, happened {each['happened']} times)"
        for each in found
    ]
    lines += [f"held {each['number']}: {each['kind']} of {each['operation']} {each['task'] or ''}" for each in held]
    next = "add_fault adds one, remove_fault takes one away, release lets go what is held."
    return Answer((*map(line, lines or ["nothing goes wrong on purpose"]),), {"faults": found, "held": held}, next)


@STEERING.tool("changes", taking_those_of("faults.add"))
async def add_fault(session: Session, wanted: Arguments) -> Answer:
    """Let something go wrong, such as "1303 x2 on kling/omni-image.create": two refusals, then all is well again."""
    found = await session.fake.ask("faults.add", **wanted)
    next = "let the client send; requests shows what it got, and faults how often it has happened."
    return Answer((f"fault {found['number']} is in force: {line(wanted['fault'])}",), found, next)


@STEERING.tool(
    "forgets",
    taking(
        number={"description": "Its number, as faults lists it", "type": "integer", "minimum": 0},
        account=_ACCOUNT,
        all={"description": "All of them", "const": True},
    ),
)
async def remove_fault(session: Session, wanted: Arguments) -> Answer:
    """Take away one fault by its number, those of one account, or all."""
    if len(wanted) != 1:
        raise BadArgument("remove_fault: give one of number, account and all.")
    if "number" in wanted:
        found: Any = await session.fake.ask("faults.remove", number=wanted["number"])
    else:
        found = await session.fake.ask(
            "faults.clear", **{name: wanted[name] for name in ("account",) if name in wanted}
        )
    return Answer(("it is gone" if "number" in wanted else "they are gone",), found, "faults lists what is left.")


@STEERING.tool("reads", taking())
async def profiles(session: Session, _: Arguments) -> Answer:
    """List the profiles, named lists of faults such as a bad day, and which are on."""
    found = (await session.fake.ask("profiles.list"))["profiles"]
    lines = (
        f"{each['name']}  {'on' if each['is_on'] else 'off'}  {each['imitates']} ({'; '.join(each['faults'])})"
        for each in found
    )
    return paged("profiles", lines, found, None, "profile switches one on or off.")


@STEERING.tool(
    "sets",
    taking(
        ["name", "on"],
        name=described_in_url("profiles.start", "name"),
        on={"description": "Whether it shall be on", "type": "boolean"},
        account=_ACCOUNT,
    ),
)
async def profile(session: Session, wanted: Arguments) -> Answer:
    """Switch a profile of faults on or off, for all or for one account."""
    given = {name: item for name, item in wanted.items() if name != "on"}
    found = await session.fake.ask("profiles.start" if wanted["on"] else "profiles.stop", **given)
    state = "on" if wanted["on"] else "off"
    return Answer((f"{line(wanted['name'])} is {state}",), found, "faults lists what goes wrong now.")


@STEERING.tool(
    "changes",
    taking(
        number={"description": "Only this one, as faults lists it", "type": "integer", "minimum": 0}, account=_ACCOUNT
    ),
)
async def release(session: Session, wanted: Arguments) -> Answer:
    """Release the answers and callbacks that the faults hold and callback-hold keep: one, an account's, or all."""
    if len(wanted) > 1:
        raise BadArgument("release: give number or account, or neither for all.")
    found = await session.fake.ask("held.release" if "number" in wanted else "held.release_all", **wanted)
    return Answer((f"{found['released']} released",), found, "callbacks and requests show what became of them.")


@STEERING.tool("sets", taking_those_of("settings.change"))
async def change_settings(session: Session, wanted: Arguments) -> Answer:
    """Let the fake behave otherwise from now on: pace, strict, slots, rate, keys, or readings of open questions."""
    found = await session.fake.ask("settings.change", **wanted)
    kept = {name: item for name, item in found.items() if name in wanted and name != "readings"}
    if "readings" in wanted:
        questions = {name.rpartition("/")[2] for name in wanted["readings"]}
        kept["readings"] = {
            service: {id: reading for id, reading in taken.items() if id in questions}
            for service, taken in found["readings"].items()
            if questions & taken.keys()
        }
    return whole(kept, "status shows all settings, readings the open questions.")


@STEERING.tool("forgets", taking_those_of("reset"))
async def reset(session: Session, wanted: Arguments) -> Answer:
    """Forget tasks, callbacks, requests and faults, all or one account's; settings and clock stay."""
    found = await session.fake.ask("reset", **wanted)
    text = "what it had is forgotten" if "account" in wanted else "all is forgotten"
    return Answer((text,), found, "the next request begins anew.")
