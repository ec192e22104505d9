"""The control API under ``/_mock/``: what a test can do with a fake, as ``schemas/control.json`` describes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from inspect import iscoroutinefunction
from itertools import islice
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from mockserver.adapters.control import views
from mockserver.adapters.control.answers import apology, by_method, written
from mockserver.adapters.control.body import Refusal, body_of, changed
from mockserver.adapters.control.events import events, state
from mockserver.adapters.http.callbacks import CallbackSender
from mockserver.errors import MockserverError, unexpected
from mockserver.fake.core import Fake
from mockserver.fake.journal import Entry
from mockserver.fake.lifecycle import Task
from mockserver.fake.state import snapshot
from mockserver.fake.verification import Expectation
from mockserver.resources import folder
from mockserver.secrecy import Mask
from mockserver.types import JSON

_PAGE_ITEMS, _MOST_ITEMS = 100, 10_000
"""Items of a page unless ``limit`` says otherwise, and at most: more would be a second of work and megabytes."""

_CHECKED_LATER = frozenset({"settings.change", "snapshot.restore"})
"""Operations whose bodies are checked where Python's are, so that both doors refuse the same in the same words."""

_OPEN = frozenset({"/ready", "/live"})  # these need no guard; ``probes`` answers them

_PIECES_AT_ONCE = 200
"""Pieces of a snapshot, mostly tasks, that are sent together: some 100 KB, in some milliseconds."""

_PATIENCE_SECONDS = 2.0
"""How long an answer waits for receivers of callbacks that do not answer; those that do are waited for."""


@cache
def description() -> dict[str, JSON]:
    """Return the OpenAPI description of the control API."""
    found: dict[str, JSON] = json.loads((folder("schemas") / "control.json").read_text(encoding="utf-8"))
    return found


class Control:
    """One endpoint for each operation of the description, by its ``operationId``."""

    def __init__(self, fake: Fake, sender: CallbackSender) -> None:
        self._fake, self._sender = fake, sender

    def routes(self) -> list[Route]:
        """Return the routes that need a guard, to be mounted at ``/_mock``."""
        found = []
        for path, operations in description()["paths"].items():
            if path in _OPEN:
                continue
            answers = {
                method.upper(): self._answering(getattr(self, operation["operationId"].replace(".", "_")), operation)
                for method, operation in operations.items()
            }
            # One route for a path: of several, Starlette would name the methods of the first alone.
            found.append(Route(path, by_method(answers), methods=list(answers)))
        # A literal path wins over one with a parameter: /requests/verify is not a number.
        return sorted(found, key=lambda route: "{" in route.path)

    def _answering(self, endpoint: Callable[..., Any], operation: dict[str, JSON]) -> Callable[[Request], Any]:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        is_checked_later = operation["operationId"] in _CHECKED_LATER
        whole = {**({} if is_checked_later else content.get("schema", {})), "components": description()["components"]}

        async def answer(request: Request) -> Response:
            try:
                arguments = [request, await body_of(request, whole)] if content else [request]
                if iscoroutinefunction(endpoint):
                    found = await endpoint(*arguments)
                    return found if isinstance(found, Response) else written(found)
                # A search through all tasks can take a second, in which nobody else would get an answer.
                return await to_thread.run_sync(lambda: written(endpoint(*arguments)))
            except MockserverError as error:
                return JSONResponse({"error": str(error)}, getattr(error, "status", 400))
            except Exception as error:  # noqa: BLE001 - the last resort: whoever steers a fake reads JSON
                unexpected(error, f"failed to answer {request.method} {request.url.path}")
                return apology(self._fake, error)

        return answer

    def health(self, _: Request) -> JSON:
        workers = self._sender.workers
        return {
            "status": "ok" if workers.is_well and not self._fake.failures else "failing",
            "services": {service.id: service.title for service in self._fake.world.services},
            "now": self._fake.clock.now(),
            "tasks": {"kept": len(self._fake.tasks), "evicted": self._fake.world.tasks.evicted},
            "failures": self._fake.failures,
            "workers": workers.report(),
        }

    def state(self, _: Request) -> JSON:
        return state(self._fake)

    async def events(self, request: Request) -> Response:
        return await events(self._fake, request)

    def clock_get(self, _: Request) -> JSON:
        return {"now": self._fake.clock.now(), "is_frozen": self._fake.clock.is_frozen}

    def clock_freeze(self, request: Request) -> JSON:
        self._fake.clock.freeze()
        return self.clock_get(request)

    def clock_resume(self, request: Request) -> JSON:
        self._fake.clock.resume()
        return self.clock_get(request)

    async def clock_set(self, request: Request, body: JSON) -> JSON:
        await to_thread.run_sync(self._fake.clock.set, body["now"])
        return await self._settled(request)

    async def clock_advance(self, request: Request, body: JSON) -> JSON:
        await to_thread.run_sync(self._fake.clock.advance, body["advance"])
        return await self._settled(request)

    async def _settled(self, request: Request) -> JSON:
        unfinished = await self._sender.settle(_PATIENCE_SECONDS)
        return {**self.clock_get(request), "unfinished_callbacks": unfinished}

    def tasks_list(self, request: Request) -> JSON:
        wanted, account = request.query_params, self._account(request)
        now = self._fake.clock.now()

        def is_wanted(task: Task) -> bool:
            return (
                wanted.get("service") in (None, task.operation.partition("/")[0])
                and wanted.get("operation") in (None, task.operation)
                and account in (None, task.account)
                and wanted.get("status") in (None, task.state(now).status)
                and _holds(wanted.get("search"), task.id, task.external_id, task.document.decode())
            )

        return _page(request, filter(is_wanted, self._fake.tasks), lambda task: views.task(self._fake, task))

    def tasks_get(self, request: Request) -> JSON:
        return views.whole_task(self._fake, self._task(request))

    def tasks_delete(self, request: Request) -> JSON:
        self._fake.tasks.delete(self._task(request))
        return {"status": "ok"}

    async def tasks_force(self, request: Request, body: JSON) -> JSON:
        task = await to_thread.run_sync(self._task, request)
        forced = await to_thread.run_sync(self._fake.tasks.force, task, body["status"], body.get("reason"))
        await self._sender.settle(_PATIENCE_SECONDS)
        return await to_thread.run_sync(views.whole_task, self._fake, forced)

    def callbacks_list(self, request: Request) -> JSON:
        wanted, account = request.query_params, self._account(request)
        found = (
            delivery
            for delivery in reversed(self._fake.callbacks)
            if wanted.get("task") in (None, delivery.task_id)
            and wanted.get("service") in (None, delivery.service)
            and account in (None, delivery.account)
            and _holds(wanted.get("search"), delivery.id, delivery.task_id, delivery.url)
        )
        return _page(request, found, lambda delivery: views.callback(self._fake, delivery))

    async def callbacks_send(self, request: Request) -> JSON:
        id = request.path_params["id"]
        sent = await to_thread.run_sync(self._fake.callbacks.send_again, id)
        if sent is None:
            raise Refusal(f"there is no callback {id!r}, or its task was forgotten.", 404)
        await self._sender.settle(_PATIENCE_SECONDS)
        found = await to_thread.run_sync(self._fake.callbacks.get, id)
        return await to_thread.run_sync(views.callback, self._fake, found or sent)

    def requests_list(self, request: Request) -> JSON:
        wanted = request.query_params
        expected = Expectation(
            operation=wanted.get("operation"),
            service=wanted.get("service"),
            account=wanted.get("account"),
            rule=None if wanted.get("rule") == "*" else wanted.get("rule"),
            status=_number(wanted["status"]) if "status" in wanted else None,
        )
        search = wanted.get("search")

        def is_wanted(entry: Entry) -> bool:
            if wanted.get("rule") == "*" and not entry.violations:
                return False
            bodies = (entry.request.body, entry.response.body) if search else ()
            return _holds(search, entry.request.path, *(body.decode(errors="replace") for body in bodies))

        view = views.whole_exchange if "whole" in wanted else views.exchange
        found = self._fake.requests.like(expected, with_cleared="cleared" in wanted)
        return _page(request, filter(is_wanted, found), view)

    def requests_keep_cleared(self, _: Request) -> JSON:
        self._fake.requests.keep_cleared()
        return {"status": "ok"}

    def requests_get(self, request: Request) -> JSON:
        wanted = _number(request.path_params["number"])
        for entry in self._fake.requests:
            if entry.number == wanted:
                return views.whole_exchange(entry)
        raise Refusal(f"there is no request {wanted}, or it was forgotten.", 404)

    def requests_verify(self, _: Request, body: JSON) -> JSON:
        if "operation" in body:
            body = {**body, "operation": self._fake.world.catalog.operation(body["operation"]).id}
        verdict = self._fake.requests.meet(Expectation(**body))
        nearest = [{"number": miss.number, "reasons": Mask().json(list(miss.reasons))} for miss in verdict.nearest]
        return {"is_met": verdict.is_met, "found": list(verdict.found), "nearest": nearest}

    def faults_list(self, _: Request) -> JSON:
        return {"faults": [views.fault(*item) for item in self._fake.faults], "kinds": views.fault_kinds(self._fake)}

    def faults_add(self, _: Request, body: JSON) -> JSON:
        line = body["fault"]
        scope = {name: value for name, value in body.items() if name != "fault"}
        return {"number": self._fake.faults.add(line, **scope)}

    def faults_clear(self, request: Request) -> JSON:
        self._fake.faults.clear(request.query_params.get("account"))
        return {"status": "ok"}

    def faults_remove(self, request: Request) -> JSON:
        if not self._fake.faults.remove(_number(request.path_params["number"])):
            raise Refusal(f"there is no fault with the number {request.path_params['number']}.", 404)
        return {"status": "ok"}

    def settings_get(self, _: Request) -> JSON:
        return views.settings(self._fake)

    def settings_change(self, request: Request, body: JSON) -> JSON:
        changeable = description()["components"]["schemas"]["Settings"]["properties"]
        self._fake.reconfigure(changed(self._fake.settings, body, changeable))
        return self.settings_get(request)

    def limits_set(self, _: Request, body: JSON) -> JSON:
        self._fake.limit(body["account"], body.get("slots"), body.get("rate"))
        return {"status": "ok"}

    def readings_list(self, _: Request) -> JSON:
        return {"readings": views.questions(self._fake)}

    def reset(self, _: Request, body: JSON) -> JSON:
        self._fake.reset(body.get("account"))
        return {"status": "ok"}

    async def snapshot_take(self, _: Request) -> Response:
        sections = await to_thread.run_sync(self._fake.sections)
        return StreamingResponse(_joined(snapshot.written(sections)), media_type="application/json")

    async def snapshot_restore(self, request: Request, body: JSON) -> JSON:
        time: Any = request.query_params.get("time", "then")
        await to_thread.run_sync(self._fake.restore, body, time)  # it may have thousands of tasks
        return {"status": "ok", "time": time, **await self._settled(request)}

    def _account(self, request: Request) -> str | None:
        """Return what the account is called whose token ``?account=`` names."""
        token = request.query_params.get("account")
        return None if token is None else self._fake.world.known_as(token)

    def _task(self, request: Request) -> Task:
        service, id = request.path_params["service"], request.path_params["id"]
        task = self._fake.tasks.get(service, id)
        if task is None:
            raise Refusal(f"{service} has no task {id!r}.", 404)
        return task


def _joined(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Join small pieces: each is made and sent in a turn of a thread."""
    while batch := b"".join(islice(pieces, _PIECES_AT_ONCE)):
        yield batch


def _page(request: Request, found: Iterable[Any], view: Callable[[Any], JSON]) -> JSON:
    """Show a page of what was found; ``next`` is the offset of the next page, if there is one."""
    limit = min(_number(request.query_params.get("limit", str(_PAGE_ITEMS))), _MOST_ITEMS)
    offset = _number(request.query_params.get("offset", "0"))
    shown = list(islice(found, offset, offset + limit + 1))
    return {"items": [view(item) for item in shown[:limit]], "next": offset + limit if len(shown) > limit else None}


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refusal(f"{text!r} is not a number. Write digits.")
    return int(text)


def _holds(search: str | None, *texts: str | None) -> bool:
    return search is None or any(search.lower() in text.lower() for text in texts if text)
