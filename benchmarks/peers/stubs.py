"""WireMock's stubs: the schema decides whether a create is accepted, and templates write the answers."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.harness.stream import IMAGES, VIDEOS
from mockserver.types import JSON, Payload

_SCHEMAS = Path(__file__).parents[2] / "schemas" / "kling"
_REQUEST_ID = "{{randomValue type='UUID'}}"
_NEW_ID = "{{randomValue length=18 type='NUMERIC'}}"
_NOW = "{{now format='epoch'}}"
_ID_OF_PATH = "{{request.pathSegments.[3]}}"
_PAGE = 30
_IMAGES = 5
"""As many as the tasks of the stream have on average."""


def write_stubs(folder: Path) -> None:
    """Write the stubs of both products into a folder that WireMock starts with."""
    (folder / "mappings").mkdir()
    stubs = [stub for path, name in ((IMAGES, "omni-image"), (VIDEOS, "omni-video")) for stub in _stubs(path, name)]
    (folder / "mappings" / "kling.json").write_text(json.dumps({"mappings": stubs}), encoding="utf-8")


def _stubs(path: str, name: str) -> list[Payload]:
    schema = (_SCHEMAS / f"{name}.request.json").read_text(encoding="utf-8")
    fits: JSON = [{"matchesJsonSchema": schema, "schemaVersion": "V202012"}]
    one = {"method": "GET", "urlPathPattern": f"{path}/[^/]+"}
    created: JSON = {"task_id": _NEW_ID, "task_status": "submitted", "created_at": _NOW, "updated_at": _NOW}
    return [
        _stub({"method": "POST", "urlPath": path, "bodyPatterns": fits}, 200, _body(created), priority=1),
        _stub({"method": "POST", "urlPath": path}, 400, _body(None, 1201, "the body does not fit"), priority=2),
        _stub(one, 200, _body(_record(_ID_OF_PATH)), priority=1),
        _stub({"method": "GET", "urlPath": path}, 200, _body([_record(str(10**17 + at)) for at in range(_PAGE)]), 1),
    ]


def _stub(request: Payload, status: int, body: JSON, priority: int) -> Payload:
    response: JSON = {
        "status": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
        "transformers": ["response-template"],
    }
    return {"priority": priority, "request": request, "response": response}


def _body(data: JSON, code: int = 0, text: str = "SUCCEED") -> JSON:
    return {"code": code, "message": text, "request_id": _REQUEST_ID, "data": data}


def _record(id: str) -> JSON:
    images: JSON = [{"index": at, "url": f"http://127.0.0.1/results/kling/{id}/{at}.png"} for at in range(_IMAGES)]
    return {
        "task_id": id,
        "task_status": "succeed",
        "task_result": {"images": images},
        "final_unit_deduction": "8",
        "created_at": 1722769557708,
        "updated_at": 1722769557708,
    }
