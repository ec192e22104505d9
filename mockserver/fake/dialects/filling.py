"""What fills the templates of answers: a task as it is now, each of its results, a list of tasks, a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from mockserver.contract import places
from mockserver.contract.service import Operation, Service
from mockserver.contract.template import MISSING, Found, Scope, filled, inside
from mockserver.fake.call import Call
from mockserver.fake.encoding import encoded
from mockserver.fake.ids import made_by
from mockserver.fake.intake.auth import user
from mockserver.fake.library import things
from mockserver.fake.lifecycle import FINAL, State, Status, Task
from mockserver.fake.media import plan, results
from mockserver.fake.media.artifacts import Drawn, Film, Made, Picture, Sound, forms
from mockserver.fake.media.origin import origin
from mockserver.fake.world import World
from mockserver.types import JSON, Millis, Payload

_PROGRESS: Mapping[Status, int] = {"submitted": 0, "processing": 50, "succeed": 100, "failed": 100}
"""How far a task is in percent. Real services count, and no client may rely on the steps."""

_UNITS: Mapping[str, Callable[[Millis], JSON]] = {
    "at": lambda at: at,
    "s": lambda at: at // 1000,
    "iso": lambda at: datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
}
"""How a time is written, by the end of its name."""


_KINDS: Mapping[str, type] = {"results": object, "films": Film, "sounds": Sound}
"""Which results each list has."""

_MEDIA: Mapping[type, str] = {Film: "video", Sound: "audio", Picture: "image"}
"""What a result is."""


def of_answer(
    world: World,
    service: str,
    tasks: Sequence[Scope] = (),
    answer: Found = MISSING,
    presets: Sequence[JSON] = (),
    next_cursor: str | None = None,
) -> Scope:
    """Return what belongs to no task: the id of the answer, what it wraps, and the tasks and presets that it lists."""
    values: dict[str, Callable[[str], Found]] = {
        "request_id": lambda _: world.ids.uuid(),
        "reading": lambda question: world.readings[service].get(question, MISSING),
        "count": lambda _: len(tasks),
        "has_more": lambda _: next_cursor is not None,
        "next_cursor": lambda _: _present(next_cursor),
        "answer": lambda _: answer,
    }
    listed = [Scope({"preset": partial(inside, each)}) for each in presets]
    return Scope(values, {"tasks": lambda: tasks, "presets": lambda: listed})


def of_call(world: World, call: Call) -> Scope:
    """Return a request that is answered at once, without a task: what was sent, a new id, and the operation's files."""
    id = world.ids.decimal()
    made = plan.files(call.operation, id)
    url = partial(results.at_once, origin(call.request, world.settings), call.operation)
    values: dict[str, Callable[[str], Found]] = {
        "id": lambda _: id,
        "id_number": lambda _: int(id),
        "payload": partial(_sent, call.operation, call.payload),
        "file": lambda number: url(made[int(number)]) if int(number) < len(made) else MISSING,
    }
    values |= {f"created_{unit}": partial(_time, write, call.now) for unit, write in _UNITS.items()}
    scope = Scope(values, around=of_answer(world, call.service.id))
    items = [Scope(_of_file(each, url), around=scope) for each in made]
    return Scope({}, {"results": lambda: items}, scope)


def of_refusal(world: World, service: str, status: int, body: dict[str, JSON]) -> Scope:
    """Return a refusal: the body of its row in the error table, and its status."""
    values: dict[str, Callable[[str], Found]] = {
        "error": lambda field: body.get(field, MISSING) if field else body,
        "http_status": lambda _: status,
    }
    return Scope(values, around=of_answer(world, service))


def of_task(
    world: World, task: Task, state: State, around: Scope | None = None, service: Service | None = None
) -> Scope:
    """Return a task in a state, as a service shows it: its own, or one that shares its tasks.

    ``around`` is what the answer says besides.
    """
    operation, payload = world.operation(task), world.payload(task)
    service = service or world.catalog.services[operation.service]
    spelled, readings = service.statuses, world.readings[service.id]
    values: dict[str, Callable[[str], Found]] = {
        "id": lambda _: task.id,
        "id_number": lambda _: int(task.id) if task.id.isdecimal() else MISSING,
        "external_id": lambda _: _present(task.external_id),
        "callback_url": lambda _: _present(task.callback_url),
        "status": lambda _: spelled.get(state.status, state.status),
        "progress": lambda _: _PROGRESS[state.status],
        "reason": lambda _: _present(task.reason) if state.status == "failed" else MISSING,
        "units": lambda _: _units(operation, payload, task, state.status),
        "model": lambda _: task.model or MISSING,
        "media": lambda _: operation.task["media"],
        "reading": lambda name: readings.get(name, MISSING),
        "product": lambda _: operation.product,
        "payload": partial(_sent, operation, payload),
        **_of_thing(world, operation, payload, task),
    }
    if state.status in FINAL:
        values["took"] = lambda _: state.updated_at - task.created_at
    for name, at in _times(task, state).items():
        values |= {f"{name}_{unit}": partial(_time, write, at) for unit, write in _UNITS.items()}
    scope = Scope(values, around=around or of_answer(world, operation.service))
    unmarked = "" if world.readings[operation.service].get("watermark-off") == "empty" else MISSING
    found = plan.artifacts(operation, task, payload) if state.status == "succeed" else ()
    items: list[tuple[Made, Scope]] = []
    lists = {name: partial(_some, items, kind) for name, kind in _KINDS.items()}
    file = {"file": lambda number: results.url(task, found[int(number)]) if int(number) < len(found) else MISSING}
    whole = Scope(file, lists, scope)
    items += [(made, _result(operation, payload, task, made, unmarked, whole)) for made in found]
    return whole


def _of_thing(world: World, operation: Operation, payload: Payload, task: Task) -> dict[str, Callable[[str], Found]]:
    """Return what a task has made that is no file, and the things that it named."""

    def named(place: str) -> Found:
        name, _, rest = place.partition(".")
        return inside(thing_of(name), rest)

    def thing_of(name: str) -> JSON:
        library = world.catalog.services[operation.service].libraries[name]
        id = things.named(library, payload)
        if id is None:
            return {}
        thing = things.find(world, library, task.account, id)
        if thing is None:
            return {library.id_field: id}
        if thing.task is None:
            return dict(thing.preset or {})["thing"]
        made: JSON = filled(library.thing, of_task(world, thing.task, thing.task.state(world.clock.now())))
        return made

    return {
        "thing_id": lambda _: MISSING if (id := made_by(task.id)) is None else str(id),
        "thing_number": lambda _: _present(made_by(task.id)),
        "thing_state": lambda _: "kept" if task.deleted_at is None else "deleted",
        "owner": lambda _: str(user(task.account)),
        "named": named,
    }


def wrapped(service: Service, name: str, scope: Scope, body: JSON) -> JSON:
    """Return what a template of a service makes of a body; the body itself if there is none of that name."""
    template = service.templates.get(name)
    return body if template is None else filled(template, scope)


def written(body: Found) -> bytes:
    """Write an answer; a template without any value is an empty one."""
    return b"{}" if body is MISSING else encoded(body)


def _times(task: Task, state: State) -> dict[str, Millis | None]:
    started = next((task.created_at + start for start, status in task.timeline if status == "processing"), None)
    return {
        "created": task.created_at,
        "updated": state.updated_at,
        "started": None if started is None or started > state.updated_at else started,
        "ended": state.updated_at if state.status in FINAL else None,
    }


def _time(write: Callable[[Millis], JSON], at: Millis | None, _: str) -> Found:
    return MISSING if at is None else write(at)


def _units(operation: Operation, payload: Payload, task: Task, status: Status) -> Found:
    """Return what a task costs; one that failed costs nothing (kling 2.2)."""
    if status not in FINAL:
        return MISSING
    return plan.units(operation, payload, task.source) if status == "succeed" else "0"


def _result(operation: Operation, payload: Payload, task: Task, made: Made, unmarked: Found, around: Scope) -> Scope:
    """Return a result; ``unmarked`` is the URL of a watermarked twin that nobody asked for."""
    is_marked = _sent(operation, payload, operation.task.get("watermark", "")) is True
    series = {"series_id": lambda _: task.id} if plan.is_series(operation, payload) else {}
    return Scope({**_of_result(task, made, unmarked, is_marked=is_marked), **series}, around=around)


def _some(results: Sequence[tuple[Made, Scope]], kind: type) -> Iterator[Scope]:
    return (scope for made, scope in results if isinstance(made, kind))


def _of_result(task: Task, made: Made, unmarked: Found, *, is_marked: bool) -> dict[str, Callable[[str], Found]]:
    return {
        **_of_file(made, partial(results.url, task)),
        "watermark_url": lambda _: results.url(task, made, watermark=True) if is_marked else unmarked,
    }


def _of_file(made: Made, url: Callable[[Made], str]) -> dict[str, Callable[[str], Found]]:
    values: dict[str, Callable[[str], Found]] = {
        "index": lambda _: made.index,
        "media": lambda _: next(name for kind, name in _MEDIA.items() if isinstance(made, kind)),
        "result_id": lambda _: f"{made.task_id}-{made.index}",
        "url": lambda form: next((url(each) for each in forms(made) if form in ("", each.suffix[1:])), MISSING),
    }
    if isinstance(made, Drawn):
        values |= {"width": lambda _: made.width, "height": lambda _: made.height}
    if isinstance(made, Film | Sound):
        values |= {
            "duration": lambda _: made.duration,
            "seconds": lambda _: float(made.duration),
            "milliseconds": lambda _: round(float(made.duration) * 1000),
        }
    return values


def _sent(operation: Operation, payload: Payload, place: str) -> Found:
    """Return what stands at a place of the payload, or the default of its field; all of it without a place."""
    if not place:
        return payload
    found = places.first(place, payload)
    return _present(operation.default(place, payload) if found is None else found)


def _present(found: JSON) -> Found:
    return MISSING if found is None else found
