"""Callbacks that do not come, come at the wrong time, or say something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.core import Fake
from tests.mutants.servers.harness import Deliver, Wrong
from tests.mutants.servers.mutant import Mutants

CALLBACKS = Mutants()


def _said(id: str, check: str, change: Callable[[Any], Any], *, anew: bool = False, **about: Any) -> None:
    """Add a mutant that changes the bodies of callbacks; ``change`` works in place, or ``anew`` returns another."""

    def deliver(_: Fake, due: list[Delivery]) -> list[Delivery]:
        found = []
        for delivery in due:
            body = json.loads(delivery.body)
            changed = change(body)
            found.append(replace(delivery, body=json.dumps(changed if anew else body).encode()))
        return found

    CALLBACKS.add(id, check, lambda: Wrong(deliver=deliver), **about)


def _sent(check: str, **about: Any) -> Callable[[Deliver], Deliver]:
    """Add a mutant that sends other callbacks than are due; its id is the name of the function."""

    def added(deliver: Deliver) -> Deliver:
        name = deliver.__name__.replace("_", "-")
        CALLBACKS.add(name, check, lambda: Wrong(deliver=deliver), **about)
        return deliver

    return added


_said(
    "enveloped",
    "callback-is-a-record",
    lambda body: {"code": 0, "message": "SUCCEED", "data": body},
    anew=True,
    told=r'^[^{]*\{"code": 0, "message": "SUCCEED", "data"',
)
_said(
    "callback-says-succeeded",
    "callback-is-a-record",
    lambda body: body.update(task_status="succeeded") if body["task_status"] == "succeed" else None,
    told='at /task_status: "succeeded"',
)
_said(
    "callback-with-numeric-id",
    "callback-is-a-record",
    lambda body: body.update(task_id=int(body["task_id"])),
    told=r'at /task_id: \d{9,} is not of type "string"',
)
_said(
    "callback-of-another-task",
    "callback-is-of-its-task",
    lambda body: body.update(task_id="1"),
    told="a callback about task 1$",
)
_said(
    "callback-without-results",
    "callback-matches-query",
    lambda body: (
        body.update(task_result={"images": [{"index": 0, "url": "http://a/b"}]}) if "task_result" in body else None
    ),
    told=r'results \["http://a/b"\]',
)
_said(
    "callback-with-another-time",
    "callback-matches-query",
    lambda body: body.update(updated_at=body["updated_at"] + 1),
    told=r"time of the update \d+",
)
_said(
    "callback-of-another-end",
    "callback-matches-query",
    lambda body: (
        body.update(task_status="failed", task_status_msg="no") if body.pop("task_result", None) is not None else None
    ),
    told="the state failed",
)
_said(
    "callback-without-name",
    "callback-matches-query",
    lambda body: body.update(task_info={}),
    told="client's own name null",
)
_said(
    "no-reference",
    "callback-has-the-reference",
    lambda body: body.pop("replyRef"),
    service="useapi",
    operation=None,
    told="no replyRef",
)
_said(
    "reference-elsewhere",
    "callback-has-the-reference",
    lambda body: body.update(request={"replyRef": body.pop("replyRef")}),
    service="useapi",
    operation=None,
    chosen={"reply-ref-place": "root"},
    told="in request$",
)


@_sent("callback-comes", told="no callback within 10 s")
def never_sent(_: Fake, __: list[Delivery]) -> list[Delivery]:
    return []


@_sent(
    "callback-comes", service="useapi", operation=None, told=r'only callbacks that say \["submitted", "processing"\]'
)
def end_is_not_reported(_: Fake, due: list[Delivery]) -> list[Delivery]:
    return [delivery for delivery in due if delivery.status in ("submitted", "processing")]


@_sent("callbacks-report-the-changes", told=r'\["final", "submitted"\]')
def processing_is_not_reported(_: Fake, due: list[Delivery]) -> list[Delivery]:
    return [delivery for delivery in due if delivery.status != "processing"]


@_sent(
    "callbacks-report-the-changes", chosen={"callback-on": "end-only"}, told=r'\["final", "processing", "submitted"\]'
)
def all_is_reported_where_the_end_was_settled(_: Fake, due: list[Delivery]) -> list[Delivery]:
    return due


def _told_early(fake: Fake, delivery: Delivery) -> Delivery:
    """Return what will be said at the end."""
    task = fake.world.tasks.get(delivery.service, delivery.task_id)
    assert task is not None
    at, status = task.timeline[-1]
    dialect = fake.world.dialects[fake.world.catalog.services[delivery.service].dialect]
    body = json.dumps(dialect.notice(fake.world, task, task.created_at + at)).encode()
    return replace(delivery, status=status, body=body)


@_sent("callback-not-before-its-state", told=r"succeed, but a query \d+ ms later shows submitted")
def the_end_comes_first(fake: Fake, due: list[Delivery]) -> list[Delivery]:
    return [_told_early(fake, delivery) for delivery in due]


@_sent("callback-not-before-its-state", told=r"succeed, but a query \d+ ms later shows processing")
def the_end_comes_with_processing(fake: Fake, due: list[Delivery]) -> list[Delivery]:
    early = [_told_early(fake, delivery) for delivery in due if delivery.status == "processing"]
    return [*due, *early]


@CALLBACKS.make("callbacks-go-forward", told="processing after succeed")
def processing_comes_last() -> Wrong:
    held: dict[str, Delivery] = {}

    def deliver(_: Fake, due: list[Delivery]) -> list[Delivery]:
        found = []
        for delivery in due:
            if delivery.status == "processing":
                held[delivery.task_id] = delivery
            else:
                found.append(delivery)
                if delivery.status != "submitted":
                    found.append(held[delivery.task_id])
        return found

    return Wrong(deliver=deliver)


CALLBACKS.add(
    "callback-as-text",
    "callback-is-json",
    lambda: Wrong(headers=lambda headers: {**headers, "content-type": "text/plain"}),
    told="POST of text/plain",
)
CALLBACKS.add(
    "bad-signature",
    "callback-signature",
    lambda: Wrong(headers=lambda headers: {**headers, "webhook-signature": "v1,bm90IHRoZSBzaWduYXR1cmU="}),
    told="v1,bm90IHRoZSBzaWduYXR1cmU= instead of v1,",
)
CALLBACKS.add(
    "stale-signature",
    "callback-signature",
    lambda: Wrong(headers=lambda headers: {**headers, "webhook-timestamp": "1700000000"}),
    told="webhook-timestamp 1700000000, but it came at ",
)
CALLBACKS.add(
    "unsigned-where-signed-was-settled",
    "callback-signature",
    lambda: Wrong(headers=lambda headers: {n: v for n, v in headers.items() if not n.startswith("webhook")}),
    chosen={"callback-signed": "yes"},
    told="no webhook-signature",
)
CALLBACKS.add(
    "half-signed",
    "callback-signature",
    lambda: Wrong(headers=lambda headers: {n: v for n, v in headers.items() if n != "webhook-id"}),
    told="no webhook-id",
)
