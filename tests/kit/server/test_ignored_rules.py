"""A server that ignores all rules of an operation is told each of them, wherever in the request it stands."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator
from mockserver.kit.generation.invalid import InvalidPayloads
from mockserver.kit.generation.valid import rule_levels
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.payloads.broken import broken_payloads
from mockserver.kit.server.watched_tasks import base_payload
from mockserver.types import JSON, Request, Response
from tests.mutants.servers.harness import Ask, Wrong, prepare
from tests.support.representatives import CHOSEN
from tests.support.sampling import sampled

CATALOG = load()
CREATES = [
    each
    for service in CATALOG.services.values()
    for each in Expectations(CATALOG, service).create_operations()
    if each.id in CHOSEN
]
CHECK = "refuses-broken-rules"


def ignoring(operation: Operation, expectations: Expectations) -> Wrong:
    """Return a server that makes the simplest task of whatever breaks a rule of an operation."""
    judged = Validator(operation.schema, operation.rules, rule_levels(operation, None))
    simplest = json.dumps(base_payload(expectations, operation)).encode()

    def respond(ask: Ask, request: Request) -> Response:
        if (request.method, request.path) != (operation.method, operation.path):
            return ask(request)
        try:
            sent: JSON = json.loads(request.body)
        except ValueError:
            return ask(request)
        is_broken = any(each.level == "error" for each in judged.violations(sent))
        return ask(replace(request, body=simplest) if is_broken else request)

    return Wrong(respond)


def tried(operation: Operation) -> Iterator[str]:
    """Yield the rules that the kit can break by a payload that must be refused under every reading."""
    target = prepare(operation.service, operation=operation.id, readings=operation.when).settings.target()
    for rule in InvalidPayloads.of(operation, target.expectations.of_payloads).rules:
        if any(
            target.expectations.is_refused(operation, rule, each) for each in broken_payloads(target, operation, rule)
        ):
            yield rule.id


@pytest.mark.parametrize("create", sampled([pytest.param(each, id=each.id) for each in CREATES], 1))
def test_a_server_that_ignores_all_rules_is_told_each(create: Operation) -> None:
    expectations = Expectations(CATALOG, CATALOG.service(create.service))
    wrong = ignoring(create, expectations)
    fake: dict[str, JSON] = {"readings": dict(create.when)}
    settings: dict[str, Any] = {"operation": create.id, "only": (CHECK,), "max_creates": 100_000}
    run = prepare(create.service, wrong, fake=fake, readings=create.when, **settings)
    found = {finding.rule for finding in run.verdict().of(CHECK) if finding.subject.startswith(create.id)}
    assert set(tried(create)) == found
    assert found
