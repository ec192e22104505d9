"""Queries: lists and their pages, ids of no task, and names that are taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.contract.layout import PageFields
from mockserver.contract.places import first, with_value
from mockserver.contract.service import Operation
from mockserver.kit.lookups import is_by_path
from mockserver.kit.server.evidence import Named, Page, Purpose, TaskHistory, TimeBound
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.scenario import Cost, Scenario
from mockserver.kit.server.watched_tasks import base_payload
from mockserver.kit.task_view import task_views
from mockserver.types import JSON

REFUSES_NAMES = "duplicate-external-id-refused"
"""The check that misses a name that could not be used again."""

LARGEST_PAGE = 500
"""What a page is asked for where the contract has no maximum."""

_UNKNOWN_ID = "900000000000000001"
"""As long as the real ids, and above all that there are."""

_MOST_PAGES = 12
_SMALL_PAGE = 2


def query(probe: Probe) -> None:
    """Ask for tasks, lists and pages: for those that are there, and for those that are not. Raises ``Spent``."""
    histories = probe.evidence().histories
    for create in probe.target.create_operations:
        probe.budget.check()
        own = [history for history in histories if history.task.operation is create]
        _ask_for_missing(probe, create, own, [history for history in histories if history.task.operation is not create])
        _reuse_name(probe, create, histories)
        listing = probe.expectations.list_operation(create)
        if listing is not None:
            _list(probe, listing, own)
    for operation in probe.expectations.service.operations.values():
        asks_for_all = operation.method == "GET" and not is_by_path(operation)
        if asks_for_all and operation.does not in ("list", "accounts", "get"):
            probe.ask(operation, probe.account_fields(operation) or None)


def _ask_for_missing(probe: Probe, create: Operation, own: list[TaskHistory], others: list[TaskHistory]) -> None:
    """Ask for tasks that are not there: ones that never were, and one that another operation created."""
    get = probe.expectations.get_operation(create)
    if get is None:
        return
    account = probe.account_fields(get) or None
    probe.ask(get, account, Purpose.ASK_FOR_MISSING, id=_UNKNOWN_ID, case="unknown id")
    probe.ask(get, account, Purpose.ASK_FOR_MISSING, id="no-such-task", case="an id of letters")
    for history in own[:1]:
        # Their ends are numbers that count: none of ours is the beginning of another.
        beginnings = {"the beginning of an id": (history.id or "")[:-1]}
        if probe.expectations.layout.finds_external_id:
            name = first(probe.expectations.layout.external_id_field, history.task.payload)
            beginnings["the beginning of a name"] = str(name or "").rpartition("-")[0]
        for case, beginning in beginnings.items():
            if beginning and case.endswith("name"):
                probe.ask(get, account, Purpose.ASK_FOR_MISSING, name=beginning, case=case)
            elif beginning:
                probe.ask(get, account, Purpose.ASK_FOR_MISSING, id=beginning, case=case)
    is_shared = any(probe.expectations.get_operation(history.task.operation) is get for history in others)
    own_ids = {history.id for history in own}
    foreign = [history.id for history in others if history.id is not None and history.id not in own_ids]
    if foreign and not is_shared:
        probe.ask(get, account, Purpose.ASK_FOR_MISSING, id=foreign[0], case="an id of another operation")


def _reuse_name(probe: Probe, create: Operation, histories: tuple[TaskHistory, ...]) -> None:
    """Use the name of a task once more."""
    field = probe.expectations.layout.external_id_field
    if not probe.expectations.layout.finds_external_id or field is None or not create.has(field):
        return
    for history in histories[:1]:
        has_failed = history.end is not None and history.end.view.state == "failed"
        if not Cost.of_simplest(probe.target, create, 1).is_within(probe.budget):
            reason = f"{create.id}: no task was left for it; raise {probe.budget.options}"
            probe.recorder.untried(REFUSES_NAMES, reason)
        elif (name := first(field, history.task.payload)) is not None and not has_failed:
            payload = with_value(field, base_payload(probe.expectations, create), name)
            probe.create(create, payload, Purpose.REUSE_NAME, case=history.task.operation.id)


def _list(probe: Probe, listing: Operation, histories: list[TaskHistory]) -> None:
    """Ask for everything at once, then page by page, then for some of it, and for everything again."""
    pages, known = probe.expectations.layout.pages, listing.schema.get("properties", {})
    account = probe.account_fields(listing)
    all_at_once, page = whole_list(probe, listing)
    whole = probe.ask(listing, all_at_once or None, Purpose.LIST_ALL, page)
    if pages is None or page.size is None:
        return
    count = len(task_views(whole.exchange.received, probe.expectations.layout))
    probe.ask(listing, {**account, pages.size: _SMALL_PAGE}, Purpose.LIST_PAGE, Page(_SMALL_PAGE))
    if pages.number is not None and pages.number in known:
        _turn_pages(probe, listing, pages, count)
    for field, bound in _time_bounds(pages, histories):
        if field in known:
            probe.ask(listing, {**all_at_once, field: bound.moment}, Purpose.LIST_BY_TIME, bound)
    name = probe.expectations.layout.external_id_field
    named = next((history for history in histories if first(name, history.task.payload) is not None), None)
    if name is not None and name in known and named is not None:
        probe.ask(listing, {**account, name: first(name, named.task.payload)}, Purpose.LIST_BY_NAME, Named(named.id))
    probe.ask(listing, all_at_once, Purpose.LIST_ALL, page)


def whole_list(probe: Probe, listing: Operation) -> tuple[dict[str, JSON], Page]:
    """Return what to ask for to get as much of a list as there is, and what that asks for."""
    pages, known = probe.expectations.layout.pages, listing.schema.get("properties", {})
    account = probe.account_fields(listing)
    if pages is None or pages.size not in known:
        return account, Page(None)
    largest = known[pages.size].get("maximum", LARGEST_PAGE)
    return {**account, pages.size: largest}, Page(largest)


def _turn_pages(probe: Probe, listing: Operation, pages: PageFields, count: int) -> None:
    """Ask for each page of a list of so many tasks, for pages out of range, and for the usual one."""
    known, account = listing.schema["properties"], probe.account_fields(listing)
    size = max(_SMALL_PAGE, -(-count // _MOST_PAGES))
    last = -(-count // size) + 1
    for number in dict.fromkeys([*range(1, last + 1), known[str(pages.number)].get("maximum", last)]):
        payload: dict[str, JSON] = {**account, str(pages.number): number, pages.size: size}
        probe.ask(listing, payload, Purpose.LIST_PAGE, Page(size, number, is_numbered=True))
    for field in (str(pages.number), pages.size):
        for value in _out_of_range(known[field]):
            probe.ask(listing, {**account, field: value}, Purpose.LIST_OUT_OF_RANGE)
    if "default" in known[pages.size]:
        probe.ask(listing, account or None, Purpose.LIST_PAGE, Page(known[pages.size]["default"]))


def _out_of_range(schema: dict[str, Any]) -> Iterator[int]:
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "maximum" in schema:
        yield schema["maximum"] + 1


def _time_bounds(pages: PageFields, histories: list[TaskHistory]) -> Iterator[tuple[str, TimeBound]]:
    """Yield the fields for bounds in time, each with the moment when a task was created."""
    created = next((history.looks[0].view.created_at for history in histories), None)
    if created is not None and pages.after is not None:
        yield pages.after, TimeBound(created, is_after=True)
    if created is not None and pages.before is not None:
        yield pages.before, TimeBound(created, is_after=False)


QUERIES = Scenario(
    "queries",
    query,
    frozenset(
        {
            Purpose.READ,
            Purpose.ASK_FOR_MISSING,
            Purpose.REUSE_NAME,
            Purpose.LIST_ALL,
            Purpose.LIST_PAGE,
            Purpose.LIST_OUT_OF_RANGE,
            Purpose.LIST_BY_TIME,
            Purpose.LIST_BY_NAME,
        }
    ),
)
