"""Checks of a server: what each is, and that none is green on nothing."""

import re
from dataclasses import replace

import pytest

from mockserver.contract.catalog import load
from mockserver.kit.checks import NothingToJudge
from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.evidence import Attempt, Evidence, Purpose
from mockserver.kit.server.expectations import Expectations
from mockserver.kit.server.findings import finding
from mockserver.kit.server.runner import ServerCheck, findings
from mockserver.kit.server.scenarios.registry import SCENARIOS
from mockserver.kit.transcript import Exchange, Transcript
from mockserver.kit.verdict import Finding
from mockserver.types import JSON, Request, Response

CATALOG = load()


@pytest.mark.parametrize("check", CHECKS.values(), ids=list(CHECKS))
def test_a_check_says_what_is_promised_why_it_matters_and_where_from(check: ServerCheck) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", check.id)
    assert check.documented.endswith(".")
    assert check.why.endswith(".")
    assert check.source
    assert set(check.scenarios) <= SCENARIOS.keys()
    assert check.scenarios


@pytest.mark.parametrize("service", CATALOG.services)
@pytest.mark.parametrize("id", CHECKS)
def test_no_check_is_green_on_nothing(id: str, service: str) -> None:
    with pytest.raises(NothingToJudge, match=r"\w"):
        findings(CHECKS[id], Evidence(Expectations(CATALOG, CATALOG.service(service)), ()))


def exchange(number: int, payload: JSON, status: int = 200) -> Attempt:
    operation = CATALOG.operation("kling/omni-image.create")
    request = Request("POST", operation.path, headers={"host": "a"}, body=b"{}")
    answer = Response(status, b'{"code":0}', {"content-type": "application/json"})
    found = Exchange(number, 0, 1, operation.id, request, answer)
    return Attempt(found, Purpose.READ, operation=operation, payload=payload)


def test_of_findings_about_the_same_thing_the_smallest_payload_is_kept() -> None:
    attempts = tuple(exchange(number, {"prompt": "x" * size}, 500) for number, size in enumerate([30, 2, 10]))
    found = findings(CHECKS["no-server-errors"], Evidence(Expectations(CATALOG, CATALOG.service("kling")), attempts))
    assert [finding.payload for finding in found] == [{"prompt": "xx"}]
    assert found[0] == Finding(
        check="no-server-errors",
        subject="kling/omni-image.create",
        received='500 {"code":0}',
        documented="No request makes the server fail: it refuses with 4xx what it cannot take.",
        source="kling 4.1",
        payload={"prompt": "xx"},
        repeat="curl -X POST http://a/v1/images/omni-image -H content-type: --data-raw '{}'",
        transcript=Transcript((attempts[1].exchange,)),
    )


def test_a_finding_of_a_subject_of_its_own_is_of_no_rule() -> None:
    rule = CATALOG.operation("kling/omni-image.create").rules[0]
    attempt = replace(exchange(1, {}), about=rule)
    assert finding(attempt, "x").rule == rule.id
    about = finding(attempt, "x", subject=attempt.subject)
    assert (about.subject, about.rule) == ("kling/omni-image.create", None)
