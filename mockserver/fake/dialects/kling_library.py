"""Elements and voices at Kling (family 2): what is made at once, what every account has, and what is deleted."""

from __future__ import annotations

from mockserver.contract.template import MISSING, Found, Scope, filled
from mockserver.fake.answering.refusal import Refused
from mockserver.fake.call import Call
from mockserver.fake.dialects.filling import of_answer, of_task
from mockserver.fake.library import naming
from mockserver.fake.world import World


def id_of_task(world: World, call: Call) -> str:
    """Return the id of a new task; that of one which makes no file leads to what it makes."""
    return world.ids.maker() if call.operation.task["media"] == "none" else world.ids.decimal()


def make(world: World, call: Call) -> Found:
    """Make a thing at once: what is answered is the thing, and no task. Raises ``Refused``."""
    task = world.create(call, id_of_task(world, call))
    if task.state(call.now).status == "failed":
        world.tasks.remove(task)
        raise Refused("invalid", message=task.reason)
    return _filled(call, of_task(world, task, task.state(call.now)))


def made(world: World, call: Call) -> Found:
    """Show a page of what an account has made at once, and not deleted."""
    operation, owner = call.operation.id.removesuffix(".list") + ".create", (call.service.id, call.account)
    start, size = page(call)
    newest_first = call.readings["list-order"] == "newest-first"
    every = world.tasks.page(owner, operation, 0, world.tasks.count(owner, operation), newest_first=newest_first)
    kept = [task for task in every if task.deleted_at is None][start : start + size]
    return _filled(
        call, of_answer(world, call.service.id, [of_task(world, task, task.state(call.now)) for task in kept])
    )


def presets(world: World, call: Call) -> Found:
    """Show a page of what every account has."""
    start, size = page(call)
    library = call.service.libraries[str(call.operation.library)]
    return _filled(call, of_answer(world, call.service.id, presets=library.presets[start : start + size]))


def discard(world: World, call: Call) -> Found:
    """Delete a thing: its task still shows it, as one that is gone, and no request can name it any more."""
    task = naming.delete(world, call, call.service.libraries[str(call.operation.library)])
    if call.readings["deleted-data"] == "absent":
        return MISSING
    return _filled(call, of_task(world, task, task.state(call.now)))


def page(call: Call) -> tuple[int, int]:
    """Return where the page that is asked for begins, and how much it holds."""
    asked = {**call.operation.defaults, **call.payload}
    return (asked["pageNum"] - 1) * asked["pageSize"], asked["pageSize"]


def _filled(call: Call, scope: Scope) -> Found:
    """Return what the operation's template makes of a task or a list."""
    return filled(call.operation.data, scope)
