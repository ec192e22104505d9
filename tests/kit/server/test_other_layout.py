"""A service with other names for everything is judged by its schemas: no code of the kit knows the usual names."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.catalog import read
from mockserver.fake.callbacks.delivery import Delivery
from mockserver.fake.core import Fake
from mockserver.kit.server import settings
from mockserver.kit.verdict import ExitStatus, Verdict
from mockserver.resources import folder
from mockserver.types import JSON, Request, Response
from tests.mutants.servers.harness import Ask, Wrong, prepare

OTHER_NAMES = {
    "task_id": "jobId",
    "task_status": "state",
    "task_status_msg": "reason",
    "task_result": "output",
    "created_at": "born",
    "updated_at": "touched",
    "request_id": "trace",
    "external_task_id": "reference",
    "task_info": "about",
    "callback_url": "hook",
    "watermark_url": "marked",
    "watermark_info": "stamp",
    "pageNum": "page",
    "pageSize": "limit",
    "succeed": "done",
    "prompt": "text",
    "n": "amount",
}
"""Names of fields, and a state, of Kling's and of the other service's."""

USUAL_NAMES = {other: usual for usual, other in OTHER_NAMES.items()}
SCHEMAS = Path(str(folder("schemas")))
SKIP = ("callback-signature",)
"""The callbacks are changed after they were signed."""


def renamed(text: str, names: dict[str, str]) -> str:
    """Return a JSON text with other names, wherever one stands alone between quotes, or ends a reference."""
    return re.sub(r'(?<="|/)\w+(?=")', lambda found: names.get(found[0], found[0]), text)


def placed(value: JSON) -> JSON:
    """Return a value of a service.json with other names in its places, such as ``task_result.images[].url``."""
    if isinstance(value, dict):
        return {name: placed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [placed(inner) for inner in value]
    return re.sub(r"\w+", lambda word: OTHER_NAMES.get(word[0], word[0]), value) if isinstance(value, str) else value


def other_service(service: Any) -> Any:
    """Return a service.json, or a part, with other names: in its layout, its tasks and where it shows a reading."""
    if "layout" in service:
        service["layout"] = {**placed(service["layout"]), "states": {"succeed": "done"}}
    for operation in service.get("operations", {}).values():
        if "task" in operation:
            operation["task"] = placed(operation["task"])
    for question in service.get("readings", {}).values():
        for name in question.get("shown", {}).keys() & {"at", "beside"}:
            question["shown"][name] = placed(question["shown"][name])
    return service


@pytest.fixture(scope="module")
def usual() -> Verdict:
    """Judge the fake by the shipped schemas."""
    return prepare("kling", operation="kling/omni-image.create", skip=SKIP).verdict()


@pytest.fixture
def other(usual: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the kit read schemas with other names, once ``usual`` was judged."""
    schemas = Path(shutil.copytree(SCHEMAS, tmp_path / "schemas"))
    for file in schemas.glob("*/service.json"):
        if "extends" in json.loads(file.read_text(encoding="utf-8")):
            shutil.rmtree(file.parent)
    for path in schemas.glob("kling/*.json"):
        text = path.read_text(encoding="utf-8")
        is_service = path.name.endswith("service.json")
        path.write_text(
            json.dumps(other_service(json.loads(text))) if is_service else renamed(text, OTHER_NAMES), encoding="utf-8"
        )
    catalog = read(schemas)
    monkeypatch.setattr(settings, "load", lambda: catalog)


def translated(body: bytes, names: dict[str, str]) -> bytes:
    return renamed(body.decode("latin-1"), names).encode("latin-1")


def respond(ask: Ask, request: Request) -> Response:
    """Let Kling's fake answer a request of the other service."""
    query = re.sub(r"\w+(?==)", lambda found: USUAL_NAMES.get(found[0], found[0]), request.query)
    answer = ask(replace(request, query=query, body=translated(request.body, USUAL_NAMES)))
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    return replace(answer, body=translated(answer.body, OTHER_NAMES)) if is_json else answer


def deliver(_: Fake, due: list[Delivery]) -> list[Delivery]:
    return [replace(delivery, body=translated(delivery.body, OTHER_NAMES)) for delivery in due]


@pytest.mark.usefixtures("other")
def test_a_server_with_other_names_is_judged_by_the_same_checks(usual: Verdict) -> None:
    verdict = prepare("kling", Wrong(respond, deliver), operation="kling/omni-image.create", skip=SKIP).verdict()
    assert [f"{finding.key}: {finding.received}" for finding in verdict.findings] == []
    assert verdict.status is ExitStatus.KEPT
    assert len(verdict.made) >= 60
    assert verdict.made == usual.made


@pytest.mark.usefixtures("other")
def test_a_fault_is_found_under_other_names() -> None:
    def reopen(ask: Ask, request: Request) -> Response:
        answer = respond(ask, request)
        return replace(answer, body=answer.body.replace(b'"done"', b'"processing"'))

    only = ("task-ends",)
    verdict = prepare("kling", Wrong(reopen, deliver), operation="kling/omni-image.create", only=only).verdict()
    assert {finding.check for finding in verdict.findings} == {"task-ends"}
