"""Soundness: a contract whose names lead nowhere does not load, and says where."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract import catalog
from mockserver.contract.service import Service
from mockserver.errors import BadContract
from mockserver.fake.core import Fake
from mockserver.resources import folder

SCHEMAS = Path(str(folder("schemas")))
REQUEST, SERVICE = "kling/omni-image.request.json", "kling/service.json"
VIDEO_SERVICE = "kling/video.service.json"
CREATE = "/operations/omni-image.create"

Edit = Callable[[Any], object]

# The file that is broken, how, and where it must be said to be.
BROKEN: dict[str, tuple[str, Edit, str]] = {
    "no-source": (REQUEST, lambda it: it.pop("x-source"), ""),
    "no-confidence": (REQUEST, lambda it: it.pop("x-confidence"), ""),
    "no-example": (REQUEST, lambda it: it.pop("examples"), ""),
    "rule-without-name": (REQUEST, lambda it: it["allOf"][2].pop("$anchor"), "/allOf/2"),
    "rule-that-is-true": (REQUEST, lambda it: it["allOf"].append(True), "/allOf/"),
    "reference-in-a-request": (
        REQUEST,
        lambda it: it["properties"]["n"].update({"$ref": "#/properties/prompt"}),
        "/properties/n/$ref",
    ),
    "pattern-without-vectors": (
        REQUEST,
        lambda it: it["properties"]["callback_url"].pop("x-reject"),
        "/properties/callback_url/pattern",
    ),
    "required-unknown": (REQUEST, lambda it: it["required"].append("nothing"), "/required"),
    "bad-expression": (REQUEST, lambda it: it["properties"]["callback_url"].update(pattern="("), ""),
    "extends-one-that-extends": ("chainhub/service.json", lambda it: it.update(extends="yutoai"), "/extends"),
    "extends-nobody": ("chainhub/service.json", lambda it: it.update(extends="nobody"), "/extends"),
    "two-on-one-route": (
        SERVICE,
        lambda it: it["operations"]["omni-video.list"].update(path="/v1/images/omni-image"),
        "/operations/omni-video.list/path",
    ),
    "model-of-no-request": (
        VIDEO_SERVICE,
        lambda it: it["operations"]["text2video.create"]["task"]["by_model"].update({"kling-v9": {"frame_rate": 30}}),
        "/operations/text2video.create/task/by_model",
    ),
    "model-without-a-size": (
        VIDEO_SERVICE,
        lambda it: it["operations"]["text2video.create"]["task"]["by_model"]["kling-v1"]["sizes"].pop("4k"),
        "/operations/text2video.create/task/by_model/kling-v1",
    ),
    "price-by-no-field": (
        VIDEO_SERVICE,
        lambda it: it["operations"]["text2video.create"]["task"]["units_when"][1]["when"].update(voice="x"),
        "/operations/text2video.create/task/units_when/1",
    ),
    "source-at-no-field": (
        "kling/lip-sync.service.json",
        lambda it: it["operations"]["lip-sync.create"]["task"]["source"].update(id="video_id"),
        "/operations/lip-sync.create/task/source/id",
    ),
    "refusal-by-no-row": (
        VIDEO_SERVICE,
        lambda it: it["operations"]["multi-image2video.get"].update(refuses="gone"),
        "/operations/multi-image2video.get/refuses",
    ),
    "unserved-without-a-source": (
        SERVICE,
        lambda it: it["unserved"]["/v1/account/costs"].pop("source"),
        "/unserved/~1v1~1account~1costs",
    ),
    "unserved-with-a-strange-method": (
        SERVICE,
        lambda it: it["unserved"]["/v1/account/costs"].update(methods=["PATCH"]),
        "/unserved/~1v1~1account~1costs/methods/0",
    ),
    "tasks-of-no-service": ("kling-2/service.json", lambda it: it.update(shares="klin"), "/shares"),
    "reading-of-no-question": ("kling-2/service.json", lambda it: it["inherits"].append("no-such"), "/inherits/"),
    "task-of-no-field": (
        SERVICE,
        lambda it: it["operations"]["omni-image.create"]["task"].update(count="amount"),
        f"{CREATE}/task/count",
    ),
    "callback-at-no-field": (
        SERVICE,
        lambda it: it["layout"].update(callback_field="options.callback_url"),
        "/layout/callback_field",
    ),
    "name-at-no-field": (
        SERVICE,
        lambda it: it["layout"].update(external_id_field="image_list[].name"),
        "/layout/external_id_field",
    ),
    "account-at-no-place": (
        "useapi/service.json",
        lambda it: it["layout"].update(account_field="email[]."),
        "/layout/account_field",
    ),
    "account-at-no-field": (
        "useapi/service.json",
        lambda it: it["layout"].update(account_field="mail"),
        "/layout/account_field",
    ),
    "reference-at-no-field": (
        "useapi/service.json",
        lambda it: it["layout"]["uploads"].update(reference="nothing"),
        "/layout/uploads/reference",
    ),
    "echo-of-no-field": (
        "useapi/service.json",
        lambda it: it["layout"]["echoes"][0]["fields"].update(nothing="nothing"),
        "/layout/echoes/0/fields/nothing",
    ),
    "jobs-of-no-field": (
        "useapi/service.json",
        lambda it: it["operations"]["omni-image.create"]["task"].update(jobs="most"),
        f"{CREATE}/task/jobs",
    ),
    "series-of-no-field": (
        SERVICE,
        lambda it: it["operations"]["omni-image.create"]["task"]["series"].update(count="amount"),
        f"{CREATE}/task/series/count",
    ),
    "sound-of-no-field": (
        SERVICE,
        lambda it: it["operations"]["omni-video.create"]["task"]["sound"].update(field="audio"),
        "/operations/omni-video.create/task/sound/field",
    ),
    "usual-size-of-none": (
        SERVICE,
        lambda it: it["operations"]["omni-image.create"]["task"].update(usual_size="8k"),
        f"{CREATE}/task/usual_size",
    ),
    "unknown-action": (
        SERVICE,
        lambda it: it["operations"]["omni-image.get"].update(does="fly"),
        "/operations/omni-image.get/does",
    ),
    "reference-to-no-file": (
        "kling/omni-image.get.json",
        lambda it: it["properties"]["data"].update({"$ref": "nothing.json"}),
        "/properties/data/$ref",
    ),
    "reference-to-no-place": (
        "kling/created.json",
        lambda it: it["properties"]["data"]["properties"]["task_id"].update({"$ref": "envelope.json#/$defs/nothing"}),
        "/properties/data/properties/task_id/$ref",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_contract_that_is_not_sound_says_where(case: str, tmp_path: Path) -> None:
    file, edit, at = BROKEN[case]
    schemas = tmp_path / "schemas"
    shutil.copytree(SCHEMAS, schemas)
    document = json.loads((schemas / file).read_text(encoding="utf-8"))
    edit(document)
    (schemas / file).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(BadContract) as caught:
        Fake(catalog=catalog.read(schemas))
    assert (caught.value.file, caught.value.pointer.startswith(at)) == (file, True), caught.value


def test_a_gateway_inherits_no_question_that_its_rules_leave_moot() -> None:
    services = catalog.load().services
    assert "o1-abilities" in services["kling"].questions
    assert "o1-abilities" not in services["yutoai"].questions
    assert "missing-task" in services["yutoai"].questions


def test_every_refusal_in_the_code_is_a_row_of_every_service_that_can_meet_it() -> None:
    code = Path(str(folder("schemas"))).parent / "mockserver" / "fake"
    services = catalog.load().services
    for path in sorted(code.rglob("*.py")):
        for name in _refusals(path.read_text(encoding="utf-8")):
            speakers = [service for service in services.values() if _can_meet(path, service, name)]
            assert all(name in service.errors for service in speakers), (path.name, name)


def _refusals(source: str) -> list[str]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Refused" and call.args
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    ]


def _can_meet(path: Path, service: Service, name: str) -> bool:
    if path.parent.name == "dialects":
        return path.stem.startswith(service.dialect)
    if name == "duplicate-external-id":
        return service.layout.finds_external_id
    if name == "access-key":
        return service.dialect == "newer"
    # Only services that take JWTs look at one.
    return service.dialect == "kling" or name not in {
        "not-a-jwt",
        "bad-signature",
        "token-early",
        "token-expired",
        "unknown-access-key",
    }
