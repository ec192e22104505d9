"""Libraries in the contract: who names what, and the rules that depend on what an account has."""

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.library import Judged
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator
from mockserver.contract.vectors import vectors
from mockserver.types import Schema

OPERATIONS = [each for service in load().services.values() for each in service.operations.values()]
JUDGED = [(each, each.judged) for each in OPERATIONS if each.judged is not None]
RULES = [
    pytest.param(judged, rule, id=f"{operation.id}:{rule.id}") for operation, judged in JUDGED for rule in judged.rules
]


def judge(judged: Judged, rule: Rule) -> Validator:
    return Validator(judged.schema, judged.rules, {rule.id: "error"})


@pytest.mark.parametrize(("judged", "rule"), RULES)
def test_what_keeps_a_rule_keeps_all(judged: Judged, rule: Rule) -> None:
    accept, _ = vectors(rule, judged.schema)
    assert accept
    assert [judge(judged, rule).violations(payload) for payload in accept] == [()] * len(accept)


@pytest.mark.parametrize(("judged", "rule"), RULES)
def test_what_breaks_a_rule_breaks_this_one_alone(judged: Judged, rule: Rule) -> None:
    _, reject = vectors(rule, judged.schema)
    assert reject
    found = [{each.rule.id for each in judge(judged, rule).violations(payload)} for payload in reject]
    assert found == [{rule.id}] * len(reject)


@pytest.mark.parametrize("operation", [operation for operation, _ in JUDGED], ids=lambda each: each.id)
def test_rules_that_depend_on_an_account_are_all_across_fields(operation: Operation) -> None:
    """So none of them says again what the schema of the request says."""
    assert operation.judged is not None
    assert all(rule.is_anchored for rule in operation.judged.rules)
    assert operation.names


def places(schema: Schema, at: str = "") -> list[str]:
    """Return the places of all fields of a request."""
    found = []
    for name, inner in schema.get("properties", {}).items():
        place = f"{at}.{name}" if at else name
        found += [place, *places(inner, place), *places(inner.get("items", {}), f"{place}[]")]
    return found


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_whoever_lists_ids_of_things_names_a_library(operation: Operation) -> None:
    """A field at the top may be about something else: speech has voices of its own."""
    fields = {library.id_field for library in load().services[operation.service].libraries.values()}
    listed = {place for place in places(operation.schema) if place.rpartition("[].")[2] in fields and "[]." in place}
    assert listed <= {place for _, place in operation.names}


def test_a_gateway_takes_over_the_libraries_of_the_service_that_it_extends() -> None:
    kling, gateway = (load().service(id).libraries["elements"] for id in ("kling", "chainhub"))
    assert gateway.makers == kling.makers
    assert gateway.presets == kling.presets
