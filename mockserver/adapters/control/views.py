"""What the control API shows of tasks, exchanges, callbacks, faults and settings. Secrets are masked."""

from __future__ import annotations

import json

from mockserver.adapters.docs import places
from mockserver.contract.rules import Rule
from mockserver.contract.validation import Violation
from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.core import Fake
from mockserver.fake.faults.fault import Fault, Words
from mockserver.fake.faults.held import Held
from mockserver.fake.faults.line import kinds
from mockserver.fake.faults.meant import meant_by
from mockserver.fake.faults.profiles import Profile
from mockserver.fake.intake import auth
from mockserver.fake.journal import Entry, reason_as_json, violation_as_json
from mockserver.fake.lifecycle import Task
from mockserver.fake.media import plan, results
from mockserver.secrecy.curl import curl
from mockserver.secrecy.mask import Mask, masked
from mockserver.types import JSON, Reason


def task(fake: Fake, found: Task) -> dict[str, JSON]:
    """Show a task in a list."""
    shown: dict[str, JSON] = Mask().json(_task(fake, found))
    return shown


def _task(fake: Fake, found: Task) -> dict[str, JSON]:
    status, updated_at = found.state(fake.clock.now())
    payload, operation = fake.world.payload(found), fake.world.operation(found)
    return {
        "service": found.operation.partition("/")[0],
        "id": found.id,
        "operation": found.operation,
        "media": operation.task["media"],
        "account": masked(found.account),
        "external_id": found.external_id,
        "prompt": plan.value_of_role(operation, payload, "prompt"),
        "status": status,
        "reason": found.reason if status == "failed" else None,
        "cause": told(fake, found.operation.partition("/")[0], found.cause, Mask([found.account])),
        "created_at": found.created_at,
        "updated_at": updated_at,
        "timeline": [{"at": found.created_at + after, "status": step} for after, step in found.timeline],
        "results": [results.url(found, made) for made in plan.artifacts(operation, found, payload)]
        if status == "succeed"
        else [],
    }


def whole_task(fake: Fake, found: Task) -> dict[str, JSON]:
    """Show a task with its payload and its callbacks."""
    sent = [callback(fake, delivery) for delivery in fake.callbacks.of(found)]
    mask = Mask([found.account])
    return {
        **task(fake, found),
        "reasons": list(fake.world.catalog.services[found.operation.partition("/")[0]].reasons),
        "payload": mask.json(fake.world.sent(found)),
        "callback_url": mask.json(found.callback_url),
        "callbacks": sent,
    }


def exchange(fake: Fake, entry: Entry) -> dict[str, JSON]:
    """Show an exchange in a list."""
    mask = entry.mask
    return {
        "number": entry.number,
        "at": entry.at,
        "service": entry.service,
        "operation": entry.operation,
        "account": None if entry.account is None else masked(entry.account),
        "method": entry.request.method,
        "path": mask.text(entry.request.path),
        "status": entry.response.status,
        "task": entry.response.task,
        "took": entry.response.latency,
        "reason": _reason(fake, entry, mask),
        "rules": [{"rule": violation.rule.id, "level": violation.level} for violation in entry.violations],
        "differences": [difference.pointer for difference in entry.differences],
    }


def whole_exchange(fake: Fake, entry: Entry) -> dict[str, JSON]:
    """Show an exchange with its bodies, violations, form of credentials, and a curl line that repeats it.

    ``digest`` tells accounts apart whose masked names look the same; it is the one of snapshots. The ``page`` of a
    violation tells of its rule.
    """
    credentials, mask = auth.form(entry.request.headers), entry.mask
    return {
        **entry.as_json(mask),
        "reason": _reason(fake, entry, mask),
        "violations": [violation(each, mask) for each in entry.violations],
        "digest": None if entry.account is None else auth.digest(entry.account),
        "credentials": mask.json(credentials),
        "refusal_meant_by": meant_by(entry.request, credentials["claims"]),
        "curl": curl(entry.request),
    }


def _reason(fake: Fake, entry: Entry, mask: Mask) -> JSON:
    broken = entry.violations[0].rule if entry.violations else None
    return told(fake, entry.service, entry.response.reason, mask, broken)


def violation(found: Violation, mask: Mask) -> dict[str, JSON]:
    """Show a broken rule with the page that tells of it."""
    return {**violation_as_json(found, mask), "page": places.rule(found.rule)}


def told(fake: Fake, service: str, found: Reason | None, mask: Mask, broken: Rule | None = None) -> JSON:
    """Show a reason with the page that tells of what decided."""
    shown = reason_as_json(found, mask)
    if found is not None:
        shown["page"] = places.reason(found, fake.world.catalog.services[service], broken)
    return shown


def callback(fake: Fake, delivery: Delivery) -> dict[str, JSON]:
    """Show a callback with every attempt, unless those were so many callbacks ago that they are forgotten."""
    mask = Mask([delivery.account])
    return {
        "id": delivery.id,
        "service": delivery.service,
        "task_id": delivery.task_id,
        "status": delivery.status,
        "url": mask.text(delivery.url),
        "due": delivery.due,
        "body": mask.json(json.loads(delivery.body)),
        "is_delivered": delivery.is_delivered,
        "is_forgotten": fake.callbacks.is_forgotten(delivery),
        "is_held": delivery.is_held,
        "attempts": [
            {"at": attempt.at, "took": attempt.took, "status": attempt.status, "fault": mask.json(attempt.fault)}
            for attempt in delivery.attempts
        ],
    }


def fault(number: int, found: Fault, happened: int) -> dict[str, JSON]:
    """Show a fault that is in force."""
    mask = Mask([found.account] if found.account else [])
    return {
        "number": number,
        "fault": mask.text(str(found)),
        "stage": found.stage,
        "services": list(found.services),
        "account": masked(found.account) if found.account else None,
        "path": mask.json(found.path),
        "where": mask.json(dict(found.where)),
        "origin": found.origin,
        "happened": happened,
    }


def profile(fake: Fake, found: Profile) -> dict[str, JSON]:
    """Show a profile, and for whom it is on: an account of ``null`` is everybody's."""
    in_force = fake.profiles.in_force(found.name)
    return {
        "name": found.name,
        "imitates": found.imitates,
        "faults": [Mask(filter(None, [Words.parse(line).account])).text(line) for line in found.lines],
        "is_own": found.is_own,
        "is_on": bool(in_force),
        "accounts": [account and masked(account) for account in dict.fromkeys(in_force.values())],
        "numbers": list(in_force),
    }


def held(found: Held) -> dict[str, JSON]:
    """Show an answer or a callback that is held."""
    return {
        "number": found.number,
        "kind": found.kind,
        "service": found.operation.partition("/")[0],
        "operation": found.operation,
        "task": found.task,
        "since": found.since,
        "account": masked(found.account),
    }


def fault_kinds(fake: Fake) -> list[dict[str, JSON]]:
    """Show every fault that can be added: the kinds, and the rows of the error tables."""
    return [
        {"name": kind.name, "stage": kind.stage, "usage": kind.usage, "means": kind.means}
        for kind in kinds(fake.world.services)
    ]


def settings(fake: Fake) -> dict[str, JSON]:
    """Show how the fake behaves."""
    now = fake.settings
    return {
        "services": [service.id for service in fake.world.services],
        "prefixes": list(now.prefixes),
        "pace": now.pace,
        "strict": now.strict,
        "slots": now.slots,
        "rate": now.rate,
        "keys": [masked(key.name) for key in now.keys],
        "readings": {service.id: dict(fake.world.readings[service.id]) for service in fake.world.services},
        "max_body": now.max_body,
        "public_url": Mask().json(now.public_url),
        "signs_callbacks": now.webhook_secret is not None,
    }


def questions(fake: Fake) -> list[dict[str, JSON]]:
    """Show the open questions of each service, with the reading that is taken."""
    return [
        {
            "service": service.id,
            "id": question.id,
            "question": question.question,
            "readings": {reading.id: reading.means for reading in question.readings.values()},
            "default": question.default,
            "taken": fake.world.readings[service.id][question.id],
            "confidence": question.confidence,
            "source": question.source,
        }
        for service in fake.world.services
        for question in service.questions.values()
    ]
