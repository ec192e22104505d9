"""A service whose requests keep fields inside others is served and judged: the schemas say where, and no code does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from mockserver.contract import catalog
from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.core import Fake
from mockserver.kit.verdict import ExitStatus, Verdict
from mockserver.types import Request, Response
from tests.mutants.servers.harness import Ask, Wrong, prepare
from tests.support.other_services import schemas_with_others
from tests.support.sampling import sampled


@pytest.fixture(scope="module", autouse=True)
def others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    schemas = schemas_with_others(tmp_path_factory.mktemp("others"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "folder", lambda _: schemas)
        patch.setattr(catalog, "_loaded", cache(catalog._loaded.__wrapped__))  # the usual one is kept
        yield


def told(verdict: Verdict) -> list[str]:
    return [f"{finding.key}: {finding.received}" for finding in verdict.findings]


@pytest.mark.parametrize(
    ("service", "operation"),
    sampled(
        [
            pytest.param("nested", "element", id="nested-element"),
            pytest.param("nested", "film", id="nested-film"),
            pytest.param("typed", "film", id="typed-film"),
        ],
        1,
    ),
)
def test_a_right_server_is_found_right(service: str, operation: str) -> None:
    verdict = prepare(service, operation=f"{service}/{operation}.create").verdict()
    assert told(verdict) == []
    assert verdict.status is ExitStatus.KEPT
    assert len(verdict.made) > 35


def test_what_makes_no_files_has_no_results_to_fetch() -> None:
    verdict = prepare("nested", operation="nested/element.create", only=("results", "task-ends")).verdict()
    assert told(verdict) == []
    assert {check.id for check in verdict.made} >= {"task-ends", "results-are-counted", "results-can-be-fetched"}
    assert {each.check for each in verdict.skipped} >= {"results-can-be-opened", "films-have-the-length"}


def changed(request: Request, change: dict[str, dict[str, object]], where: dict[str, dict[str, object]]) -> Request:
    """Return a create in which objects have other fields, if the objects have those of ``where``."""
    if request.method != "POST":
        return request
    try:
        body = json.loads(request.body)
    except ValueError:
        return request
    if not isinstance(body, dict) or not all(isinstance(body.get(name), dict) for name in change):
        return request
    if any(body[name].get(field) != value for name, fields in where.items() for field, value in fields.items()):
        return request
    for name, fields in change.items():
        body[name] |= fields
    return replace(request, body=json.dumps(body).encode())


def upright_is_wide(ask: Ask, request: Request) -> Response:
    return ask(changed(request, {"input": {"aspect_ratio": "16:9"}}, {"input": {"aspect_ratio": "9:16"}}))


def long_films_of_o1(ask: Ask, request: Request) -> Response:
    return ask(changed(request, {"input": {"duration": 5}}, {"input": {"version": "o1"}}))


def nameless(ask: Ask, request: Request) -> Response:
    return ask(changed(request, {"options": {"external_task_id": ""}}, {}))


def silent(_: Fake, __: list[Delivery]) -> list[Delivery]:
    return []


@pytest.mark.parametrize(
    ("service", "wrong", "check", "said"),
    [
        ("nested", Wrong(upright_is_wide), "results-have-the-ratio", "input.aspect_ratio is 9:16"),
        ("nested", Wrong(long_films_of_o1), "refuses-broken-rules", "accepted"),
        ("nested", Wrong(deliver=silent), "callback-comes", "no callback within 10 s"),
        ("typed", Wrong(deliver=silent), "callback-comes", "no callback within 10 s"),
        ("typed", Wrong(nameless), "external-id-is-echoed", "no name instead of"),
        ("typed", Wrong(nameless), "duplicate-external-id-refused", ""),
    ],
)
def test_a_wrong_server_is_found(service: str, wrong: Wrong, check: str, said: str) -> None:
    found = prepare(service, wrong, only=(check,)).verdict().findings
    assert {each.check for each in found} == {check}
    assert any(said in each.received for each in found), found


def test_what_a_service_does_not_have_is_not_checked_and_the_verdict_says_why() -> None:
    names = ("external-id-finds", "duplicate-external-id-refused", "external-id-is-echoed", "names-are-unique-at-once")
    verdict = prepare("nested", only=(*names, "callback-has-the-reference", "list-is-complete")).verdict()
    assert verdict.made == ()
    assert {each.check for each in verdict.skipped} >= {*names, "callback-has-the-reference", "list-is-complete"}
