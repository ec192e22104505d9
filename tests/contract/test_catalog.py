"""The catalog: a contract that cannot be used says where; one that can has everything in its place."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract import catalog
from mockserver.contract.catalog import load
from mockserver.contract.places import schema_at
from mockserver.contract.service import Operation, Service
from mockserver.errors import BadContract, NoSuchOperation, NoSuchService
from mockserver.resources import folder

SCHEMAS = Path(str(folder("schemas")))
OPERATIONS = [each for service in load().services.values() for each in service.operations.values()]


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """Copy the official contract, and a gateway that extends it."""
    for name in ("schema.meta.json", "service.meta.json"):
        shutil.copy(SCHEMAS / name, tmp_path)
    for name in ("kling", "yutoai"):
        shutil.copytree(SCHEMAS / name, tmp_path / name)
    return tmp_path


def change(file: Path, edit: Callable[[Any], object]) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    edit(document)
    file.write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize("service", load().services.values(), ids=load().services)
def test_no_path_is_served_and_unserved(service: Service) -> None:
    served = {(each.method, each.path) for each in service.operations.values()}
    assert {(method, path) for path, each in service.unserved.items() for method in each["methods"]} & served == set()


# What is wrong, and where it must be said to be.
BAD: list[tuple[str, str, Callable[[Any], object], str, str]] = [
    (
        "an unknown keyword in a schema",
        "kling/omni-image.request.json",
        lambda schema: schema["properties"]["n"].update(multipleOf=2),
        "/properties/n",
        "multipleOf",
    ),
    (
        "an unknown keyword deep in a rule",
        "kling/omni-image.request.json",
        lambda schema: schema["allOf"][1]["then"].update(dependentSchemas={}),
        "/allOf/1/then",
        "dependentSchemas",
    ),
    (
        "a rule without vectors",
        "kling/omni-image.request.json",
        lambda schema: schema["allOf"][0].pop("x-reject"),
        "/allOf/0",
        "x-reject",
    ),
    (
        "a rule with an empty list of vectors",
        "kling/omni-image.request.json",
        lambda schema: schema["allOf"][0].update({"x-accept": []}),
        "/allOf/0/x-accept",
        "[]",
    ),
    (
        "a rule without a description",
        "kling/omni-image.request.json",
        lambda schema: schema["allOf"][0].pop("description"),
        "/allOf/0",
        "description",
    ),
    (
        "a level that there is not",
        "kling/omni-image.request.json",
        lambda schema: schema["allOf"][0].update({"x-level": "fatal"}),
        "/allOf/0/x-level",
        "fatal",
    ),
    (
        "two rules of one name",
        "kling/service.json",
        lambda service: service["operations"]["omni-image.list"].update(body="twice.json"),
        "/operations/omni-image.list",
        "two rules have the name 'same'",
    ),
    (
        "an unknown keyword in a service",
        "kling/service.json",
        lambda service: service.update(port=80),
        "",
        "port",
    ),
    (
        "an unknown keyword in an operation",
        "kling/service.json",
        lambda service: service["operations"]["omni-image.get"].update(retries=3),
        "/operations/omni-image.get",
        "retries",
    ),
    (
        "a request schema that is not there",
        "kling/service.json",
        lambda service: service["operations"]["omni-image.create"].update(body="nowhere.json"),
        "/operations/omni-image.create",
        "there is no file schemas/kling/nowhere.json",
    ),
    (
        "an answer's schema that is not there",
        "kling/service.json",
        lambda service: service["operations"]["omni-image.get"].update(answer="../nowhere/at-all.json"),
        "/operations/omni-image.get/answer",
        "there is no file schemas/nowhere/at-all.json",
    ),
    (
        "the schema of errors that is not there",
        "yutoai/service.json",
        lambda service: service.update(refusal="error.json"),
        "/refusal",
        "there is no file schemas/yutoai/error.json",
    ),
    (
        "a service that extends a stranger",
        "yutoai/service.json",
        lambda service: service.update(extends="klong"),
        "/extends",
        "there is no service 'klong'",
    ),
    (
        "a reading of no rule",
        "kling/service.json",
        lambda service: service["readings"]["auto-ratio"]["readings"]["refused"].update(levels={"no-rule": "error"}),
        "/readings/auto-ratio/readings/refused",
        "there is no rule 'no-rule'",
    ),
    (
        "a default that is no reading",
        "yutoai/service.json",
        lambda service: service["readings"]["gateway-query"].update(default="perhaps"),
        "/readings/gateway-query/default",
        "there is no reading 'perhaps'",
    ),
    (
        "an operation that waits for a reading of nothing",
        "yutoai/service.json",
        lambda service: service["operations"]["omni-image.get"].update(when={"gateway-query": "perhaps"}),
        "/operations/omni-image.get/when",
        "there is no reading gateway-query=perhaps",
    ),
    (
        "a library of things that nobody makes",
        "kling/elements.service.json",
        lambda part: part["libraries"]["elements"].update(made_by=["delete-elements"]),
        "/libraries/elements/made_by",
        "no operation 'delete-elements' makes tasks",
    ),
    (
        "a library without its row",
        "kling/elements.service.json",
        lambda part: part["libraries"]["elements"].update(missing="nothing"),
        "/libraries/elements/missing",
        "no row 'nothing'",
    ),
    (
        "a library without its question",
        "kling/voices.service.json",
        lambda part: part["libraries"]["voices"].update(unknown="nothing"),
        "/libraries/voices/unknown",
        "no question 'nothing'",
    ),
    (
        "a preset without an id",
        "kling/voices.service.json",
        lambda part: part["libraries"]["voices"]["presets"][0]["thing"].pop("voice_id"),
        "/libraries/voices/presets",
        "a preset has no 'voice_id'",
    ),
    (
        "a deletion from no library",
        "kling/elements.service.json",
        lambda part: part["operations"]["delete-elements"].update(library="shelves"),
        "/operations/delete-elements/library",
        "no library 'shelves'",
    ),
    (
        "a rule on kinds that is nowhere",
        "kling/service.json",
        lambda service: service["operations"]["omni-image.create"].update(judged={"by": "nowhere.json"}),
        "/operations/omni-image.create/judged/by",
        "there is no file schemas/kling/nowhere.json",
    ),
    (
        "a confidence that there is not",
        "kling/service.json",
        lambda service: service["errors"]["1000"].update(confidence="sure"),
        "/errors/1000/confidence",
        "sure",
    ),
]


@pytest.mark.parametrize(("file", "edit", "pointer", "fact"), [pytest.param(*each[1:], id=each[0]) for each in BAD])
def test_a_contract_that_cannot_be_used_says_where(
    schemas: Path, file: str, edit: Callable[[Any], object], pointer: str, fact: str
) -> None:
    twice = {
        "x-source": "kling 1.2",
        "x-confidence": "documented",
        "examples": [{}],
        "allOf": [{"$anchor": "same", "description": "-", "x-accept": [{}], "x-reject": [{}]}] * 2,
    }
    (schemas / "kling" / "twice.json").write_text(json.dumps(twice), encoding="utf-8")
    change(schemas / file, edit)
    with pytest.raises(BadContract) as caught:
        catalog.read(schemas)
    assert (caught.value.file, caught.value.pointer) == (file, pointer)
    assert fact in caught.value.fact
    assert str(caught.value).startswith(f"{file}#{pointer}: ")


def test_a_file_that_is_not_json_is_named(schemas: Path) -> None:
    (schemas / "kling" / "error.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadContract) as caught:
        catalog.read(schemas)
    assert caught.value.file == "kling/error.json"
    assert "not JSON" in caught.value.fact


def test_what_is_not_a_service_is_left_alone(schemas: Path) -> None:
    (schemas / "notes").mkdir()
    (schemas / "notes" / "draft.json").write_text("no JSON", encoding="utf-8")
    (schemas / "kling" / "README.md").write_text("words", encoding="utf-8")
    assert list(catalog.read(schemas).services) == ["kling", "yutoai"]


def test_a_gateway_takes_over_what_it_does_not_say_otherwise(schemas: Path) -> None:
    found = catalog.read(schemas)
    official, gateway = found.service("kling"), found.service("yutoai")
    assert gateway.errors == official.errors
    assert gateway.messages == official.messages
    assert gateway.questions["missing-task"] == official.questions["missing-task"]
    assert gateway.questions["info-when-none"].default != official.questions["info-when-none"].default
    assert not set(gateway.operations) & set(official.operations)


@pytest.mark.parametrize(
    ("host", "services"),
    [
        ("api-singapore.klingai.com", ["kling", "kling-2"]),
        ("api-beijing.klingai.com", ["kling", "kling-2"]),
        ("api.klingai.com", ["kling"]),
        ("api.chainhub.tech", ["chainhub"]),
        ("docs.yutoai.net", ["yutoai"]),
        ("api.useapi.net", ["useapi"]),
    ],
)
def test_a_known_host_belongs_to_a_service_and_to_those_that_share_its_tasks(host: str, services: list[str]) -> None:
    found = [service for service in load().services.values() if host in service.hosts]
    assert [service.id for service in found] == services
    assert len({service.family for service in found}) == 1


def test_an_operation_is_found_by_its_id_and_creating_goes_without_saying() -> None:
    assert load().operation("kling/omni-image.get").does == "get"
    assert load().operation("kling/omni-image") is load().operation("kling/omni-image.create")


@pytest.mark.parametrize(
    ("id", "hint"),
    [("kling/omni-imag", "kling/omni-image"), ("kling/omni-image.getter", "kling/omni-image.get"), ("", "lists all")],
)
def test_an_operation_that_there_is_not_gets_a_hint(id: str, hint: str) -> None:
    with pytest.raises(NoSuchOperation, match=hint):
        load().operation(id)


def test_a_service_that_there_is_not_gets_a_hint() -> None:
    with pytest.raises(NoSuchService, match="no service 'klin'; did you mean 'kling'"):
        load().service("klin")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_every_schema_of_an_answer_compiles(operation: Operation) -> None:
    for file in filter(None, (operation.answer, operation.callback)):
        assert not load().validator(file).is_valid("no object")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_what_a_task_is_made_of_are_fields_of_its_request(operation: Operation) -> None:
    if not operation.task:
        return
    task = operation.task
    roles = {task[role] for role in ("prompt", "count", "ratio", "size", "duration", "model", "jobs") if role in task}
    choices = [task[name] for name in ("series", "sound") if name in task]
    roles |= {choice[name] for choice in choices for name in ("field", "count") if name in choice}
    assert all(schema_at(place, operation.schema) is not None for place in roles)
    assert "sizes" not in task or task["usual_size"] in task["sizes"]
    assert "images" not in task or schema_at(task["images"], operation.schema) is not None


@pytest.mark.parametrize("service", load().services.values(), ids=lambda each: each.id)
def test_the_schema_of_refusals_compiles_and_takes_no_success(service: Service) -> None:
    assert (
        not load().validator(service.refusal).is_valid({"code": 0, "message": "SUCCEED", "request_id": "1", "data": {}})
    )
