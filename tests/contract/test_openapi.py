"""The OpenAPI description: valid to a stranger's validator, and it refuses what the service refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from mockserver.cli import main
from mockserver.contract.catalog import load
from mockserver.contract.description.openapi import openapi
from mockserver.contract.keywords import KEYWORDS
from mockserver.contract.readings import levels, settled
from mockserver.contract.service import Operation
from mockserver.contract.validation import Validator
from mockserver.contract.vectors import vectors
from mockserver.types import JSON, Schema, kind_of

CATALOG = load()
SERVICES = [*CATALOG.services]
OPERATIONS = [operation for service in CATALOG.services.values() for operation in service.operations.values()]
MAKERS = [operation for operation in OPERATIONS if operation.callback]

STANDARD = {
    *("$ref", "title", "description", "default", "examples", "type", "enum", "const", "minimum", "maximum"),
    *(
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "minItems",
        "maxItems",
        "items",
        "contains",
        "minContains",
        "maxContains",
    ),
    *("required", "properties", "additionalProperties", "allOf", "anyOf", "not", "if", "then", "else"),
}

TOLD = {"description", "examples", "default", "x-rule", "x-source", "x-confidence", "x-message"}

FLIPPED = {
    service.id: tuple(
        (question.id, [id for id in question.readings if id != question.default][-1])
        for question in service.questions.values()
        if question.id not in {id for operation in service.operations.values() for id in operation.when}
    )
    for service in CATALOG.services.values()
}
"""For each service a reading of every question that is not the default, but for those on which operations depend."""


@cache
def described(service: str, *chosen: tuple[str, str]) -> dict[str, Any]:
    """Return the description of a service, as JSON has it."""
    found = CATALOG.service(service)
    readings = settled({service: found.questions}, dict(chosen))[service]
    document: dict[str, Any] = json.loads(json.dumps(openapi(CATALOG, found, readings)))
    return document


def whole(service: str) -> dict[str, Any]:
    """Return the description of a service under the readings that have all of its operations."""
    readings = {pair for each in CATALOG.service(service).operations.values() for pair in each.when.items()}
    return described(service, *sorted(readings))


def calls(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, call in methods.items():
            yield method, path, call


def described_call(operation: Operation, *chosen: tuple[str, str]) -> dict[str, Any]:
    readings = (*operation.when.items(), *chosen)
    found: dict[str, Any] = described(operation.service, *readings)["paths"][operation.path][operation.method.lower()]
    return found


def places(node: JSON, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of a document, with the way there."""
    if isinstance(node, dict):
        yield path, node
        for name, value in node.items():
            yield from places(value, f"{path}/{name}")
    for index, value in enumerate(node if isinstance(node, list) else ()):
        yield from places(value, f"{path}/{index}")


def schemas(document: dict[str, Any]) -> Iterator[Schema]:
    """Yield every schema of a document, and each inside it."""
    roots = [*document["components"]["schemas"].values()]
    roots += [node["schema"] for _, node in places(document["paths"]) if "schema" in node]
    while roots:
        schema = roots.pop()
        if isinstance(schema, dict):
            yield schema
            roots += [schema[name] for name in ("items", "contains", "additionalProperties", "not") if name in schema]
            roots += [schema[name] for name in ("if", "then", "else") if name in schema]
            roots += [part for name in ("allOf", "anyOf") for part in schema.get(name, ())]
            roots += schema.get("properties", {}).values()


def validator(document: dict[str, Any], schema: Schema) -> OAS31Validator:
    """Return a stranger's validator for a schema of a document."""
    return OAS31Validator({**schema, "components": document["components"]})


def errors(document: dict[str, Any], schema: Schema, value: JSON) -> list[str]:
    return [error.message for error in validator(document, schema).iter_errors(value)]


@pytest.mark.parametrize("service", SERVICES)
def test_a_stranger_finds_the_description_valid(service: str) -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(whole(service)).iter_errors()] == []


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_valid_under_other_readings(service: str) -> None:
    document = described(service, *FLIPPED[service])
    assert document["info"]["x-readings"].items() >= dict(FLIPPED[service]).items()
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_described_and_nothing_else(service: str) -> None:
    described_ones = {(method.upper(), path, call["operationId"]) for method, path, call in calls(whole(service))}
    served = CATALOG.service(service).operations.values()
    assert described_ones == {(operation.method, operation.path, operation.name) for operation in served}


def test_an_operation_is_described_only_under_its_reading() -> None:
    document = described("chainhub", ("gateway-query", "none"))
    assert {method for method, _, _ in calls(document)} == {"post"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_schema_speaks_only_standard_keywords_and_extensions(service: str) -> None:
    used = {keyword for schema in schemas(whole(service)) for keyword in schema}
    assert {keyword for keyword in used if not keyword.startswith("x-")} <= STANDARD
    assert not used & {"x-accept", "x-reject", "x-level"}


def fits(kind: str, schema: Schema) -> bool:
    return kind != "array" or "items" in schema


@pytest.mark.parametrize("service", SERVICES)
def test_a_generator_of_clients_can_read_each_schema(service: str) -> None:
    """openapi-python-client itself is asked in tests/slow/foreign; these are the forms that it leaves out."""
    for schema in schemas(described(service)):
        assert "title" not in schema  # it would name classes, some of them alike
        assert not {name for name, part in schema.get("properties", {}).items() if isinstance(part, bool)}
        assert len({kind_of(each) for each in schema.get("enum", ())}) <= 1
        assert fits(schema.get("type", ""), schema)
        parts = schema.get("allOf", ())
        asserting = {*schema} - {"allOf", *TOLD}
        if any("$ref" in part for part in parts) and not parts[1:]:
            assert not asserting, schema
        assert "$ref" not in schema or {*schema} - TOLD == {"$ref"}


def test_a_field_whose_values_are_not_enforced_has_a_type() -> None:
    """Or the fake would meet numbers and objects where it looks for the text of a ratio."""
    for operation in OPERATIONS:
        for rule in operation.rules:
            if rule.keyword == "enum" and rule.level != "error":
                field: Any = operation.schema
                for step in rule.path[:-1]:
                    field = field[step]
                assert "type" in field, rule.id


@pytest.mark.parametrize("service", SERVICES)
def test_every_reference_leads_somewhere_and_no_component_is_idle(service: str) -> None:
    document = whole(service)
    led = {node["$ref"] for _, node in places(document) if isinstance(node.get("$ref"), str)}
    for target in led:
        found: Any = document
        for step in target.removeprefix("#/").split("/"):
            found = found[step]
        assert isinstance(found, dict)
    kept = {f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in document["components"][kind]}
    assert led == kept


@pytest.mark.parametrize("service", SERVICES)
def test_every_example_fits_its_schema(service: str) -> None:
    document = whole(service)
    checked = 0
    for place, node in places(document):
        if "schema" in node and isinstance(node.get("examples"), dict):
            for name, example in node["examples"].items():
                assert errors(document, node["schema"], example["value"]) == [], f"{place}/examples/{name}"
                checked += 1
    assert checked >= len(CATALOG.service(service).errors)


@pytest.mark.parametrize("service", SERVICES)
def test_every_default_and_every_example_of_a_schema_fits_it(service: str) -> None:
    document = whole(service)
    for schema in schemas(document):
        for value in (*schema.get("examples", ()), *([schema["default"]] if "default" in schema else ())):
            assert errors(document, schema, value) == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_row_of_the_error_table_is_an_example_with_its_fields_filled_in(service: str) -> None:
    responses = whole(service)["components"]["responses"]
    rows = CATALOG.service(service).errors.values()
    shown = {
        (name, row): example["value"]
        for name, response in responses.items()
        for row, example in response["content"]["application/json"]["examples"].items()
    }
    named = {(f"refused-{row.status}", f"code-{row.id}" if row.id.isdigit() else row.id): row for row in rows}
    assert shown.keys() == named.keys()
    for place, row in named.items():
        value = shown[place]
        fixed = {name: text for name, text in row.body.items() if not re.search(r"\{\w+\}", str(text))}
        assert value.items() >= fixed.items()
        assert not re.search(r"\{\w+\}", json.dumps(value)), row.id


@pytest.mark.parametrize("service", SERVICES)
def test_a_mock_that_takes_the_first_example_answers_mistakes_as_the_service_does(service: str) -> None:
    responses = whole(service)["components"]["responses"]
    examples = {name: [*response["content"]["application/json"]["examples"]] for name, response in responses.items()}
    assert examples[f"refused-{CATALOG.service(service).errors['invalid'].status}"][0] == "invalid"
    assert examples["refused-401"][0] == "no-credentials"
    # JavaScript moves names that are numbers before all others.
    assert not [name for names in examples.values() for name in names if name.isdigit()]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_a_call_can_be_refused_with_every_status_of_the_table(operation: Operation) -> None:
    rows = CATALOG.service(operation.service).errors.values()
    statuses = {operation.answer_status, *(row.status for row in rows)}
    assert {*described_call(operation)["responses"]} == {str(status) for status in statuses}


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.answer], ids=lambda operation: operation.id)
def test_an_answer_comes_with_one_that_was_recorded(operation: Operation) -> None:
    answer = described_call(operation)["responses"][str(operation.answer_status)]
    assert answer["content"]["application/json"]["examples"]


def judged(operation: Operation, chosen: dict[str, str]) -> Iterator[tuple[str, JSON, bool]]:
    """Yield each vector of each rule, and whether the service refuses it; not what JSON Schema has no words for."""
    questions = CATALOG.service(operation.service).questions
    readings = settled({operation.service: questions}, chosen)[operation.service]
    own = Validator(operation.schema, operation.rules, levels(questions, readings))
    beyond = {
        rule.id
        for rule in operation.rules
        if rule.keyword in KEYWORDS or any(f'"{name}"' in json.dumps(rule.value) for name in KEYWORDS)
    }
    for rule in operation.rules:
        if rule.id not in beyond:
            for payload in (vector for side in vectors(rule, operation.schema) for vector in side):
                found = {each.rule.id for each in own.violations(payload) if each.level == "error"}
                if not found & beyond:
                    yield rule.id, payload, bool(found)


@pytest.mark.parametrize("operation", MAKERS, ids=lambda operation: operation.id)
@pytest.mark.parametrize("is_flipped", [False, True], ids=["default", "flipped"])
def test_a_body_is_refused_exactly_when_the_service_refuses_it(operation: Operation, is_flipped: bool) -> None:
    chosen = (*operation.when.items(), *(FLIPPED[operation.service] if is_flipped else ()))
    content = described_call(operation, *chosen)["requestBody"]["content"]
    assert {*content} == {*operation.media_types}
    judge = validator(described(operation.service, *chosen), content["application/json"]["schema"])
    seen = set()
    for rule, payload, refused in judged(operation, dict(chosen)):
        assert judge.is_valid(payload) is not refused, (rule, payload)
        seen.add(refused)
    assert seen == {True, False}


QUERIES = [
    operation for operation in OPERATIONS if operation.schema and (operation.uploads or operation.method != "POST")
]


@pytest.mark.parametrize("operation", QUERIES, ids=lambda operation: operation.id)
def test_each_field_of_a_query_is_a_parameter(operation: Operation) -> None:
    parameters = [each for each in described_call(operation).get("parameters", ()) if each["in"] == "query"]
    if operation.uploads:
        content = described_call(operation)["requestBody"]["content"]
        held = {"type": "string", "format": "binary"}
        assert content == {kind: {"schema": held, "x-file": dict(file)} for kind, file in operation.uploads.items()}
    assert [each["name"] for each in parameters] == [*operation.schema["properties"]]
    for each in parameters:
        assert {"title", "description", "type", "enum"} & each["schema"].keys()


def test_a_rule_across_the_fields_of_a_query_is_told() -> None:
    call = described_call(CATALOG.operation("useapi/tasks.list"))
    assert [rule["rule"] for rule in call["x-rules"]] == ["before-or-after"]


def test_what_is_only_recorded_is_told_and_not_enforced() -> None:
    call = described_call(CATALOG.operation("kling/omni-image"))
    assert "references-exist" in {rule["rule"] for rule in call["x-warnings"]}
    schema = described("kling")["components"]["schemas"]["omni-image.request"]
    assert "additionalProperties" not in schema
    assert "references-exist" not in {rule["x-rule"] for rule in schema["allOf"]}


@pytest.mark.parametrize("service", SERVICES)
def test_credentials_and_hosts_are_those_of_the_service(service: str) -> None:
    document, found = whole(service), CATALOG.service(service)
    assert document["security"] == [{name: []} for name in found.credentials]
    assert {*document["components"]["securitySchemes"]} == {*found.credentials}
    assert [server["url"] for server in document["servers"]] == [
        *(f"https://{host}" for host in found.hosts),
        "http://127.0.0.1:8080",
    ]


@pytest.mark.parametrize("operation", MAKERS, ids=lambda operation: operation.id)
def test_a_callback_goes_where_the_request_says(operation: Operation) -> None:
    ((expression, methods),) = described_call(operation)["callbacks"]["task"].items()
    field = re.fullmatch(r"\{\$request\.body#/([\w/]+)\}", expression)
    assert field is not None
    assert operation.has(field[1].replace("/", "."))
    is_signed = described(operation.service)["info"]["x-readings"].get("callback-signed") != "no"
    headers = {each["name"] for each in methods["post"].get("parameters", ())}
    assert headers == ({"webhook-id", "webhook-timestamp", "webhook-signature"} if is_signed else set())


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ("openapi", *words))
    return result.exit_code, result.stdout, result.stderr


def test_the_command_prints_the_description() -> None:
    status, out, _ = run("kling")
    assert status == 0
    assert json.loads(out) == described("kling")


def test_the_command_writes_a_file(tmp_path: Path) -> None:
    file = tmp_path / "kling.json"
    assert run("kling", "--output", str(file)) == (0, "", "")
    assert json.loads(file.read_text(encoding="utf-8")) == described("kling")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("klign",), "mockserver: no service 'klign'; did you mean 'kling'?\n"),
        (
            ("kling", "--output", "/no/such/file"),
            "mockserver: --output: '/no/such/file' cannot be written: No such file or directory. Name another file.\n",
        ),
        ((), "mockserver: Missing argument 'SERVICE'. (main openapi --help)\n"),
    ],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], told: str) -> None:
    assert run(*words) == (2, "", told)
