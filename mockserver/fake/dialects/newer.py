"""The newer standard of Kling: one query and one list for all tasks of an account, of the older paths, too (family 1).

How a task is written is in the templates of its ``service.json``.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import dropwhile, islice

from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.dialects import kling_account, template
from mockserver.fake.dialects.dialect import Dialect
from mockserver.fake.dialects.filling import of_answer, of_task
from mockserver.fake.dialects.kling import refuse
from mockserver.fake.dialects.template import answered
from mockserver.fake.lifecycle import Task
from mockserver.fake.world import RETENTION_MILLIS, World
from mockserver.types import JSON, Millis, Response


def create(world: World, call: Call) -> Response:
    """Make a task; the client's own name for it is unique in the account, across products."""
    if call.readings["empty-pack"] == "refused":
        kling_account.charge(world, call, None)
    return template.create(world, call)


def get(world: World, call: Call) -> Response:
    """Show the tasks that are named, by either of their ids, in the order in which they are; no others are missed."""
    owned = world.owned(call)
    found = [
        *map(owned.get, call.payload.get("task_ids", ())),
        *map(owned.get_external, call.payload.get("external_task_ids", ())),
    ]
    return _shown(world, call, [task for task in found if task is not None and _is_shown(world, task)])


def list_(world: World, call: Call) -> Response:
    """Show some of an account's tasks, the newest first; a cursor is the id of the last one shown."""
    asked = {**call.operation.defaults, **call.payload}
    tasks, cursor = world.owned(call).latest(), asked.get("cursor")
    tasks = _after(cursor, tasks) if cursor else filter(_times(asked, call.now), tasks)
    wanted, together = _wanted(call, asked.get("filters", ())), _TOGETHER[call.readings["filters-together"]]
    shown = (task for task in tasks if _is_shown(world, task))
    chosen = (task for task in shown if not wanted or together(is_wanted(world, task) for is_wanted in wanted))
    page = list(islice(chosen, int(asked["limit"])))
    is_last = next(chosen, None) is None
    return _shown(world, call, page, None if is_last else urlsafe_b64encode(page[-1].id.encode()).decode())


DIALECT: Dialect[World] = Dialect(
    {"create": create, "get": get, "list": list_, "refuse": refuse},
    template.refused,
    template.notice,
    template.reports,
)


def _is_shown(world: World, task: Task) -> bool:
    """Whether a task is one for a client: what is made at once, as by the previous API of elements, has none."""
    return world.operation(task).does == "create"


def _shown(world: World, call: Call, tasks: list[Task], next_cursor: str | None = None) -> Response:
    looked = [world.look(task, call.now) for task in tasks]
    scopes = [of_task(world, task, task.state(call.now), service=call.service) for task in looked]
    only = looked[0] if len(looked) == 1 and call.operation.does == "get" else None
    return answered(call, of_answer(world, call.service.id, scopes, next_cursor=next_cursor), only)


def _after(cursor: str, tasks: Iterator[Task]) -> Iterator[Task]:
    """Return the tasks after the one that a cursor was given for. Raises ``Refused`` if there is none."""
    try:
        id = urlsafe_b64decode(cursor).decode()
    except ValueError:
        id = ""
    rest = dropwhile(lambda task: task.id != id, tasks)
    if next(rest, None) is None:
        raise Refused("bad-cursor", cursor=cursor)
    return rest


def _times(asked: Mapping[str, JSON], now: Millis) -> Callable[[Task], bool]:
    """Return whether a task was created in the time that is asked for: unless said, in the last 30 days."""
    end = int(asked.get("end_time") or now)
    start = int(asked.get("start_time") or end - RETENTION_MILLIS)
    return lambda task: start <= task.created_at <= end


Wanted = Callable[[World, Task], bool]


def _of_status(words: frozenset[JSON], call: Call) -> Wanted:
    spelled = call.service.statuses
    return lambda _, task: spelled.get(state := task.state(call.now).status, state) in words


def _of_product(types: frozenset[JSON], _: Call) -> Wanted:
    return lambda world, task: world.operation(task).task["media"] in types


_FILTERS: Mapping[str, Callable[[frozenset[JSON], Call], Wanted]] = {"status": _of_status, "product_type": _of_product}
_TOGETHER: Mapping[str, Callable[[Iterable[bool]], bool]] = {"each": all, "either": any}


def _wanted(call: Call, filters: Iterable[Mapping[str, JSON]]) -> list[Wanted]:
    """Return what each key is filtered by; of several filters of one key the values add up."""
    values: dict[str, set[JSON]] = {}
    for each in filters:
        values.setdefault(each["key"], set()).update(each["values"])
    return [_FILTERS[key](frozenset(found), call) for key, found in values.items() if found]
