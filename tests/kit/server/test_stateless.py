"""A server without state: it answers each request with the first example of our description, and is told so."""

from __future__ import annotations

import json
from typing import Any

from mockserver.contract.catalog import load
from mockserver.contract.openapi import openapi
from mockserver.contract.readings import settled
from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.scenarios.queries import queries
from mockserver.kit.server.scenarios.random_walk import TASKS, any_order
from mockserver.kit.server.scenarios.task_lifecycle import lives
from mockserver.types import Request, Response
from tests.mutants.servers.mutant import doing
from tests.mutants.servers.stage import Ask, Trial, Wrong, trial

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


def before(**settings: Any) -> Trial:
    return trial("kling", Wrong(stateless, deliver=lambda _, __: []), **settings)


def test_that_its_tasks_are_none_is_found() -> None:
    of_tasks = [id for id, check in CHECKS.items() if not {"noise", "refusals", "acceptance"} & {*check.scenarios}]
    found = before(only=tuple(of_tasks)).verdict()
    assert {finding.check for finding in found.findings} == {
        "any-order",
        "callback-comes",
        "created-at-is-now",
        "duplicate-external-id-refused",
        "external-id-is-echoed",
        "ids-differ",
        "list-is-complete",
        "missing-task-refused",
        "task-ends",
    }


def test_an_id_that_two_operations_gave_is_a_strangers_to_neither() -> None:
    found = before().probe()
    lives(found)
    queries(found)
    assert {trial.case for trial in found.evidence().of("missing")} == {"unknown id", "an id of letters"}


def test_any_order_makes_the_tasks_that_were_planned_and_one_by_a_name_that_is_taken() -> None:
    found = before().probe()
    any_order(found)
    assert found.budget.made == TASKS + 1


def test_who_waits_for_what_never_ends_leaves_time_to_others() -> None:
    found = before(seconds=100).probe()
    began = found.clock.now()
    lives(found)
    assert 80 <= (found.clock.now() - began) / 1000 < 90
    assert [(each.check, each.reason.partition(":")[0]) for each in found.evidence().untried] == [
        ("task-ends", "kling/omni-image.create")
    ]


def test_an_act_that_there_was_no_time_for_is_called_cut() -> None:
    verdict = before(seconds=1).verdict()
    reasons = [skipped.reason for skipped in verdict.skipped if skipped.check == "any-order"]
    assert reasons == ["in part, of any order: the 1 seconds of --seconds were over"]
