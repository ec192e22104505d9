"""An endpoint of a known service is JSON and nothing else: one is added to a copy of the contract, and served."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract import catalog
from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.resources import folder
from mockserver.settings import Settings
from mockserver.types import JSON, Request

SCHEMAS = Path(str(folder("schemas")))
NOON = 1_790_000_000_000

# Much like the older image endpoint in late 2025 (kling 7.4): an endpoint of a known service is JSON alone.
SKETCHES: JSON = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Create an image task",
    "x-source": "kling 7.4",
    "x-confidence": "documented",
    "examples": [{"prompt": "A red bicycle"}, {"prompt": "A cat", "image": "https://example.com/cat.png"}],
    "type": "object",
    "required": ["prompt"],
    "properties": {
        "model_name": {
            "enum": ["kling-v1", "kling-v1-5", "kling-v2", "kling-v2-new", "kling-v2-1"],
            "default": "kling-v1",
        },
        "prompt": {"type": "string", "minLength": 1, "maxLength": 2500},
        "negative_prompt": {"type": "string", "maxLength": 2500},
        "image": {"type": "string", "examples": ["https://example.com/cat.png"], "x-base64": True},
        "image_reference": {"enum": ["subject", "face"]},
        "image_fidelity": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5},
        "human_fidelity": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.45},
        "resolution": {"enum": ["1k", "2k"], "default": "1k"},
        "n": {"type": "integer", "minimum": 1, "maximum": 9, "default": 1},
        "aspect_ratio": {"enum": ["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9"], "default": "16:9"},
        "callback_url": {"type": "string"},
        "external_task_id": {"type": "string"},
    },
    "allOf": [
        {
            "$anchor": "negative-prompt-without-image",
            "description": "negative_prompt is not for image to image.",
            "if": {"required": ["image"]},
            "then": {"not": {"required": ["negative_prompt"]}},
            "x-accept": [{"negative_prompt": "people"}],
            "x-reject": [{"negative_prompt": "people", "image": "https://example.com/cat.png"}],
        }
    ],
}
PATH = "/v1/images/sketches"


def add(service: Any) -> None:
    """Add the endpoint to a service.json: it makes what omni-image makes, without series, elements and marks."""
    task = {**service["operations"]["omni-image.create"]["task"], "usual_ratio": "16:9"}
    del task["series"], task["images"], task["elements"], task["watermark"]
    query = {"answer": "omni-image.get.json", "method": "GET"}
    service["operations"] |= {
        "sketches.create": {
            "does": "create",
            "method": "POST",
            "path": PATH,
            "body": "sketches.request.json",
            "media_types": ["application/json"],
            "answer": "created.json",
            "callback": "omni-image.record.json",
            "task": task,
        },
        "sketches.get": {**query, "does": "get", "path": PATH + "/{id}"},
        "sketches.list": {
            **query,
            "does": "list",
            "path": PATH,
            "query": "list.query.json",
            "answer": "omni-image.list.json",
        },
    }


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    """Make a fake of a copy of the contract with one more endpoint."""
    for name in ("schema.meta.json", "service.meta.json"):
        shutil.copy(SCHEMAS / name, tmp_path)
    shutil.copytree(SCHEMAS / "kling", tmp_path / "kling")
    (tmp_path / "kling" / "sketches.request.json").write_text(json.dumps(SKETCHES), encoding="utf-8")
    file = tmp_path / "kling" / "service.json"
    service = json.loads(file.read_text(encoding="utf-8"))
    add(service)
    file.write_text(json.dumps(service), encoding="utf-8")
    made = Fake(Settings(seed=1), catalog=catalog.read(tmp_path), clock=Clock(lambda: NOON))
    made.clock.freeze()
    return made


def ask(fake: Fake, method: str, path: str, body: JSON = None) -> tuple[int, JSON]:
    """Send a request, and hold the answer against the new endpoint's schemas."""
    headers = {"host": "localhost", "authorization": "Bearer k", "content-type": "application/json"}
    content = b"" if body is None else json.dumps(body).encode()
    response = fake.respond(Request(method, path, "", headers, content))
    operation = fake.world.catalog.operation(
        "kling/sketches." + ("create" if method == "POST" else "list" if path == PATH else "get")
    )
    file = operation.answer if response.status == 200 else fake.world.catalog.service("kling").refusal
    assert file is not None
    found = json.loads(response.body)
    fake.world.catalog.validator(file).validate(found)
    return response.status, found


def test_an_endpoint_of_json_alone_creates_shows_and_lists(fake: Fake) -> None:
    status, created = ask(fake, "POST", PATH, {"prompt": "A red bicycle", "n": 2, "callback_url": "http://127.0.0.1/"})
    assert status == 200
    id = created["data"]["task_id"]
    assert ask(fake, "GET", f"{PATH}/{id}")[1]["data"]["task_status"] == "submitted"
    fake.clock.advance(2000)
    _, shown = ask(fake, "GET", f"{PATH}/{id}")
    assert [image["index"] for image in shown["data"]["task_result"]["images"]] == [0, 1]
    _, listed = ask(fake, "GET", PATH)
    assert listed["data"] == [shown["data"]]
    assert [json.loads(each.body)["task_status"] for each in fake.delivered()] == ["submitted", "processing", "succeed"]


def test_an_endpoint_of_json_alone_keeps_its_rules_and_its_tasks_to_itself(fake: Fake) -> None:
    both = {"prompt": "A cat", "image": "https://example.com/cat.png", "negative_prompt": "people"}
    assert ask(fake, "POST", PATH, both)[1]["message"] == "negative_prompt is not for image to image."
    assert ask(fake, "POST", PATH, {"prompt": "A cat", "n": 10})[1]["message"] == "n value '10' is invalid"
    _, created = ask(fake, "POST", PATH, {"prompt": "A cat"})
    headers = {"authorization": "Bearer k"}
    elsewhere = Request("GET", f"/v1/images/omni-image/{created['data']['task_id']}", "", headers)
    assert fake.respond(elsewhere).status == 400
