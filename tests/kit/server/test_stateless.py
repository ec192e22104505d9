"""A server without state: it answers each request with the first example of our description, and the checks find it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.description.openapi import openapi
from mockserver.contract.readings import settled
from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.evidence import Purpose
from mockserver.kit.server.scenarios.queries import query
from mockserver.kit.server.scenarios.random_walk import TASKS, walk_at_random
from mockserver.kit.server.scenarios.task_lifecycle import watch_tasks
from mockserver.types import Request, Response
from tests.mutants.servers.harness import Ask, Run, Wrong, prepare
from tests.mutants.servers.mutant import doing

CATALOG = load()
PATHS: dict[str, Any] = openapi(CATALOG, CATALOG.service("kling"), settled(CATALOG.questions(), {})["kling"])["paths"]
JSON_TYPE = "application/json"


def stateless(ask: Ask, request: Request) -> Response:
    """Let the fake refuse what it refuses without looking at its tasks, and answer all else from the description."""
    response = ask(request)
    does = doing(request)
    is_of_tasks = response.status == 200 or any(
        word in response.body for word in (b"Task not found", b"already exists")
    )
    if not does or not is_of_tasks:
        return response
    path = request.path if does != "get" else f"{request.path.rpartition('/')[0]}/{{id}}"
    answer = PATHS[path][request.method.lower()]["responses"]["200"]["content"][JSON_TYPE]
    example = next(iter(answer["examples"].values()))["value"]
    return Response(200, json.dumps(example).encode(), {"content-type": JSON_TYPE})


def stateless_run(**settings: Any) -> Run:
    return prepare("kling", Wrong(stateless, deliver=lambda _, __: []), **settings)


@pytest.mark.torture
def test_that_its_tasks_are_none_is_found() -> None:
    of_tasks = [
        id
        for id, check in CHECKS.items()
        if not {"malformed", "broken payloads", "valid payloads"} & {*check.scenarios}
    ]
    found = stateless_run(only=tuple(of_tasks)).verdict()
    assert {finding.check for finding in found.findings} == {
        "any-order",
        "callback-comes",
        "created-at-is-now",
        "duplicate-external-id-refused",
        "external-id-is-echoed",
        "ids-differ",
        "list-is-complete",
        "list-shows-what-a-query-shows",
        "missing-task-refused",
        "names-are-unique-at-once",
        "others-name-is-missing",
        "pages-are-disjoint",
        "task-ends",
        "updated-at-not-ahead",
    }


def test_an_id_that_two_operations_gave_is_foreign_to_neither() -> None:
    found = stateless_run().probe()
    watch_tasks(found)
    query(found)
    creates = found.evidence().of(Purpose.CREATE_WATCHED)
    given = {f"{each.exchange.request.path}/{each.exchange.received['data']['task_id']}" for each in creates}
    asked = [each for each in found.evidence().of(Purpose.ASK_FOR_MISSING) if each.case == "an id of another operation"]
    assert len(given) > len({path.rpartition("/")[2] for path in given})
    assert asked
    assert not given & {each.exchange.request.path for each in asked}


def test_a_random_walk_creates_the_planned_tasks_and_one_by_a_name_that_is_taken() -> None:
    found = stateless_run().probe()
    walk_at_random(found)
    assert found.budget.created == TASKS + 1


def test_waiting_for_tasks_that_never_end_leaves_time_for_the_rest() -> None:
    found = stateless_run(seconds=100).probe()
    began = found.clock.now()
    watch_tasks(found)
    assert 80 <= (found.clock.now() - began) / 1000 < 90
    assert [(each.check, each.reason.partition(":")[0]) for each in found.evidence().untried] == [
        ("task-ends", "kling/omni-image.create")
    ]


def test_a_scenario_that_was_cut_short_is_named() -> None:
    verdict = stateless_run(seconds=1).verdict()
    reasons = [skipped.reason for skipped in verdict.skipped if skipped.check == "any-order"]
    assert reasons == ["in part, of random walk: the 1 seconds of --seconds were over"]
