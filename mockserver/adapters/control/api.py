"""The control API under ``/_mock/``: what a test can do with a fake, as ``schemas/control.json`` describes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from mockserver.adapters.control.callbacks import Callbacks
from mockserver.adapters.control.events import events, state
from mockserver.adapters.control.exchanges import Exchanges
from mockserver.adapters.control.faults import Held, Profiles
from mockserver.adapters.control.health import health
from mockserver.adapters.control.operations import Operations
from mockserver.adapters.control.paging import number
from mockserver.adapters.control.tasks import Tasks
from mockserver.adapters.http.callbacks import CallbackSender
from mockserver.contract.description.control import description
from mockserver.errors import MockserverError, unexpected
from mockserver.fake.core import Fake
from mockserver.fake.state import snapshot
from mockserver.types import JSON

_CHECKED_LATER = frozenset({"settings.change", "snapshot.restore"})
"""Operations whose bodies are checked where Python's are, so that both doors refuse the same in the same words."""

_OPEN = frozenset({"/ready", "/live"})  # these need no guard; ``probes`` answers them

_PIECES_AT_ONCE = 200
"""Pieces of a snapshot, mostly tasks, that are sent together: some 100 KB, in some milliseconds."""

_PATIENCE_SECONDS = 2.0
"""How long an answer waits for receivers of callbacks that do not answer; those that do are waited for."""


class Control:
    """One endpoint for each operation of the description, by its ``operationId``."""

    def __init__(self, fake: Fake, sender: CallbackSender) -> None:
        self._fake, self._sender = fake, sender
        self._groups = {
            "tasks": Tasks(fake, sender, _PATIENCE_SECONDS),
            "callbacks": Callbacks(fake, sender, _PATIENCE_SECONDS),
            "requests": Exchanges(fake),
            "profiles": Profiles(fake),
            "held": Held(fake, sender, _PATIENCE_SECONDS),
            "operations": Operations(fake),
        }

    def routes(self) -> list[Route]:
        """Return the routes that need a guard, to be mounted at ``/_mock``."""
        found = []
        for path, operations in description()["paths"].items():
            if path in _OPEN:
                continue
            answers = {
                method.upper(): self._answering(self._endpoint(operation["operationId"]), operation)
                for method, operation in operations.items()
            }
            # One route for a path: of several, Starlette would name the methods of the first alone.
            found.append(Route(path, by_method(answers), methods=list(answers)))
        # A literal path wins over one with a parameter: /requests/verify is not a number.
        return sorted(found, key=lambda route: "{" in route.path)

    def _endpoint(self, id: str) -> Callable[..., Any]:
        group, _, name = id.partition(".")
        found: Callable[..., Any] = (
            getattr(self._groups[group], name) if group in self._groups else getattr(self, id.replace(".", "_"))
        )
        return found

    def _answering(self, endpoint: Callable[..., Any], operation: dict[str, JSON]) -> Callable[[Request], Any]:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        is_checked_later = operation["operationId"] in _CHECKED_LATER
        whole = {**({} if is_checked_later else content.get("schema", {})), "components": description()["components"]}

        async def answer(request: Request) -> Response:
            try:
                arguments = [request, await body_of(request, whole)] if content else [request]
                if self._fake.waits and endpoint not in (self.health, self.events):
                    await to_thread.run_sync(self._fake.learn)
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
        return health(self._fake, self._sender.workers)

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

    def faults_list(self, _: Request) -> JSON:
        return {"faults": [views.fault(*item) for item in self._fake.faults], "kinds": views.fault_kinds(self._fake)}

    def faults_add(self, _: Request, body: JSON) -> JSON:
        line = body["fault"]
        scope = {name: value for name, value in body.items() if name != "fault"}
        return {"number": self._fake.faults.add(line, **scope, origin="control")}

    def faults_clear(self, request: Request) -> JSON:
        self._fake.faults.clear(request.query_params.get("account"))
        return {"status": "ok"}

    def faults_remove(self, request: Request) -> JSON:
        if not self._fake.faults.remove(number(request.path_params["number"])):
            raise Refusal(f"there is no fault with the number {request.path_params['number']}.", 404)
        return {"status": "ok"}

    def settings_get(self, _: Request) -> JSON:
        return views.settings(self._fake)

    def settings_change(self, request: Request, body: JSON) -> JSON:
        changeable = description()["components"]["schemas"]["Settings"]["properties"]
        self._fake.change(lambda settings: changed(settings, body, changeable))
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


def _joined(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Join small pieces: each is made and sent in a turn of a thread."""
    while batch := b"".join(islice(pieces, _PIECES_AT_ONCE)):
        yield batch
