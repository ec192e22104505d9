"""The examples of schemas/README.md, put into a copy of the contract as the page says: each does what it should."""

from __future__ import annotations

import json
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract import catalog
from mockserver.contract.validation import Validator
from mockserver.contract.vectors import vectors
from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.resources import folder
from mockserver.settings import Settings
from mockserver.types import JSON, Request

SCHEMAS = Path(str(folder("schemas")))
PAGE = (SCHEMAS / "README.md").read_text(encoding="utf-8")
SECTIONS = {
    heading: [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    for heading, text in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
}
SERVICE, ENDPOINT, LIBRARY, RULE, READING, ERROR = (
    SECTIONS[f"Add {what}"] for what in ("a service", "an endpoint", "a library", "a rule", "a reading", "an error")
)

ROLES = ("missing", "deleted", "preset")


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SCHEMAS, tmp_path / "schemas"))


def change(file: Path, **sections: dict[str, Any]) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    for name, more in sections.items():
        document[name] = {**document[name], **more}
    file.write_text(json.dumps(document), encoding="utf-8")


def asked(schemas: Path, path: str, payload: JSON, **settings: Any) -> Any:
    """Return what a fake of this contract answers to a create, and to a query a minute later."""
    fake = Fake(Settings(**settings), catalog=catalog.read(schemas), clock=Clock(lambda: 1_790_000_000_000))
    headers = {"authorization": "Bearer me", "content-type": "application/json"}
    created = fake.respond(Request("POST", path, "", headers, json.dumps(payload).encode()))
    if created.status != 200:
        return json.loads(created.body)
    fake.clock.advance("60s")
    id = json.loads(created.body)["data"]["task_id"]
    return json.loads(fake.respond(Request("GET", f"{path}/{id}", "", headers)).body)


def test_the_smallest_service_is_one_file(schemas: Path) -> None:
    (schemas / "smallest").mkdir()
    (schemas / "smallest" / "service.json").write_text(json.dumps(SERVICE[0]), encoding="utf-8")
    found = asked(schemas, "/acme/images", {"prompt": "A cat"}, services=("smallest",))
    assert found["data"]["task_status"] == "succeed"
    assert "/results/smallest/" in found["data"]["task_result"]["images"][0]["url"]
    assert catalog.read(schemas).service("smallest").layout == catalog.read(schemas).service("kling").layout


def test_an_endpoint_is_two_entries_and_a_request_schema(schemas: Path) -> None:
    change(schemas / "kling" / "service.json", operations=ENDPOINT[0])
    (schemas / "kling" / "sketches.request.json").write_text(json.dumps(ENDPOINT[1]), encoding="utf-8")
    assert asked(schemas, "/v1/images/sketches", {"prompt": "A cat"})["data"]["task_status"] == "succeed"
    assert asked(schemas, "/v1/images/sketches", {"prompt": "x" * 2501})["code"] == 1201
    rules = {rule.id for rule in catalog.read(schemas).operation("kling/sketches").rules}
    assert rules == {"prompt.required", "prompt.type", "prompt.maxLength", "type"}


def test_a_library_is_one_object(schemas: Path) -> None:
    """What makes its things, its rows and its question are those of any other endpoint."""
    kling = schemas / "kling"
    elements = json.loads((kling / "elements.service.json").read_text(encoding="utf-8"))
    rows, questions = elements["errors"], elements["readings"]
    make = {
        **elements["operations"]["custom-elements.create"],
        "path": "/v1/bells",
        "data": {"bell_id": "{thing_number}"},
    }
    del make["answer"]
    delete = {**elements["operations"]["delete-elements"], "path": "/v1/delete-bells", "library": "bells"}
    part = {
        "operations": {"bells.create": make, "delete-bells": delete},
        "libraries": LIBRARY[0],
        "errors": {f"{role}-bell": rows.get(f"{role}-element", rows["preset-element"]) for role in ROLES},
        "readings": {"unknown-bell": questions["unknown-element"]},
    }
    (kling / "bells.service.json").write_text(json.dumps(part), encoding="utf-8")
    item = {"type": "object", "properties": {"bell_id": {"type": "integer"}}}
    change(kling / "omni-image.request.json", properties={"bell_list": {"type": "array", "items": item}})
    fake = Fake(Settings(readings={"unknown-bell": "refused"}), catalog=catalog.read(schemas))

    def code(path: str, **payload: JSON) -> Any:
        headers = {"authorization": "Bearer me", "content-type": "application/json"}
        body = json.loads(fake.respond(Request("POST", path, "", headers, json.dumps(payload).encode())).body)
        return body.get("data", {}).get("bell_id") or body["code"]

    picture = "https://example.com/1.png"
    named = {"element_name": "Tom", "element_description": "A bell", "element_frontal_image": picture}
    id = code("/v1/bells", **named, element_refer_list=[{"image_url": picture}])
    ring = partial(code, "/v1/images/omni-image", prompt="A bell")
    assert [ring(bell_list=[{"bell_id": each}]) for each in (id, 7, 8)] == [0, 0, 1201]
    assert [code("/v1/delete-bells", element_id=str(id)) for _ in range(2)] == [0, 1201]
    assert ring(bell_list=[{"bell_id": id}]) == 1201


def test_a_rule_a_reading_and_an_error_are_one_object_each(schemas: Path) -> None:
    change(schemas / "kling" / "service.json", operations=ENDPOINT[0], readings=READING[0], errors=ERROR[0])
    request = {**ENDPOINT[1], "allOf": [RULE[0]]}
    (schemas / "kling" / "sketches.request.json").write_text(json.dumps(request), encoding="utf-8")
    blue = {"prompt": "A blue bicycle"}
    assert asked(schemas, "/v1/images/sketches", blue)["data"]["task_status"] == "succeed"
    refused = asked(schemas, "/v1/images/sketches", blue, readings={"red-bicycles": "refused"})
    assert refused["code"] == 1201
    assert catalog.read(schemas).service("kling").errors["no-such-voice"].status == 400
    operation = catalog.read(schemas).operation("kling/sketches")
    validator = Validator(operation.schema, operation.rules, {})
    for rule in operation.rules:
        accept, reject = vectors(rule, operation.schema)
        assert all(rule.id not in {found.rule.id for found in validator.violations(payload)} for payload in accept)
        assert all({found.rule.id for found in validator.violations(payload)} == {rule.id} for payload in reject)
