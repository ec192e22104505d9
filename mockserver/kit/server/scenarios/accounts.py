"""Accounts: two of them have tasks of one name and files, and each looks for what the other has."""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.contract.places import first, with_value
from mockserver.contract.service import Operation
from mockserver.contract.vectors import merged
from mockserver.kit.server.evidence import Beside, Purpose
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.queries import LARGEST_PAGE
from mockserver.kit.server.scenarios.scenario import Cost, Scenario
from mockserver.kit.server.scenarios.scheduler import have_ended
from mockserver.kit.server.scenarios.uploads import upload_picture, uploaded_url
from mockserver.kit.server.settings import Target
from mockserver.kit.task_view import TaskView
from mockserver.types import JSON

TASKS = 2
"""One of each account, for each operation."""

TOUCHING = ("stop", "delete")
"""What may be done to a task."""

ONE, OTHER = "as --token", "as --other-token"
"""Which account makes an attempt, as a finding says it."""

BY_ID, BY_NAME = "by its id", "by its name"
"""How it asks for a task, behind that."""


def use_two_accounts(probe: Probe) -> None:
    """With a second account, let each look for what the other has. Raises ``Spent``."""
    if probe.target.other is None:
        return
    other = probe.as_another(probe.target.other)
    for create in probe.target.create_operations:
        _share_a_name(probe, other, create)
    _share_a_file(probe, other)


def _share_a_name(one: Probe, other: Probe, create: Operation) -> None:
    """Give a task of each account the same name, and let each account look for both."""
    name = one.new_name()
    others = _created(other, create, name, OTHER, None)
    if others is None:
        return
    if _finds_by_name(one, create):
        _ask(one, create, name, Purpose.REACH_OVER, f"{ONE}, {BY_NAME}", Beside(None, others))
    own = _created(one, create, name, ONE, others)
    for probe, who, beside in ((one, ONE, Beside(own, others)), (other, OTHER, Beside(others, own))):
        if beside.others is not None and own != others:
            _look(probe, create, name, who, beside)
    if own not in (None, others):
        _touch(one, other, create, Beside(own, others))


def _finds_by_name(probe: Probe, create: Operation) -> bool:
    """Whether a task of an operation can have a name, and is found by it."""
    layout = probe.expectations.layout
    return layout.finds_external_id and create.has(layout.external_id_field)


def _created(probe: Probe, create: Operation, name: str, who: str, others: str | None) -> str | None:
    """Create a task of a name. Return its id, or ``None`` if the server has not created any."""
    layout = probe.expectations.layout
    payload = create.put(layout.external_id_field, probe.simplest(create), name)
    attempt = probe.create(create, payload, Purpose.BESIDE, Beside(None, others), case=who)
    view = TaskView.of(attempt.exchange.received, layout) if attempt.is_accepted else None
    return view.id if view is not None else None


def _look(probe: Probe, create: Operation, name: str, who: str, beside: Beside) -> None:
    """Ask for one's own task, if there is one, and for the other account's, in each way."""
    _ask(probe, create, str(beside.others), Purpose.REACH_OVER, f"{who}, {BY_ID}", beside)
    if beside.own is not None:
        _ask(probe, create, beside.own, Purpose.BESIDE, f"{who}, {BY_ID}", beside)
        if _finds_by_name(probe, create):
            _ask(probe, create, name, Purpose.BESIDE, f"{who}, {BY_NAME}", beside)
    _list(probe, create, name, who, beside)


def _touch(one: Probe, other: Probe, create: Operation, beside: Beside) -> None:
    """Stop the other account's task while it runs, and delete it when it has ended."""
    for does in TOUCHING:
        operation = one.expectations.operation_that(does)
        if operation is None:
            continue
        if does == "stop" or have_ended(other, create, [str(beside.others)], Purpose.BESIDE):
            account = one.account_fields(operation) or None
            one.ask(operation, account, Purpose.REACH_OVER, beside, id=str(beside.others), case=ONE)


def _ask(probe: Probe, create: Operation, id: str, purpose: Purpose, case: str, beside: Beside) -> None:
    get = probe.expectations.get_operation(create)
    if get is not None:
        id, name = ("", id) if case.endswith(BY_NAME) else (id, "")
        probe.ask(get, probe.account_fields(get) or None, purpose, beside, id=id, name=name, case=case)


def _list(probe: Probe, create: Operation, name: str, who: str, beside: Beside) -> None:
    """List all tasks, those of a name, and what runs."""
    listing, layout = probe.expectations.list_operation(create), probe.expectations.layout
    if listing is not None:
        known, account = listing.schema.get("properties", {}), probe.account_fields(listing)
        size: dict[str, JSON] = {}
        if layout.pages is not None and layout.pages.size in known:
            size = {layout.pages.size: known[layout.pages.size].get("maximum", LARGEST_PAGE)}
        probe.ask(listing, {**account, **size} or None, Purpose.BESIDE, beside, case=who)
        if layout.external_id_field is not None and layout.external_id_field in known:
            named: dict[str, JSON] = {**account, **size, layout.external_id_field: name}
            probe.ask(listing, named, Purpose.BESIDE, beside, case=f"{who}, {BY_NAME}")
    for does in ("running", "available") if layout.jobs is not None else ():
        operation = probe.expectations.operation_that(does)
        if operation is not None:
            probe.ask(operation, None, Purpose.BESIDE, beside, case=who)


def _share_a_file(one: Probe, other: Probe) -> None:
    """Let one account look for, and make use of, a file that the other has uploaded."""
    upload, uploaded = one.expectations.operation_that("upload"), one.expectations.operation_that("uploaded")
    fields = one.expectations.layout.uploads
    if upload is None or fields is None:
        return
    theirs = uploaded_url(other, upload_picture(other, upload, Purpose.BESIDE, case=OTHER))
    if theirs is None:
        return
    if uploaded is not None:
        for probe, who, beside in ((other, OTHER, Beside(theirs, None)), (one, ONE, Beside(None, theirs))):
            probe.ask(uploaded, probe.account_fields(uploaded) or None, Purpose.BESIDE, beside, case=who)
    for create in one.target.create_operations:
        for payload in _that_refer(one, create, fields.reference, theirs):
            one.create(create, payload, Purpose.REACH_OVER, Beside(None, theirs), case=ONE)


def _that_refer(probe: Probe, create: Operation, field: str, url: str) -> list[dict[str, JSON]]:
    """Return a payload of an operation that makes use of a file; none if it cannot."""
    # An example says in its prompt what the file is for, as a reading may require.
    examples = [example for example in create.schema["examples"] if first(field, example) is not None]
    found = [with_value(field, merged(example, probe.account_fields(create)), url) for example in examples]
    return [payload for payload in found if probe.expectations.is_accepted(create, payload)][:1]


def _cost(target: Target) -> Iterable[Cost]:
    if target.other is not None:
        for create in target.create_operations:
            yield Cost.of_simplest(target, create, TASKS)


ACCOUNTS = Scenario("accounts", use_two_accounts, frozenset({Purpose.BESIDE, Purpose.REACH_OVER}), _cost)
