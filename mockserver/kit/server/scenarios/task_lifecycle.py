"""Lives: a few tasks, each watched to its end, looked at again and by its other name, and its results fetched."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mockserver.contract.catalog import Operation
from mockserver.kit.server.evidence import Order, Trial
from mockserver.kit.server.probe import Probe
from mockserver.kit.server.scenarios.accounts import fields
from mockserver.kit.server.watched_tasks import orders
from mockserver.kit.task_view import TaskView
from mockserver.types import Millis

_FIRST_PAUSE: Millis = 200
_LONGEST_PAUSE: Millis = 5000
_SLOWER = 1.4
_PATIENCE = 5
"""A task that takes so many times as long as the real service's does not end."""

CHECK = "task-ends"

_TRIES = 8
_CALLBACKS: Millis = 10_000
_AGAIN: tuple[Millis, ...] = (300, 1500)


@dataclass(slots=True)
class _Life:
    order: Order
    id: str
    shows: Operation | None
    deadline: Millis
    failures: int = 0
    seen: TaskView | None = None


def lives(probe: Probe) -> None:
    """Order tasks and watch them. Raises ``Spent``."""
    begun = [life for maker in probe.target.operations for life in _begun(probe, maker)]
    pending, pause = begun, _FIRST_PAUSE
    while pending:
        pending = [life for life in pending if not _is_over(probe, life)]
        if pending and probe.budget.is_for_others:
            _give_up(probe, pending)
            break
        if pending:
            probe.clock.sleep(pause)
            pause = min(round(pause * _SLOWER), _LONGEST_PAUSE)
    ended = [life for life in begun if life.seen is not None and life.seen.is_final]
    for pause in _AGAIN:
        probe.clock.sleep(pause)
        for life in ended:
            if life.shows is not None:
                _look(probe, life, life.shows, "again")
    for life in ended:
        _fetch(probe, life)
    _await_callbacks(probe, [life for life in begun if life in ended or life.shows is None])


def _give_up(probe: Probe, pending: list[_Life]) -> None:
    """Note which tasks nobody can wait for any longer."""
    for life in pending:
        probe.gave_up(life.order)
    for id in dict.fromkeys(life.order.operation.id for life in pending):
        probe.untried(CHECK, f"{id}: there was no time to wait for its end: give more --seconds")


def _begun(probe: Probe, maker: Operation) -> list[_Life]:
    layout, found = probe.terms.layout, []
    shows = probe.terms.beside(maker, "get")
    for plain in orders(probe.terms, maker, fields(probe, maker)):
        name = f"{plain.name}-{probe.name()}"
        extra = {layout.external_id_field: name} if layout.external_id_field in maker.schema["properties"] else {}
        if probe.mailbox is not None and layout.callback_field in maker.schema["properties"]:
            extra[layout.callback_field] = probe.mailbox.url(name)
        order = replace(plain, name=name, payload={**plain.payload, **extra})
        probe.order(order)
        trial = probe.create(maker, dict(order.payload), "live", order=name)
        record = TaskView.of(trial.exchange.received, layout) if trial.is_accepted else None
        if record is not None and record.id is not None:
            limit = round(maker.task["seconds"]["real"] * 1000) * _PATIENCE
            found.append(_Life(order, record.id, shows, probe.clock.now() + limit))
    return found


def _is_over(probe: Probe, life: _Life) -> bool:
    """Look at a task; tell whether that was the last time."""
    if life.shows is None:
        return True
    trial = _look(probe, life, life.shows, "poll")
    life.seen = TaskView.of(trial.exchange.received, probe.terms.layout) if trial.is_accepted else None
    life.failures = life.failures + 1 if life.seen is None else 0
    if trial.exchange.status == 404 and probe.terms.may_be_absent(life.shows):
        life.shows = None
        return True
    is_final = life.seen is not None and life.seen.is_final
    return is_final or life.failures >= _TRIES or probe.clock.now() > life.deadline


def _look(probe: Probe, life: _Life, shows: Operation, aim: str) -> Trial:
    return probe.ask(shows, fields(probe, shows) or None, aim, id=life.id, order=life.order.name)


def _fetch(probe: Probe, life: _Life) -> None:
    """Look a task up by its other name, and fetch what it made."""
    record, layout = life.seen, probe.terms.layout
    if life.shows and layout.finds_external_id and layout.external_id_field in life.order.payload:
        probe.ask(life.shows, aim="lookup", id=str(life.order.payload[layout.external_id_field]), order=life.order.name)
    for item in record.results if record is not None else ():
        for field in ("url", "resource", layout.watermark):
            url = item.get(field) if field and isinstance(item, dict) else None
            if isinstance(url, str) and url.startswith(("http://", "https://")):
                case = "marked" if field == layout.watermark else "result"
                probe.fetch(url, order=life.order.name, case=case, about=item)


def _await_callbacks(probe: Probe, lives: list[_Life]) -> None:
    """Wait until the last callback of each task has come, but not for ever; long only for one that is not shown."""
    if probe.mailbox is None:
        return
    end = max([probe.clock.now() + _CALLBACKS, *(life.deadline for life in lives if life.shows is None)])
    wanted = {life.order.name for life in lives if probe.terms.layout.callback_field in life.order.payload}
    while wanted and probe.clock.now() < end and not probe.budget.is_for_others:
        heard = {
            callback.order
            for callback in probe.mailbox.received()
            if TaskView(callback.document, probe.terms.layout).is_final
        }
        wanted -= heard
        if wanted:
            probe.clock.sleep(_FIRST_PAUSE)
