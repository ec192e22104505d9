"""Reasons: why an answer is not the usual one, in a sentence for whoever wonders.

The service's own words are in the body. Here is what it does not say: which rule, reading, fault, limit or setting of
this fake decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from mockserver.contract.readings import Readings, deciding
from mockserver.contract.service import Service
from mockserver.contract.validation import Violation
from mockserver.fake.answering.refusal import Refused, said
from mockserver.fake.faults.fault import Hit
from mockserver.types import Reason

_MOST_LETTERS = 1000
"""As much of a sentence is kept: a fault in a prompt can have megabytes."""

INTERNAL = Reason("internal", "An exception of the fake's own kept this request from its answer. Please report it.")
FORCED = Reason("force", "The task was put into this state from outside, not by its plan.")

_ROWS = MappingProxyType(
    {
        "unreadable": ("form", "The body cannot be read: {fact}."),
        "media-type": ("form", "The Content-Type is {sent}; this operation takes {wanted}."),
        "too-large": ("limit", "The body has more than the {limit} bytes of --max-body."),
        "encoding": ("form", "The Content-Encoding {sent} is not one of those that are understood: {wanted}."),
        "not-http": ("form", "This is no HTTP request: {fact}."),
        "too-slow": ("limit", "The request did not arrive whole within {seconds} s."),
        "path-too-long": ("limit", "The path and the query have more than {limit} bytes."),
        "head-too-large": ("limit", "The head has more than {limit} bytes or {lines} lines."),
        "no-route": ("route", "No operation has the path {path}; `mockserver list operations` lists them."),
        "no-method": ("route", "The path {path} is known, but not with {method}."),
        "no-credentials": ("credential", "There is no credential; send Authorization: Bearer and a key."),
        "bad-credentials": ("credential", "The credential has no form that this service takes."),
        "access-key": ("credential", "This is the JWT of an access key; the service takes API keys only."),
        "unknown-key": ("credential", "The API key is none of those given with --key."),
        "unknown-access-key": ("credential", "The access key in iss is missing or none of those given with --key."),
        "not-a-jwt": ("credential", "The token is no JWT, and --key names access keys only."),
        "bad-signature": ("credential", "The JWT is not signed with the secret key that --key has for its iss."),
        "token-early": ("credential", "The nbf of the JWT, {nbf}, is still to come on the fake's clock."),
        "token-expired": ("credential", "The exp of the JWT, {exp}, is over on the fake's clock."),
        "missing-task": ("missing", "The account of this credential has no task {id} of this operation."),
        "missing-task-documented": ("missing", "The account of this credential has no task {id} of this operation."),
        "missing-thing": ("missing", "The account of this credential keeps nothing with the id {id}."),
        "missing-video": ("missing", "No video {id} of this account is known."),
        "missing-asset": ("missing", "This account has no such file."),
        "missing-account": ("missing", "No configured account has this email."),
        "unknown-email": ("missing", "No configured account has this email."),
        "no-accounts": ("missing", "No account is configured; POST /accounts configures one."),
        "no-works": ("missing", "Task {id} has made nothing that could be deleted."),
        "no-running-task": ("missing", "No task {id} of this token is in flight."),
        "duplicate-external-id": ("duplicate", "A task of this account has the external id {id} already."),
        "no-slot": ("limit", "The account has as many tasks in flight as its slots allow."),
        "too-fast": ("limit", "The account asks more often than its rate allows."),
        "no-balance": ("limit", "The account's resource pack has no units left for this task."),
        "bad-cursor": ("missing", "No page ended at the cursor {cursor}."),
        "bad-task-id": ("form", "A task's id has up to 18 digits."),
        "bad-asset": ("form", "The file cannot be used: {fact}."),
        "large-asset": ("limit", "The file has more than {limit} bytes."),
        "large-asset-413": ("limit", "The file has more than {limit} bytes."),
        "invalid": ("form", "{message}"),
        "unavailable": ("internal", "The store can neither be read nor written; `GET /_mock/health` says why."),
        "internal": (INTERNAL.kind, INTERNAL.sentence),
    }
)
"""The kind and the sentence for each row that code names, with the fields of the refusal; one that only a service names
says its own."""

_WHERE = MappingProxyType(
    {
        "option": "asked for when the fake was started",
        "control": "added over the control API",
        "prompt": "asked for in the prompt",
        "python": "added in Python",
    }
)


def of_refusal(refused: Refused, service: Service, readings: Readings) -> Reason:
    """Say why a request was refused."""
    if refused.reason is not None:
        return refused.reason
    if refused.violations:
        return of_rule(refused.violations[0], service, readings)
    kind, sentence = service.errors[refused.row].reason or _ROWS.get(refused.row, ("state", "{text}"))
    told = {"text": f"The service refuses: {said(refused, service)}", "id": "", **refused.fields}
    taken = None if refused.reading is None else f"{refused.reading}={readings[refused.reading]}"
    return _reason(refused.kind or kind, sentence.format_map(told), refused.row, taken)


def of_rule(violation: Violation, service: Service, readings: Readings) -> Reason:
    """Say which rule a payload breaks, and which reading has made it one that refuses."""
    rule, at = violation.rule, violation.pointer or "The body"
    more = "" if rule.description in ("", violation.fact) else f" {rule.description}"
    taken = deciding(rule.id, service.questions, readings)
    return _reason("rule", f"{at} {violation.fact}.{more}", rule.id, taken, rule.source)


def of_faults(hits: Sequence[Hit]) -> Reason:
    """Say which faults happened; of several the first has the id and the number."""
    first = hits[0]
    told = [f"The fault '{hit.fault}' happened, {_where(hit.fault.origin)}." for hit in hits]
    return _reason("fault", " ".join(told), str(first.fault), number=first.number)


def _where(origin: str) -> str:
    return _WHERE.get(origin) or f"part of {origin}"


def _reason(
    kind: str, sentence: str, id: str, reading: str | None = None, source: str | None = None, number: int | None = None
) -> Reason:
    return Reason(kind, sentence[:_MOST_LETTERS], id[:_MOST_LETTERS], reading, source, number)
