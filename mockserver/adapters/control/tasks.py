"""What the control API does with tasks."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request

from mockserver.adapters.control import views
from mockserver.adapters.control.body import Refusal
from mockserver.adapters.control.paging import account_of, holds, page
from mockserver.adapters.http.callbacks import CallbackSender
from mockserver.fake.core import Fake
from mockserver.fake.lifecycle import Task
from mockserver.types import JSON


class Tasks:
    """The operations ``tasks.…`` of the description."""

    def __init__(self, fake: Fake, sender: CallbackSender, patience_seconds: float) -> None:
        """An answer waits so long for receivers of callbacks that do not answer."""
        self._fake, self._sender, self._patience_seconds = fake, sender, patience_seconds

    def list(self, request: Request) -> JSON:
        """Show tasks, the newest first."""
        wanted, account = request.query_params, account_of(self._fake, request)
        now = self._fake.clock.now()

        def is_wanted(task: Task) -> bool:
            return (
                wanted.get("service") in (None, task.operation.partition("/")[0])
                and wanted.get("operation") in (None, task.operation)
                and wanted.get("media") in (None, self._fake.world.operation(task).task["media"])
                and account in (None, task.account)
                and wanted.get("status") in (None, task.state(now).status)
                and holds(wanted.get("search"), task.id, task.external_id, task.document.decode())
            )

        return page(request, filter(is_wanted, self._fake.tasks), lambda task: views.task(self._fake, task))

    def get(self, request: Request) -> JSON:
        """Show a task with all that belongs to it."""
        return views.whole_task(self._fake, self._task(request))

    def delete(self, request: Request) -> JSON:
        """Forget a task."""
        self._fake.tasks.delete(self._task(request))
        return {"status": "ok"}

    async def force(self, request: Request, body: JSON) -> JSON:
        """Put a task into a state, and wait for its callbacks."""
        task = await to_thread.run_sync(self._task, request)
        forced = await to_thread.run_sync(self._fake.tasks.force, task, body["status"], body.get("reason"))
        await self._sender.settle(self._patience_seconds)
        return await to_thread.run_sync(views.whole_task, self._fake, forced)

    def _task(self, request: Request) -> Task:
        service, id = request.path_params["service"], request.path_params["id"]
        task = self._fake.tasks.get(service, id)
        if task is None:
            raise Refusal(f"{service} has no task {id!r}.", 404)
        return task
