"""Two services that no module of ours knows: their answers are templates, and their requests keep fields inside others.

``nested`` has all that matters inside of ``input``, knows no names of the client's, and no lists. ``typed`` has the
prompt in a list whose items are chosen by their type, and finds tasks by a name that is inside of ``options``.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from mockserver.resources import folder
from mockserver.types import JSON, Schema
from tests.support.newer_standard import NEWER

SHIPPED = Path(str(folder("schemas")))
DRAFT = "https://json-schema.org/draft/2020-12/schema"
STATES = {"submitted": "pending", "processing": "running", "succeed": "completed", "failed": "broken"}
KLING: Any = json.loads((SHIPPED / "kling" / "service.json").read_text(encoding="utf-8"))
HOOK = "https://example.com/hook"
IMAGE = "https://example.com/cat.png"


def plain(title: str, **says: JSON) -> Schema:
    """Return the schema of an answer."""
    return {"$schema": DRAFT, "title": title, "x-source": "family 5.4", "type": "object", **says}


def text(**says: JSON) -> Schema:
    return {"type": "string", **says}


REFUSAL = plain(
    "A refusal",
    required=["code", "message"],
    properties={"code": {"type": "integer"}, "message": text(minLength=1)},
)
OPERATION: JSON = {"method": "POST", "media_types": ["application/json"], "does": "create", "answer": "created.json"}
COMMON: JSON = {
    "dialect": "template",
    "credentials": ["api-key"],
    "refusal": "error.json",
    "ids": "uuid",
    "statuses": STATES,
    "errors": KLING["errors"],
    "messages": KLING["messages"],
    "reasons": KLING["reasons"],
    "faults": {name: line for name, line in KLING["faults"].items() if name != "error-in-200"},
    "readings": {},
}
DONE: JSON = {"$by": "status", "cases": {"completed": {"works": {"$each": "results", "item": {"video": "{url}"}}}}}
STATUS = {"enum": [*STATES.values()]}

NESTED_REQUEST: Schema = {
    "$schema": DRAFT,
    "title": "Create a task",
    "x-source": "family 5.4",
    "x-confidence": "observed",
    "examples": [
        {"model": "kling", "task_type": "omni", "input": {"prompt": "A red bicycle", "aspect_ratio": "16:9"}},
        {
            "model": "kling",
            "task_type": "omni",
            "input": {"prompt": "A cat like @image_1", "images": [IMAGE], "resolution": "1080p", "duration": 7},
            "config": {"service_mode": "public", "webhook_config": {"endpoint": HOOK, "secret": "x"}},
        },
    ],
    "type": "object",
    "required": ["model", "task_type", "input"],
    "properties": {
        "model": {"enum": ["kling"]},
        "task_type": {"enum": ["omni"]},
        "input": {
            "type": "object",
            "required": ["prompt"],
            "properties": {
                "version": {"enum": ["3.0", "o1"], "default": "3.0"},
                "prompt": text(minLength=1, maxLength=2500),
                "images": {"type": "array", "maxItems": 7, "items": text(**{"x-base64": True, "examples": [IMAGE]})},
                "resolution": {"enum": ["720p", "1080p"], "default": "720p"},
                "duration": {"type": "integer", "minimum": 3, "maximum": 15, "default": 5},
                "aspect_ratio": {"enum": ["16:9", "9:16", "1:1"], "default": "16:9"},
                "enable_audio": {"type": "boolean", "default": False},
            },
        },
        "config": {
            "type": "object",
            "properties": {
                "service_mode": {"enum": ["public", "private"]},
                "webhook_config": {
                    "type": "object",
                    "properties": {"endpoint": text(examples=[HOOK]), "secret": text(examples=["x"])},
                },
            },
        },
    },
    "allOf": [
        {
            "$anchor": "o1-is-short",
            "description": "A film of o1 lasts at most ten seconds.",
            "properties": {
                "input": {
                    "if": {"type": "object", "required": ["version"], "properties": {"version": {"const": "o1"}}},
                    "then": {"properties": {"duration": {"maximum": 10}}},
                }
            },
            "x-accept": [{"input": {"version": "o1", "duration": 10}}, {"input": {"duration": 11}}],
            "x-reject": [{"input": {"version": "o1", "duration": 11}}],
        },
        {
            "$anchor": "images-are-sent",
            "description": "A reference leads to an image.",
            "properties": {"input": {"x-references": {"in": ["prompt"], "to": {"@image_%": "images"}}}},
            "x-accept": [{"input": {"prompt": "@image_1", "images": [IMAGE]}}],
            "x-reject": [{"input": {"prompt": "@image_1"}}],
        },
    ],
}
NESTED_TASK: JSON = {
    "task_id": "{id}",
    "model": "kling",
    "status": "{status}",
    "output": DONE,
    "error": {"message": "{reason}"},
    "meta": {"created_at": "{created_iso}", "ended_at": "{ended_iso}"},
}
NESTED_RECORD = plain(
    "A task",
    examples=[{"task_id": "a", "status": "completed", "output": {"works": [{"video": "https://example.com/a.mp4"}]}}],
    required=["task_id", "status"],
    properties={"task_id": text(), "status": STATUS, "output": {"type": "object"}},
)
NESTED: dict[str, JSON] = {
    "service.json": {
        **COMMON,
        "title": "A gateway with nested requests",
        "hosts": ["api.nested.example"],
        "templates": {
            "record": NESTED_TASK,
            "create": {"code": 200, "message": "success", "data": {"$use": "record"}},
            "get": {"code": 200, "message": "success", "data": {"$use": "record"}},
            "callback": {"$use": "record"},
        },
        "layout": {
            "task": "data",
            "id": "task_id",
            "status": "status",
            "reason": "error.message",
            "results": ["output.works[].video"],
            "states": STATES,
            "callback_field": "config.webhook_config.endpoint",
            "error": {"code": "code", "message": "message"},
        },
        "operations": {
            "film.create": {
                **OPERATION,
                "path": "/api/v1/task",
                "body": "film.request.json",
                "callback": "record.json",
                "task": {
                    "media": "video",
                    "seconds": {"real": 60, "fast": 2},
                    "prompt": "input.prompt",
                    "ratio": "input.aspect_ratio",
                    "usual_ratio": "16:9",
                    "size": "input.resolution",
                    "usual_size": "720p",
                    "sizes": {"720p": 720, "1080p": 1080},
                    "duration": "input.duration",
                    "usual_duration": 5,
                    "sound": {"field": "input.enable_audio", "is": True},
                    "images": "input.images[]",
                    "units": {"720p": "1", "1080p": "2"},
                },
                "payloads": {
                    "unusual": {"input": {"prompt": "雪 🐈 “quoted” \\ \t <b>"}},
                    "invalid": {"input": {"resolution": "16k"}},
                    "exact-text": {"input": {"prompt": " \u00a0\nCafe\u0301 two  spaces\u3000 \n"}},
                },
            },
            "film.get": {"does": "get", "method": "GET", "path": "/api/v1/task/{id}", "answer": "created.json"},
            "element.create": {
                **OPERATION,
                "path": "/api/v1/element",
                "body": "element.request.json",
                "task": {"media": "none", "seconds": {"real": 5, "fast": 1}},
            },
            "element.get": {"does": "get", "method": "GET", "path": "/api/v1/element/{id}", "answer": "created.json"},
        },
    },
    "film.request.json": NESTED_REQUEST,
    "element.request.json": {
        "$schema": DRAFT,
        "title": "Create an element, which is no file",
        "x-source": "family 5.4",
        "x-confidence": "observed",
        "examples": [{"element": {"name": "Ann"}}],
        "type": "object",
        "required": ["element"],
        "properties": {
            "element": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": text(minLength=1, maxLength=20, examples=["Ann"])},
            }
        },
    },
    "record.json": NESTED_RECORD,
    "created.json": plain(
        "One task",
        required=["code", "data"],
        properties={"code": {"const": 200}, "message": text(), "data": {"$ref": "record.json"}},
    ),
    "error.json": REFUSAL,
}

TYPED_TASK: JSON = {
    "id": "{id}",
    "external_id": "{external_id}",
    "status": "{status}",
    "message": "{reason}",
    "create_time": "{created_at}",
    "update_time": "{updated_at}",
    "outputs": {"$each": "results", "item": {"url": "{url}", "duration": "{duration}"}},
}
TYPED_RECORD = plain(
    "A task",
    examples=[
        {
            "id": "a",
            "status": "completed",
            "create_time": 1,
            "update_time": 2,
            "outputs": [{"url": "https://example.com/a.mp4", "duration": "5.041"}],
        }
    ],
    required=["id", "status", "create_time", "update_time"],
    properties={"id": text(), "status": STATUS, "create_time": {"type": "integer"}, "update_time": {"type": "integer"}},
)
TYPED: dict[str, JSON] = {
    "service.json": {
        **COMMON,
        "title": "A service with typed contents",
        "hosts": ["api.typed.example"],
        "templates": {
            "record": TYPED_TASK,
            "create": {"code": 0, "data": {"$use": "record"}},
            "get": {"code": 0, "data": {"$use": "record"}},
            "callback": {"$use": "record"},
        },
        "layout": {
            "task": "data",
            "id": "id",
            "status": "status",
            "reason": "message",
            "created_at": "create_time",
            "updated_at": "update_time",
            "external_id": ["external_id"],
            "results": ["outputs[].url"],
            "result": {"seconds": "duration"},
            "states": STATES,
            "external_id_field": "options.external_task_id",
            "callback_field": "options.callback_url",
            "finds_external_id": True,
            "error": {"code": "code", "message": "message"},
        },
        "operations": {
            "film.create": {
                **OPERATION,
                "path": "/films",
                "body": "film.request.json",
                "callback": "record.json",
                "task": {
                    "media": "video",
                    "seconds": {"real": 60, "fast": 2},
                    "prompt": "contents[type=prompt].text",
                    "ratio": "settings.aspect_ratio",
                    "usual_ratio": "16:9",
                    "size": "settings.resolution",
                    "usual_size": "720p",
                    "sizes": {"720p": 720, "1080p": 1080, "4k": 2160},
                    "duration": "settings.duration",
                    "usual_duration": 5,
                    "sound": {"field": "settings.audio", "is": "native"},
                    "images": "contents[type=first_frame].url",
                },
                "payloads": {
                    "own-id": {"options": {"external_task_id": "mine-1"}},
                    "invalid": {"settings": {"resolution": "16k"}},
                },
            },
            "film.get": {"does": "get", "method": "GET", "path": "/films/{id}", "answer": "created.json"},
        },
    },
    "film.request.json": NEWER,
    "record.json": TYPED_RECORD,
    "created.json": plain(
        "One task", required=["code", "data"], properties={"code": {"const": 0}, "data": {"$ref": "record.json"}}
    ),
    "error.json": REFUSAL,
}


def schemas_with_others(place: Path) -> Path:
    """Return a folder with the schemas that we ship, and those of the two services beside them."""
    schemas = Path(shutil.copytree(SHIPPED, place / "schemas"))
    for name, files in {"nested": NESTED, "typed": TYPED}.items():
        (schemas / name).mkdir()
        for file, document in files.items():
            (schemas / name / file).write_text(json.dumps(document), encoding="utf-8")
    return schemas
