"""What the control API does with the exchanges of the journal."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from heapq import merge
from itertools import islice

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import StreamingResponse

from mockserver.adapters.control import views
from mockserver.adapters.control.body import Refusal
from mockserver.adapters.control.paging import holds, number, page
from mockserver.fake.archive import attempts
from mockserver.fake.archive import entry as archived
from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.core import Fake
from mockserver.fake.journal import Entry
from mockserver.fake.verification import Expectation
from mockserver.har.archive import Entry as Archived
from mockserver.har.writing import pieces
from mockserver.secrecy.mask import Mask, json_of, secrets
from mockserver.secrecy.snippets import snippets
from mockserver.types import JSON

_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
"""Classes of statuses, which a filter may name in the place of one."""


_OF_EXCHANGES = frozenset({"operation", "rule", "reason", "status", "search"})
"""Filters of what only exchanges have, and callbacks do not."""


class Exchanges:
    """The operations ``requests.…`` of the description."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    def list(self, request: Request) -> JSON:
        """Show exchanges, the newest first."""
        wanted = request.query_params
        view = partial(views.whole_exchange if "whole" in wanted else views.exchange, self._fake)
        return page(request, self._wanted(request), view)

    async def archive(self, request: Request) -> StreamingResponse:
        """Write exchanges as HAR, the oldest first, with the callbacks of the same accounts and services."""
        found, forgotten = await to_thread.run_sync(self._archived, request)
        headers = {"content-disposition": 'attachment; filename="requests.har"'}
        return StreamingResponse(pieces(found, forgotten), headers=headers, media_type="application/json")

    def _archived(self, request: Request) -> tuple[Iterator[Archived], int]:
        """Return the entries of an archive, and how many exchanges were forgotten."""
        limit = request.query_params.get("limit")
        exchanges = [*islice(self._wanted(request), None if limit is None else number(limit))][::-1]
        deliveries = [] if _OF_EXCHANGES & request.query_params.keys() else [*self._deliveries(request)]
        sent = sorted(attempts(deliveries, self._fake.signature), key=lambda entry: entry.at or 0)
        found = merge(map(archived, exchanges), sent, key=lambda entry: entry.at or 0)
        return found, self._fake.world.journal.forgotten

    def _deliveries(self, request: Request) -> Iterator[Delivery]:
        service, account = request.query_params.get("service"), request.query_params.get("account")
        whose = None if account is None else self._fake.world.known_as(account)
        for each in self._fake.callbacks:
            if service in (None, each.service) and whose in (None, each.account):
                yield each

    def _wanted(self, request: Request) -> Iterator[Entry]:
        """Yield the exchanges that the filters of a request let through, the newest first."""
        wanted = request.query_params
        status = wanted.get("status")
        expected = Expectation(
            operation=wanted.get("operation"),
            service=wanted.get("service"),
            account=wanted.get("account"),
            rule=None if wanted.get("rule") == "*" else wanted.get("rule"),
            status=None if status in (None, *_CLASSES) else number(status),
        )
        search, kind = wanted.get("search"), wanted.get("reason")

        def is_wanted(entry: Entry) -> bool:
            if wanted.get("rule") == "*" and not entry.violations:
                return False
            if status in _CLASSES and f"{entry.response.status}"[0] != status[0]:
                return False
            reason = entry.response.reason
            if kind is not None and (reason is None or kind not in ("*", reason.kind)):
                return False
            bodies = (entry.request.body, entry.response.body) if search else ()
            return holds(search, entry.request.path, *(body.decode(errors="replace") for body in bodies))

        return filter(is_wanted, self._fake.requests.like(expected, with_cleared="cleared" in wanted))

    def keep_cleared(self, _: Request) -> JSON:
        """From now on, keep what a reset clears."""
        self._fake.requests.keep_cleared()
        return {"status": "ok"}

    def get(self, request: Request) -> JSON:
        """Show an exchange with all that belongs to it."""
        wanted = number(request.path_params["number"])
        for entry in self._fake.requests:
            if entry.number == wanted:
                return {**views.whole_exchange(self._fake, entry), "kept": _kept(entry), "copies": self._copies(entry)}
        raise Refusal(f"there is no request {wanted}, or it was forgotten.", 404)

    def _copies(self, entry: Entry) -> JSON:
        """Return programs that repeat an exchange."""
        service, _, _ = (entry.operation or "").partition("/")
        operations = self._fake.world.catalog.services[service].operations if service else {}
        made = operations.get(entry.operation or "")
        is_create = made is not None and bool(made.task)
        return snippets(entry.request, entry.operation if is_create else None, made.path if made else "")

    def verify(self, _: Request, body: JSON) -> JSON:
        """Say whether the client sent what it should have."""
        if "operation" in body:
            body = {**body, "operation": self._fake.world.catalog.operation(body["operation"]).id}
        verdict = self._fake.requests.meet(Expectation(**body))
        nearest = [{"number": miss.number, "reasons": Mask().json(list(miss.reasons))} for miss in verdict.nearest]
        return {"is_met": verdict.is_met, "found": list(verdict.found), "nearest": nearest}


def _kept(entry: Entry) -> str:
    """Say how the body of a request is here: ``whole``, ``cut`` after its beginning, or with secrets ``masked``."""
    body = entry.request.body
    if len(body) < entry.sizes[0]:
        return "cut"
    text = body.decode(errors="replace")
    # In a shared store the mask is there already; then the name of the field still tells.
    is_masked = entry.mask.text(text) != text or any(True for _ in secrets({}, {}, json_of(body)))
    return "masked" if is_masked else "whole"
