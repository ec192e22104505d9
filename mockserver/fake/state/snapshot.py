"""A snapshot: tasks and all else that is kept, time, ids, faults and limits as JSON, to be restored later or elsewhere.

It leaves out what is past (callbacks that were sent, the journal), and all secrets. An account is the digest of its
token, which finds its tasks again; secrets in payloads and callback URLs are masked, and lost.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields, replace
from typing import Literal, TypeVar, get_args

from mockserver.errors import BadSetting
from mockserver.fake.clock import ClockState
from mockserver.fake.encoding import encoded
from mockserver.fake.faults.fault import Happening
from mockserver.fake.intake.auth import digest, is_digest, sealed
from mockserver.fake.library.possessions import FIELDS as _POSSESSION_FIELDS
from mockserver.fake.library.possessions import Possession
from mockserver.fake.lifecycle import Task
from mockserver.fake.limits import Limit
from mockserver.fake.media.uploads import Upload
from mockserver.fake.state.reading import VERSION, State
from mockserver.fake.world import World
from mockserver.suggestions import quoted
from mockserver.types import JSON, Millis

Kept = TypeVar("Kept", Task, Upload, Possession)

Time = Literal["then", "now"]
"""Whether time goes on from when a snapshot was taken, or from the time of the fake that it is restored in."""


_TASK_FIELDS = tuple(field.name for field in fields(Task))

Sections = Mapping[str, JSON | Iterator[JSON]]
"""A snapshot by its top-level names; the items of long lists are made, and sealed, one by one as they are asked for."""


def taken(world: World) -> Sections:
    """Return the state of a world as it is now; what is asked for later needs no lock, and holds up nobody.

    The tasks and uploads of a shared store are read later, page by page: those that go meanwhile are not among them.
    """
    now = world.clock.now()
    tasks, uploads = _oldest(world, world.tasks.newest(), now), _oldest(world, world.uploads, now)
    return {
        "version": VERSION,
        "now": now,
        "ids": world.ids.reached(),
        "is_frozen": world.clock.is_frozen,
        "tasks": (sealed(_task_as_json(world, task)) for task in tasks),
        "uploads": (sealed(_upload_as_json(world, upload)) for upload in uploads),
        "possessions": (
            sealed(_possession_as_json(possession)) for possession in _oldest(world, world.possessions, now)
        ),
        "faults": sealed(_faults_as_json(world.faults.counted())),
        "prompts": sealed(
            [
                {"service": service, "account": account, "prompt": text, "faults": _faults_as_json(faults)}
                for service, account, text, faults in world.prompt_faults
            ]
        ),
        "limits": sealed([_limit_as_json(*item) for item in world.limits]),
    }


def _oldest(world: World, newest: Iterable[Kept], now: Millis) -> Iterator[Kept]:
    """Yield what was there ``now``, the oldest first; in memory it is noted at once."""
    if not world.store.is_shared:
        return iter(list(newest)[::-1])
    return (kept for found in (newest,) for kept in reversed(list(found)) if kept.created_at <= now)


def whole(sections: Sections) -> dict[str, JSON]:
    """Return a snapshot as one JSON object."""
    return {name: list(part) if isinstance(part, Iterator) else part for name, part in sections.items()}


def written(sections: Sections) -> Iterator[bytes]:
    """Yield a snapshot as JSON in pieces: written in one go, a large one would stop all threads for seconds."""
    for number, (name, part) in enumerate(sections.items()):
        yield b"%b%b:" % (b"," if number else b"{", encoded(name))
        if isinstance(part, Iterator):
            yield b"["
            for index, item in enumerate(part):
                yield b"%b%b" % (b"," if index else b"", encoded(item))
            yield b"]"
        else:
            yield encoded(part)
    yield b"}"


def checked_time_to_go_on(time: object) -> None:
    """Raise ``BadSetting`` for what is no ``Time``."""
    if time not in get_args(Time):
        raise BadSetting("time", f"{quoted(str(time))} is not a time to go on from. Write then or now.")


def restored(world: World, found: State, time: Time) -> tuple[Iterator[None], ClockState]:
    """Replace the state of a world, all but its clock, which is to be told what is returned; see ``Tasks.forget``."""
    now = found.now if time == "then" else world.clock.now()
    forgotten = world.reset()
    world.ids.go_on_from(found.ids)
    world.restored = frozenset(filter(is_digest, _accounts(found)))
    if world.store.is_shared:
        found = _sealed_accounts(found)
    for task, looked in found.tasks:
        world.tasks.add(task, found.now, looked)
        following = [index for index, (start, _) in enumerate(task.timeline) if task.created_at + start > found.now]
        if following and task.operation.partition("/")[0] in world.readings:
            world.callbacks.plan(task, following[0])
    for upload, content in found.uploads:
        world.uploads.add(upload, content)
    for possession in found.possessions:
        world.possessions.put(possession)
    for id in filter(str.isdecimal, _ids(found)):
        world.ids.pass_by(int(id))
    for fault in found.faults:
        world.faults.add(fault)
    for prompt in found.prompts:
        world.prompt_faults.put(prompt)
    for limit in found.limits:
        world.limits.put(*limit)
    world.callbacks.forget_until(found.now)
    return forgotten, world.sharing.move_clock(lambda *_: (now, found.is_frozen))


def _ids(found: State) -> Iterator[str]:
    yield from (task.id for task, _ in found.tasks)
    yield from (upload.id for upload, _ in found.uploads)
    yield from (possession.id for possession in found.possessions)


def _accounts(found: State) -> Iterator[str]:
    yield from (task.account for task, _ in found.tasks)
    yield from (upload.account for upload, _ in found.uploads)
    yield from (possession.account for possession in found.possessions)
    yield from (fault.account or "" for fault, _, _ in found.faults)
    yield from (prompt.account for prompt in found.prompts)
    yield from (account for account, _, _ in found.limits)


def _sealed_accounts(found: State) -> State:
    """Return a snapshot in which no account goes by its token, as some of an earlier version do."""
    return replace(
        found,
        tasks=tuple((replace(task, account=digest(task.account)), looked) for task, looked in found.tasks),
        uploads=tuple((replace(upload, account=digest(upload.account)), content) for upload, content in found.uploads),
        possessions=tuple(replace(possession, account=digest(possession.account)) for possession in found.possessions),
        faults=tuple(
            each
            if each.fault.account is None
            else each._replace(fault=replace(each.fault, account=digest(each.fault.account)))
            for each in found.faults
        ),
        prompts=tuple(prompt._replace(account=digest(prompt.account)) for prompt in found.prompts),
        limits=tuple((digest(account), own, left) for account, own, left in found.limits),
    )


def _task_as_json(world: World, task: Task) -> dict[str, JSON]:
    return {
        **{name: getattr(task, name) for name in _TASK_FIELDS},  # dataclasses.asdict would copy every part of it
        "timeline": [list(step) for step in task.timeline],
        "document": task.document.decode(),
        "cause": task.cause and asdict(task.cause),
        "looked": world.tasks.looks(task) if task.looks else 0,  # nobody else counts
    }


def _upload_as_json(world: World, upload: Upload) -> dict[str, JSON]:
    content = world.uploads.content(upload)
    text = None if content is None else b64encode(content).decode()
    return {**asdict(upload), "measure": upload.measure._asdict(), "content": text}


def _possession_as_json(possession: Possession) -> dict[str, JSON]:
    return {name: getattr(possession, name) for name in _POSSESSION_FIELDS}


def _faults_as_json(faults: Iterable[Happening]) -> list[JSON]:
    return [
        {
            "fault": str(fault),
            "account": fault.account,
            "path": fault.path,
            "where": dict(fault.where),
            "origin": fault.origin,
            "possible": possible,
            "happened": happened,
        }
        for fault, possible, happened in faults
    ]


def _limit_as_json(account: str, own: Limit | None, left: tuple[float, Millis] | None) -> JSON:
    rate = None if own is None else own.rate
    limit = {
        "slots": own and own.slots,
        "requests": None if rate is None else rate.count,
        "span": None if rate is None else rate.span,
    }
    count, at = left or (None, None)
    return {"account": account, "own": None if own is None else limit, "left": count, "at": at}
