"""A server that is not ours: Prism serves our description without state. What it breaks is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.foreign.check import check_prism
from benchmarks.foreign.prism import missing

pytestmark = pytest.mark.torture

NO_TASKS = {
    "task-ends": "a picture's query shows the example that is submitted, however long one waits",
    "ids-differ": "every create is answered with the one example, and so with the one id",
    "created-at-is-now": "that example is of March 2026",
    "external-id-is-echoed": "a query shows the name in the example, or none; it forgets the one that was sent",
    "missing-task-refused": "any id at all gets the example",
    "duplicate-external-id-refused": "it remembers no names, so it accepts them twice",
    "names-are-unique-at-once": "as twice one after the other",
    "refused-create-is-not-found": "any name at all gets the example, also one that was refused",
    "accepted-payloads-succeed": "every film is the example that has failed",
    "list-is-complete": "the example of a list is empty, whatever was created",
    "any-order": "one id for all tasks, used names accepted, unknown ids found, lists empty",
    "callback-not-before-its-state": "it calls back at once that a picture has succeeded, and the query says submitted",
    "callback-matches-query": "the callback of a film has succeeded, and its query shows the example that has failed",
}
"""What it breaks because it has no tasks."""

NO_STATE = {
    "request-ids-differ": "the request_id is the example's",
    "expired-token-refused": "a description says that there must be a bearer token, but not how to verify one",
    "early-token-refused": "as an expired one",
    "refuses-broken-rules": "sums over lists, and what is inside Base64, are keywords of ours that it does not know",
}
"""What it breaks because it knows examples and JSON Schema only."""

PRISMS_OWN = {
    "answer-status": "405 for an unknown method; the error table has no such status",
    "answer-media-type": "application/problem+json for unknown paths and methods",
    "envelope": "its own bodies, for those and for what is not JSON, have no code, message and request_id",
    "unknown-paths": "as these two",
    "refuses-unreadable-bodies": "it reads bytes that are not UTF-8 as text",
    "survives-bad-bytes": "500 for ten thousand levels",
}
"""What it does in its own way."""

EXPECTED = {*NO_TASKS, *NO_STATE, *PRISMS_OWN}

OPERATIONS = ("kling/omni-image", "kling/omni-video")
"""What is checked: a task that never ends is waited for minutes, and all have the same faults."""


def test_a_mock_without_state_breaks_what_it_must_and_nothing_else(tmp_path: Path) -> None:
    if reason := missing():
        pytest.skip(reason)
    options = [word for operation in OPERATIONS for word in ("--operation", operation)]
    verdict = check_prism(tmp_path, options, service="kling")
    assert verdict.obstacle is None
    told = [f"{finding.key}: {finding.received}" for finding in verdict.findings]
    assert {finding.check for finding in verdict.findings} == EXPECTED, "\n".join(told)
