"""The wire format of useapi.net: bare objects without an envelope, a task in Kling's own terms, and ``error`` alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from mockserver.contract.places import first
from mockserver.contract.readings import Readings
from mockserver.contract.service import Service
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.dialects import useapi_accounts as accounts
from mockserver.fake.dialects import useapi_assets as assets
from mockserver.fake.dialects import useapi_kept as kept
from mockserver.fake.dialects import useapi_task as shape
from mockserver.fake.dialects.dialect import Dialect
from mockserver.fake.encoding import encoded
from mockserver.fake.lifecycle import FINAL, STATUSES, Status, Task
from mockserver.fake.world import World
from mockserver.types import JSON, Millis, Response

_JSON = {"content-type": "application/json"}
_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
_REPORTED = {"every-change": STATUSES, "after-created": STATUSES[1:], "end-only": tuple(FINAL)}
_STOPPED = "Task was successfully canceled."


def create(world: World, call: Call) -> Response:
    """Make a task. Its slot is one of its account's, so the account stands for the email."""
    email = accounts.account_of(world, call)
    before = assets.checked_inputs(world, call, email)
    own = accounts.own_jobs(world, call, email)
    jobs = {} if own is None else {"maxJobs": accounts.most_jobs(world, call, email)}
    named = replace(call, payload={**jobs, **call.payload, "email": email})
    layout = call.service.layout
    reference, url = (first(place, call.payload) for place in (layout.external_id_field, layout.callback_field))
    try:
        task = world.create(named, str(world.ids.integer()), external_id=reference, callback_url=url)
    except Refused as refused:
        if refused.row != "no-slot" or call.readings["retry-after"] == "absent":
            raise
        raise Refused("no-slot", headers={"retry-after": call.readings["retry-after"]}) from refused
    if before is not None:  # what is made of a work has its shape
        task = replace(task, ratio=before.task.ratio)
        world.tasks.replace(task)
    return _answer(shape.created(world, task, call.readings), task)


def get(world: World, call: Call) -> Response:
    """Show one task."""
    task = _found(world, call, "missing-task")
    task = world.look(task, call.now)
    status = task.state(call.now).status
    if status == "failed" and call.readings["failed-task"] == "vanished":
        raise Refused("missing-task", reading="failed-task", id=task.id)
    times = encoded(shape.times_to_go(task, status, call.now, call.readings))
    return _written(b"%b,%b" % (_shown(world, task, call).removesuffix(b"}"), times.removeprefix(b"{")), task=task)


def list_(world: World, call: Call) -> Response:
    """Show an account's tasks, the newest first."""
    asked = {**call.operation.defaults, **call.payload}
    email = accounts.meant(world, call)
    before, after, kind = asked.get("createdBefore"), asked.get("createdAfter"), asked.get("contentType")
    wanted = (
        task
        for task in accounts.newest(world, call)
        if (before is None or task.created_at < before)
        and (after is None or task.created_at > after)
        and kind in (None, world.operation(task).task["media"])
        and accounts.is_of(task, email)
    )
    tasks = [world.look(task, call.now) for task in islice(wanted, asked["pageSize"])]
    return _written(b'{"history":[%b]}' % b",".join([_shown(world, task, call) for task in tasks]))


def delete(world: World, call: Call) -> Response:
    """Delete a task with all its works; one that has none is not found."""
    task = _found(world, call, "no-works")
    if task.state(call.now).status != "succeed":
        raise Refused("no-works", id=task.id)
    ids = [each.id for each in shape.works(world, task)]
    world.tasks.remove(task)
    return _answer({"deleted": len(ids), "workIds": ids}, task)


def running(world: World, call: Call) -> Response:
    """Show the tasks of this token that are in flight."""
    return _answer([accounts.running(world, task, call.now) for task in accounts.tracked(world, call)])


def available(world: World, call: Call) -> Response:
    """Show what is in flight, and how much more each account could take."""
    tasks = accounts.tracked(world, call)
    free = []
    for email in accounts.configured(world, call):
        most, taken = accounts.most_jobs(world, call, email), sum(task.model in ("", email) for task in tasks)
        free.append({"email": email, "maxJobs": most, "executing": taken, "available": max(most - taken, 0)})
    return _answer({"executing": [accounts.running(world, task, call.now) for task in tasks], "available": free})


def stop(world: World, call: Call) -> Response:
    """Stop tracking a task: its slot is free and nothing is called back, and Kling goes on (useapi S-03)."""
    id = _id(call)
    task = world.tasks.get(call.service.id, id, call.account)
    if task is None or not accounts.is_tracked(task, call.now):
        raise Refused("no-running-task", id=id)
    world.tasks.replace(replace(task, slots=0, callback_url=None))
    if call.readings["stop-answer"] == "text":
        return Response(200, _STOPPED.encode(), {"content-type": "text/plain"}, task=id)
    return Response(200, task=id)


def upload(world: World, call: Call) -> Response:
    """Take a file."""
    return _answer(assets.upload(world, call))


def uploaded(world: World, call: Call) -> Response:
    """Show an account's files."""
    return _answer({"uploadAssetsList": assets.listed(world, call)})


def works(world: World, call: Call) -> Response:
    """Show a page of what an account's tasks have made."""
    asked = {**call.operation.defaults, **call.payload}
    email, kind = accounts.meant(world, call), asked.get("contentType")
    done = [
        task
        for task in accounts.newest(world, call)
        if task.state(call.now).status == "succeed"
        and kind in (None, world.operation(task).task["media"])
        and accounts.is_of(task, email)
    ]
    ordered = done if asked["sort"] == "desc" else done[::-1]
    start = (asked["pageNum"] - 1) * asked["pageSize"]
    shown = [_shown(world, task, call) for task in ordered[start : start + asked["pageSize"]]]
    types = dict.fromkeys(shape.type_of(world.operation(task), world.payload(task)) for task in done)
    limitations = encoded([shape.limitation(type) for type in types])
    return _written(b'{"limitations":%b,"history":[%b]}' % (limitations, b",".join(shown)))


def download(world: World, call: Call) -> Response:
    """Show where works can be had: the file of one, or a ZIP of several."""
    return _answer({"cdnUrl": assets.download(world, call), "status": "success"})


def discard(world: World, call: Call) -> Response:
    """Forget files that an account has uploaded."""
    ids = assets.discarded(world, call)
    return _answer({"deleted": len(ids), "ids": ids})


def accounts_(world: World, call: Call) -> Response:
    """Show the configured accounts, by email."""
    emails = accounts.configured(world, call)
    if not emails:
        raise Refused("no-accounts")
    return _answer({email: accounts.account(world, call, email) for email in emails})


def account(world: World, call: Call) -> Response:
    """Show one account, and what it has."""
    shown = accounts.account(world, call, accounts.named(world, call))
    return _answer({**shown, "balance": accounts.balance(call)})


def configure(world: World, call: Call) -> Response:
    """Add an account, or change it."""
    shown = accounts.account(world, call, accounts.configure(world, call))
    return _written(encoded(shown), call.operation.answer_status)


def remove(world: World, call: Call) -> Response:
    """Remove an account."""
    accounts.remove(world, call, accounts.named(world, call))
    return Response(int(call.readings["account-removed"]))


def _kept(write: Callable[[World, Call], bytes]) -> Callable[[World, Call], Response]:
    return lambda world, call: _written(write(world, call), call.operation.answer_status)


def notice(world: World, task: Task, at: Millis) -> JSON:
    """Return the body of a callback: what a query would show, with the client's own reference (useapi W-03)."""
    service = task.operation.partition("/")[0]
    readings = world.readings[service]
    whole = world.tasks.get(service, task.id) or task  # what is reported knows only its past
    shown = shape.model(world, task, at, readings)
    shown |= shape.times_to_go(whole, shown["status_name"], at, readings)
    if task.external_id is None:
        return shown
    reference = {"replyRef": task.external_id}
    place = readings["reply-ref-place"]
    return {**shown, **(reference if place == "root" else {place: reference})}


def reports(readings: Readings, status: Status) -> bool:
    """Whether entering a state is called back."""
    return status in _REPORTED[readings["callback-on"]]


def refused(_: World, __: Service, ___: int, body: dict[str, JSON]) -> JSON:
    """Leave the body of a refusal as its row has it: there is no id of the request."""
    return body


DIALECT: Dialect[World] = Dialect(
    {
        "create": create,
        "get": get,
        "list": list_,
        "delete": delete,
        "running": running,
        "available": available,
        "stop": stop,
        "upload": upload,
        "uploaded": uploaded,
        "works": works,
        "download": download,
        "discard": discard,
        "accounts": accounts_,
        "account": account,
        "configure": configure,
        "remove": remove,
        "keep": _kept(kept.add),
        "kept": _kept(kept.items),
        "show": _kept(kept.item),
        "forget": _kept(kept.remove),
        "answer": _kept(kept.answer),
    },
    refused,
    notice,
    reports,
)


def _answer(body: JSON, task: Task | None = None) -> Response:
    return _written(encoded(body), task=task)


def _written(body: bytes, status: int = 200, task: Task | None = None) -> Response:
    return Response(status, body, _JSON, task=None if task is None else task.id)


def _shown(world: World, task: Task, call: Call) -> bytes:
    """Return the model of a task as a query shows it, as JSON."""
    now, readings, others = call.now, call.readings, world.operation(task).shows_others
    return world.shown.record(
        task, task.state(now), readings, lambda: encoded(shape.model(world, task, now, readings)), shows_others=others
    )


def _id(call: Call) -> str:
    id = call.parameters["task_id"]
    if not _ID.fullmatch(id):
        raise Refused("bad-task-id")
    return id


def _found(world: World, call: Call, row: str) -> Task:
    """Find the task in a path, of the account that is meant. Raises ``Refused`` with a row if there is none."""
    id, email = _id(call), accounts.meant(world, call)
    task = world.tasks.get(call.service.id, id, call.account)
    if task is None or not accounts.is_of(task, email):
        raise Refused(row, id=id)
    return task
