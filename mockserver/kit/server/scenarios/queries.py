"""Queries: lists and their pages, ids that nothing has, and names that are taken."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract.catalog import Operation
from mockserver.kit.server.evidence import Story
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.accounts import fields
from mockserver.kit.server.watched_tasks import base_payload
from mockserver.kit.task_view import task_views

CHECK = "duplicate-external-id-refused"

_UNKNOWN = "900000000000000001"
_PAGES = 12
_SMALL = 2


def queries(probe: Probe) -> None:
    """Ask for what there is and for what there is not. Raises ``Spent``."""
    stories = probe.evidence().stories
    for maker in probe.target.operations:
        probe.budget.check()
        own = [story for story in stories if story.order.operation is maker]
        _missing(probe, maker, own, [story for story in stories if story.order.operation is not maker])
        _again(probe, maker, stories)
        shows = probe.terms.beside(maker, "list")
        if shows is not None:
            _list(probe, shows, own)
    for operation in probe.terms.service.operations.values():
        if operation.method == "GET" and "{" not in operation.path and operation.does not in ("list", "accounts"):
            probe.ask(operation, fields(probe, operation) or None)


def _missing(probe: Probe, maker: Operation, own: list[Story], others: list[Story]) -> None:
    """Ask for tasks that are not there: one that never was, and one that another operation made."""
    shows = probe.terms.beside(maker, "get")
    if shows is None:
        return
    mail = fields(probe, shows) or None
    probe.ask(shows, mail, "missing", id=_UNKNOWN, case="unknown id")
    probe.ask(shows, mail, "missing", id="no-such-task", case="an id of letters")
    is_shared = any(probe.terms.beside(story.order.operation, "get") is shows for story in others)
    foreign = [story.id for story in others if story.id is not None and story.id not in {each.id for each in own}]
    if foreign and not is_shared:
        probe.ask(shows, mail, "missing", id=foreign[0], case="an id of another operation")


def _again(probe: Probe, maker: Operation, stories: tuple[Story, ...]) -> None:
    """Use the name of a task once more."""
    field = probe.terms.layout.external_id_field
    if not probe.terms.layout.finds_external_id or field not in maker.schema["properties"]:
        return
    for story in stories[:1]:
        failed = story.end is not None and story.end.record.status == "failed"
        if probe.budget.left < 1:
            probe.untried(CHECK, f"{maker.id}: no task was left: give more --max-creates")
        elif field in story.order.payload and not failed:
            payload = {**base_payload(probe.terms, maker), field: story.order.payload[field]}
            probe.create(maker, payload, "duplicate", case=story.order.operation.id)


def _list(probe: Probe, shows: Operation, stories: list[Story]) -> None:
    """Ask for everything at once, and then page by page."""
    known = shows.schema.get("properties", {})
    mail = fields(probe, shows)
    most = known["pageSize"].get("maximum", 500)
    whole = probe.ask(shows, {**mail, "pageSize": most}, "whole", about={"size": most})
    count = len(task_views(whole.exchange.received, probe.terms.layout))
    probe.ask(shows, {**mail, "pageSize": _SMALL}, "page", about={"size": _SMALL, "number": 1})
    if "pageNum" in known:
        size = max(_SMALL, -(-count // _PAGES))
        for number in range(1, -(-count // size) + 2):
            probe.ask(
                shows, {**mail, "pageNum": number, "pageSize": size}, "page", about={"size": size, "number": number}
            )
        for field in ("pageNum", "pageSize"):
            for value in (known[field]["minimum"] - 1, known[field]["maximum"] + 1):
                probe.ask(shows, {**mail, field: value}, "edge")
        probe.ask(shows, mail or None, "page", about={"size": known["pageSize"]["default"], "number": 1})
    for field, moment in _moments(known, stories):
        probe.ask(shows, {**mail, "pageSize": most, field: moment}, "since", about={"field": field, "moment": moment})
    field = probe.terms.layout.external_id_field
    named = next((story for story in stories if field in story.order.payload), None)
    if field in known and named is not None:
        name = named.order.payload[field]
        probe.ask(shows, {**mail, field: name}, "filter", about={"id": named.id})
    probe.ask(shows, {**mail, "pageSize": most}, "whole", about={"size": most, "again": True})


def _moments(known: dict[str, object], stories: list[Story]) -> Iterator[tuple[str, int]]:
    """Yield the bounds in time that a list knows, each with the moment when a task was created."""
    created = next((story.sightings[0].record.created_at for story in stories), None)
    if created is not None:
        for field in ("createdAfter", "createdBefore"):
            if field in known:
                yield field, created
