"""The wire format of Kling: an envelope of code, message and request_id around ``data`` (kling 2 to 4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import repeat

from mockserver.contract.places import first
from mockserver.contract.readings import Readings
from mockserver.contract.service import Operation, Service
from mockserver.contract.template import MISSING, Found, fields, filled
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.dialects import kling_account, kling_library, sources
from mockserver.fake.dialects.dialect import Action, Dialect
from mockserver.fake.dialects.filling import of_answer, of_call, of_refusal, of_task, wrapped, written
from mockserver.fake.dialects.kling_library import id_of_task, page
from mockserver.fake.encoding import encoded
from mockserver.fake.lifecycle import FINAL, State, Status, Task
from mockserver.fake.media import plan, results
from mockserver.fake.media.artifacts import USUAL_SUFFIX, Film
from mockserver.fake.world import World
from mockserver.types import JSON, Millis, Payload, Response

_HEADERS = {"content-type": "application/json"}
_DOCUMENTED = frozenset({"images", "series_images", "videos"})
"""The results that the page of callbacks knows (kling 3)."""

_CREATED = b'{"task_id":"%b","task_status":"submitted",%b"created_at":%d,"updated_at":%d}'
_NO_INFO = b'"task_info":{}'
"""What a create is answered with, as bytes: to make an object and write it as JSON takes longer."""


def create(world: World, call: Call) -> Response:
    """Make a task; the client's own name for it is unique in the account, across products."""
    layout = call.service.layout
    external_id = first(layout.external_id_field, call.payload) or None
    if external_id is not None:
        world.check_name(call, external_id)
    callback_url, id = first(layout.callback_field, call.payload) or None, id_of_task(world, call)
    source = sources.source(world, call, id)
    if call.readings["empty-pack"] == "refused":
        kling_account.charge(world, call, source)
    task = world.create(call, id, external_id=external_id, callback_url=callback_url, source=source)
    at, info = task.created_at, _info(call.operation, task, call.readings)
    named = b"%b," % (encoded(info)[1:-1] if external_id else _NO_INFO) if info else b""
    return _answer(world, call, _CREATED % (task.id.encode(), named, at, at), task)


def get(world: World, call: Call) -> Response:
    """Show one task, found by either of its ids."""
    task = world.look(_found(world, call, call.parameters["id"]), call.now)
    return _answer(world, call, _shown(world, task, call), task)


def list_(world: World, call: Call) -> Response:
    """Show a page of an account's tasks: a bare array."""
    operation = call.operation.id.removesuffix(".list") + ".create"
    owner = call.service.id, call.account
    wanted = first(call.service.layout.external_id_field, call.payload)
    if wanted and call.readings["external-id-query"] == "filter":
        task = world.tasks.get_external(owner, wanted)
        tasks = [task] if task is not None and task.operation == operation else []
    else:
        start, size = page(call)
        newest_first = call.readings["list-order"] == "newest-first"
        tasks = world.tasks.page(owner, operation, start, size, newest_first=newest_first)
    shown = [_shown(world, world.look(task, call.now), call) for task in tasks]
    return _answer(world, call, b"[%b]" % b",".join(shown))


def answer(world: World, call: Call) -> Response:
    """Answer at once, by the template of the operation's ``data``; no task is made."""
    return _answer(world, call, written(filled(call.operation.data, of_call(world, call))))


def refuse(_: World, call: Call) -> Response:
    """Refuse whatever is asked of a path that is no more. Raises ``Refused``."""
    raise Refused(str(call.operation.refuses))


def record(world: World, task: Task, state: State, readings: Readings) -> dict[str, JSON]:
    """Return a task as a query shows it in a state."""
    status, updated_at = state
    operation, payload = world.operation(task), world.payload(task)
    data: dict[str, JSON] = {"task_id": task.id, "task_status": status}
    if status == "failed":
        data["task_status_msg"] = task.reason
    elif readings["status-msg"] == "empty":
        data["task_status_msg"] = ""
    data |= _info(operation, task, readings)
    if task.source is not None:
        data["task_info"] = {"parent_video": sources.shown(task.source), **data.get("task_info", {})}
    if isinstance(watermark := payload.get("watermark_info"), dict):
        data["watermark_info"] = {"enabled": watermark.get("enabled", False)}
    if status == "succeed":
        if operation.record is None:
            data["task_result"] = _result(operation, task, payload, readings)
        else:
            data |= fields(operation.record, of_task(world, task, state))
    elif readings["result-before-end"] == "empty":
        data["task_result"] = {}
    if status in FINAL:
        # One that failed costs nothing (kling 2.2).
        units = plan.units(operation, payload, task.source) if status == "succeed" else "0"
        data["final_unit_deduction"] = units
        if readings["balance-deduction"] != "absent":
            data["final_balance_deduction"] = {"quota": units, "list_price": "0"}
    data["created_at"], data["updated_at"] = task.created_at, updated_at
    return data


def notice(world: World, task: Task, at: Millis) -> JSON:
    """Return the body of a callback: the bare record, without an envelope (kling 3)."""
    readings = world.readings[task.operation.partition("/")[0]]
    data = record(world, task, task.state(at), readings)
    if readings["callback-result"] == "as-documented":
        data.pop("watermark_info", None)
        result = data.get("task_result", {})
        if result.keys() & _DOCUMENTED:
            images = result.get("series_images") or result.get("images", [])
            named = {"images": images} if "videos" not in result else {"videos": result["videos"]}
            data["task_result"] = {key: [_bare(item) for item in items] for key, items in named.items()}
    return data


def reports(readings: Readings, status: Status) -> bool:
    """Whether entering a state is called back."""
    wanted = readings["callback-on"]
    return wanted == "every-change" or status in FINAL or (wanted == "after-created" and status != "submitted")


def refused(world: World, service: Service, status: int, body: dict[str, JSON]) -> JSON:
    """Complete an error body."""
    data = {"data": None} if world.readings[service.id]["error-data"] == "null" else {}
    complete = {**body, "request_id": world.ids.uuid(), **data}
    return wrapped(service, "refusal", of_refusal(world, service.id, status, complete), complete)


def _told(told: Callable[[World, Call], Found]) -> Action[World]:
    """Return an action that answers with something about the account, or with no data."""

    def action(world: World, call: Call) -> Response:
        data = told(world, call)
        return _answer(world, call, None if data is MISSING else encoded(data))

    return action


_ACTIONS: Mapping[str, Action[World]] = {
    "create": create,
    "get": get,
    "list": list_,
    "answer": answer,
    "refuse": refuse,
    "costs": _told(kling_account.costs),
    "balance": _told(kling_account.balance),
    "package": _told(kling_account.package),
    "make": _told(kling_library.make),
    "made": _told(kling_library.made),
    "presets": _told(kling_library.presets),
    "discard": _told(kling_library.discard),
}

DIALECT: Dialect[World] = Dialect(_ACTIONS, refused, notice, reports)


def _answer(world: World, call: Call, data: bytes | None, task: Task | None = None) -> Response:
    """Put the envelope around data that is JSON already, and around that what a gateway has around it."""
    beginning, id = _beginning(call.readings["success-message"]), world.ids.uuid().encode()
    body = b'%b,"request_id":"%b"%b}' % (beginning, id, b"" if data is None else b',"data":%b' % data)
    template = call.service.templates.get(call.operation.does) if call.operation.shows is None else call.operation.shows
    if template is not None:
        around = of_answer(world, call.service.id, answer=json.loads(body))
        body = written(filled(template, of_task(world, task, task.state(call.now), around) if task else around))
    return Response(call.operation.answer_status, body, _HEADERS, task=None if task is None else task.id)


@cache
def _beginning(message: str) -> bytes:
    """Write what all successes begin with."""
    return encoded({"code": 0, "message": message}).removesuffix(b"}")


def _shown(world: World, task: Task, call: Call) -> bytes:
    """Return a task as a query shows it, as JSON."""
    state, readings, others = task.state(call.now), call.readings, world.operation(task).shows_others
    return world.shown.record(
        task, state, readings, lambda: encoded(record(world, task, state, readings)), shows_others=others
    )


def _found(world: World, call: Call, id: str) -> Task:
    operation = call.operation.id.removesuffix(".get") + ".create"
    own = world.tasks.get(call.service.id, id, call.account)
    external = world.tasks.get_external((call.service.id, call.account), id)
    first, second = (own, external) if call.readings["id-precedence"] == "task-id" else (external, own)
    for task in (first, second):
        if task is not None and task.operation == operation:
            return task
    row = "missing-task" if call.readings["missing-task"] == "400-1201" else "missing-task-documented"
    raise Refused(row, reading="missing-task", id=id)


def _info(operation: Operation, task: Task, readings: Readings) -> dict[str, JSON]:
    if task.external_id is not None:
        return {"task_info": {"external_task_id": task.external_id}}
    is_there = "info" in operation.task or readings["info-when-none"] == "empty"
    return {"task_info": {}} if is_there else {}


def _result(operation: Operation, task: Task, payload: Payload, readings: Readings) -> dict[str, JSON]:
    media = operation.task["media"]
    numbers, suffix = range(plan.count(operation, payload)), USUAL_SUFFIX[media]
    urls = results.urls(task, numbers, suffix)
    marks: Iterable[dict[str, JSON]] = repeat(_no_watermark(readings))
    if (payload.get("watermark_info") or {}).get("enabled"):
        marks = [{"watermark_url": url} for url in results.urls(task, numbers, suffix, watermark=True)]
    found = zip(numbers, urls, marks, strict=False)
    if media == "video":
        lengths = [each.duration for each in plan.artifacts(operation, task, payload) if isinstance(each, Film)]
        films = zip(found, lengths, strict=True)
        shown = [{"id": f"{task.id}-{n}", "url": url, **mark, "duration": length} for (n, url, mark), length in films]
        return {"videos": shown}
    items = [{"index": number, "url": url, **mark} for number, url, mark in found]
    series = plan.is_series(operation, payload)
    kind = {"result_type": "series" if series else "single"} if readings["result-type"] == "present" else {}
    beside: dict[str, JSON] = {"images": []} if readings["images-beside-series"] == "empty" else {}
    return {**kind, **beside, "series_images": items} if series else {**kind, "images": items}


def _no_watermark(readings: Readings) -> dict[str, JSON]:
    return {"watermark_url": ""} if readings["watermark-off"] == "empty" else {}


def _bare(item: dict[str, JSON]) -> dict[str, JSON]:
    return {name: value for name, value in item.items() if name != "watermark_url"}
