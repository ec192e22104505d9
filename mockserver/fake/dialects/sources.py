"""Sources: the film of a task that works on another one, such as to extend it, and what records tell of it."""

from __future__ import annotations

from mockserver.contract import places
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.lifecycle import Source
from mockserver.fake.media import plan, results
from mockserver.fake.media.artifacts import Film, film_duration
from mockserver.fake.media.origin import origin
from mockserver.fake.world import World
from mockserver.types import JSON


def source(world: World, call: Call, id: str) -> Source | None:
    """Return the film that a new task works on; ``None`` for an operation that names none. Raises ``Refused``.

    Of one that we have not made nothing is known: it is like the first of the operation's ``files``. ``id`` is then its
    id, if it has none.
    """
    named = call.operation.task.get("source")
    if named is None:
        return None
    wanted, url = (places.first(named[role], call.payload) if role in named else None for role in ("id", "url"))
    if wanted and (found := _made(world, call, str(wanted))) is not None:
        return found
    if wanted and call.readings.get("missing-video") == "refused":
        raise Refused("missing-video", id=wanted)
    (usual, *_) = plan.files(call.operation, id)
    assert isinstance(usual, Film)  # noqa: S101 # the contract has it so
    where = str(url or results.at_once(origin(call.request, world.settings), call.operation, usual))
    return Source(str(wanted or id), where, usual.seconds, usual.width, usual.height, usual.rate)


def shown(source: Source) -> JSON:
    """Return what a record tells of a film that was worked on."""
    return {"id": source.id, "url": source.url, "duration": film_duration(source.seconds, source.rate)}


def _made(world: World, call: Call, wanted: str) -> Source | None:
    """Return the film of an id, if a task of the account has made it."""
    task = world.tasks.get(call.service.id, wanted.rpartition("-")[0], call.account)
    if task is None or task.state(call.now).status != "succeed":
        return None
    for made in plan.artifacts(world.operation(task), task, world.payload(task)):
        if isinstance(made, Film) and f"{task.id}-{made.index}" == wanted:
            return Source(wanted, results.url(task, made), made.seconds, made.width, made.height, made.rate)
    return None
