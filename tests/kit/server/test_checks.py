"""Checks of a server: what each is, and that none is green on nothing."""

import re
from dataclasses import replace

import pytest

from mockserver.contract.catalog import load
from mockserver.kit.checks import NothingToJudge
from mockserver.kit.server.checks.registry import CHECKS
from mockserver.kit.server.evidence import Evidence, Trial
from mockserver.kit.server.expectations import Terms
from mockserver.kit.server.findings import finding
from mockserver.kit.server.runner import ServerCheck, findings
from mockserver.kit.server.scenarios.registry import PROGRAMME
from mockserver.kit.transcript import Exchange
from mockserver.kit.verdict import Finding
from mockserver.types import JSON, Request, Response

CATALOG = load()


@pytest.mark.parametrize("check", CHECKS.values(), ids=list(CHECKS))
def test_a_check_says_what_is_promised_why_it_matters_and_where_from(check: ServerCheck) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", check.id)
    assert check.documented.endswith(".")
    assert check.why.endswith(".")
    assert check.source
    assert set(check.scenarios) <= PROGRAMME.keys()
    assert check.scenarios


@pytest.mark.parametrize("service", CATALOG.services)
@pytest.mark.parametrize("id", CHECKS)
def test_no_check_is_green_on_nothing(id: str, service: str) -> None:
    with pytest.raises(NothingToJudge, match=r"\w"):
        findings(CHECKS[id], Evidence(Terms(CATALOG, CATALOG.service(service)), ()))


def exchange(number: int, payload: JSON, status: int = 200) -> Trial:
    operation = CATALOG.operation("kling/omni-image.create")
    request = Request("POST", operation.path, headers={"host": "a"}, body=b"{}")
    answer = Response(status, b'{"code":0}', {"content-type": "application/json"})
    return Trial(Exchange(number, 0, 1, operation.id, request, answer), "read", operation=operation, payload=payload)


def test_of_findings_about_the_same_thing_the_smallest_payload_is_kept() -> None:
    trials = tuple(exchange(number, {"prompt": "x" * size}, 500) for number, size in enumerate([30, 2, 10]))
    found = findings(CHECKS["no-server-errors"], Evidence(Terms(CATALOG, CATALOG.service("kling")), trials))
    assert [finding.payload for finding in found] == [{"prompt": "xx"}]
    assert found[0] == Finding(
        check="no-server-errors",
        subject="kling/omni-image.create",
        received='500 {"code":0}',
        documented="No request makes the server fail: what it cannot take it refuses with 4xx.",
        source="kling 4.1",
        payload={"prompt": "xx"},
        repeat="curl -X POST http://a/v1/images/omni-image --data-binary '{}'",
    )


def test_a_finding_of_a_subject_of_its_own_is_of_no_rule() -> None:
    rule = CATALOG.operation("kling/omni-image.create").rules[0]
    trial = replace(exchange(1, {}), rule=rule)
    assert finding(trial, "x").rule == rule.id
    about = finding(trial, "x", subject=trial.subject)
    assert (about.subject, about.rule) == ("kling/omni-image.create", None)
