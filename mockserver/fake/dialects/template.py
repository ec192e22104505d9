"""Services whose answers are written out in their ``service.json``, with places to fill in (``contract/template``)."""

from __future__ import annotations

from mockserver.contract import places
from mockserver.contract.readings import Readings
from mockserver.contract.service import Service
from mockserver.contract.template import Scope, filled
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.dialects.dialect import Dialect
from mockserver.fake.dialects.filling import of_answer, of_call, of_refusal, of_task, wrapped, written
from mockserver.fake.lifecycle import FINAL, Status, Task
from mockserver.fake.world import World
from mockserver.types import JSON, Millis, Response

_HEADERS = {"content-type": "application/json"}

_PAGE = 30
"""How many tasks a list has whose request cannot say (kling 2.3)."""


def create(world: World, call: Call) -> Response:
    """Make a task. Where a task is also found by the client's own name for it, that name is unique."""
    layout = call.service.layout
    external_id, url = (_text(call, place) for place in (layout.external_id_field, layout.callback_field))
    if layout.finds_external_id and external_id is not None:
        world.check_name(call, external_id)
    task = world.create(call, _id(world, call), external_id=external_id, callback_url=url)
    return _answer(world, call, task)


def get(world: World, call: Call) -> Response:
    """Show one task."""
    return _answer(world, call, world.look(_found(world, call), call.now))


def list_(world: World, call: Call) -> Response:
    """Show a page of an account's tasks, the newest first."""
    pages, asked = call.service.layout.pages, {**call.operation.defaults, **call.payload}
    size = int(asked.get(pages.size) or _PAGE) if pages else _PAGE
    number = int(asked.get(pages.number) or 1) if pages and pages.number else 1
    create = call.operation.id.removesuffix(".list") + ".create"
    owner = call.service.id, call.account
    tasks = world.tasks.page(owner, create, (number - 1) * size, size, newest_first=True)
    shown = [of_task(world, each, each.state(call.now)) for each in (world.look(task, call.now) for task in tasks)]
    return answered(call, of_answer(world, call.service.id, shown))


def delete(world: World, call: Call) -> Response:
    """Forget a task, and show it once more."""
    task = _found(world, call)
    world.tasks.remove(task)
    return _answer(world, call, task)


def answer(world: World, call: Call) -> Response:
    """Answer at once; no task is made."""
    return answered(call, of_call(world, call))


def notice(world: World, task: Task, at: Millis) -> JSON:
    """Return the body of a callback."""
    service = world.catalog.services[task.operation.partition("/")[0]]
    return filled(service.templates["callback"], of_task(world, task, task.state(at)))


def reports(readings: Readings, status: Status) -> bool:
    """Whether entering a state is called back."""
    wanted = readings.get("callback-on", "end-only")
    return wanted == "every-change" or status in FINAL or (wanted == "after-created" and status != "submitted")


def refused(world: World, service: Service, status: int, body: dict[str, JSON]) -> JSON:
    """Return the body of a refusal: that of the row of the error table, or what the template makes of it."""
    return wrapped(service, "refusal", of_refusal(world, service.id, status, body), body)


_ACTIONS = {"create": create, "get": get, "list": list_, "delete": delete, "answer": answer}

DIALECT: Dialect[World] = Dialect(_ACTIONS, refused, notice, reports)


def _answer(world: World, call: Call, task: Task) -> Response:
    return answered(call, of_task(world, task, task.state(call.now)), task)


def answered(call: Call, scope: Scope, task: Task | None = None) -> Response:
    """Fill the template of an operation, or that of what it does, for a task if it is about one."""
    template = call.operation.shows
    if template is None:
        template = call.service.templates.get(call.operation.does, {})
    body = written(filled(template, scope))
    return Response(call.operation.answer_status, body, _HEADERS, task=None if task is None else task.id)


def _id(world: World, call: Call) -> str:
    form = call.service.ids
    if form in ("hex", "uuid"):
        id = world.ids.uuid()
        return id.replace("-", "") if form == "hex" else id
    return str(world.ids.integer() if form == "integer" else world.ids.decimal())


def _text(call: Call, place: str | None) -> str | None:
    """Return a text that the payload has at a place; an empty one counts as none."""
    found = places.first(place, call.payload)
    return found if isinstance(found, str) and found else None


def _found(world: World, call: Call) -> Task:
    """Return the task that a request names, in its path or in a field. Raises ``Refused``."""
    named = call.parameters.get(call.operation.finds) or places.first(call.operation.finds, call.payload)
    id, owner = str(named or ""), (call.service.id, call.account)
    task = world.tasks.get(call.service.id, id, call.account)
    if task is None and call.service.layout.finds_external_id:
        task = world.tasks.get_external(owner, id)
    if task is None:
        raise Refused("missing-task", id=id)
    return task
