"""Documents of several styles become services that answer as their documents say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mockserver.contract.catalog import read
from mockserver.contract.rules import Rule
from mockserver.contract.validation import Validator
from mockserver.contract.vectors import vectors
from mockserver.fake.media.results import Result
from mockserver.importing.folder import write
from mockserver.importing.notes import CannotImport, Kind
from mockserver.resources import folder
from mockserver.types import JSON
from tests.importing.conftest import Import, Serve, ask, service
from tests.importing.documents import ASKED, DOCUMENTS, GATEWAY, PLAIN, WRAPPED, minimal
from tests.support.results import result_at


def test_a_task_is_made_shown_and_has_results(served: Serve) -> None:
    fake = served(PLAIN)
    fake.clock.freeze()
    status, created = ask(fake, "POST", "/v2/generations", {"prompt": "A boat", "numImages": 2})
    assert (status, created["status"]) == (202, "queued")
    assert [len(part) for part in created["id"].split("-")] == [8, 4, 4, 4, 12]
    path = f"/v2/generations/{created['id']}"
    assert ask(fake, "GET", path)[1].keys() == {"id", "status", "createdAt"}
    fake.clock.advance("1m")
    status, ended = ask(fake, "GET", path)
    assert (status, ended["status"], len(ended["output"])) == (200, "completed", 2)
    assert ended["createdAt"] == created["createdAt"]
    assert isinstance(result_at(fake, ended["output"][1].partition("localhost")[2]), Result)


def test_a_failed_task_says_why_and_has_no_results(served: Serve) -> None:
    fake = served(PLAIN, pace="instant", faults=["fail moderation"])
    _, created = ask(fake, "POST", "/v2/generations", {"prompt": "A boat"})
    shown = ask(fake, "GET", f"/v2/generations/{created['id']}")[1]
    assert shown["status"] == "failed"
    assert shown["error"]["message"]
    assert "output" not in shown


def test_errors_have_the_form_and_the_words_of_the_document(served: Serve) -> None:
    fake = served(PLAIN)
    missing = ask(fake, "GET", "/v2/generations/3f0c3a0e-7d0c-4b0e-9f6e-000000000000")
    assert missing == (404, {"error": {"type": "not_found", "message": "There is no such generation"}})
    status, refused = ask(fake, "POST", "/v2/generations", {"prompt": "A boat", "numImages": 9})
    assert (status, refused["error"]["message"]) == (400, "numImages is more than 4")
    fake.faults.add("http-402")
    paid = ask(fake, "POST", "/v2/generations", {"prompt": "A boat"})
    assert paid == (402, {"error": {"type": "billing", "message": "Top up your balance first"}})


def test_an_envelope_and_a_list_are_as_in_the_examples(served: Serve) -> None:
    fake = served(WRAPPED, pace="instant")
    _, created = ask(fake, "POST", "/api/v1/video/tasks", {"input": {"prompt": "雪", "duration": 3}})
    assert (created["code"], created["message"], created["data"]["task_status"]) == (0, "success", "submitted")
    path = f"/api/v1/video/tasks/{created['data']['task_id']}"
    shown = ask(fake, "GET", path)[1]["data"]
    (video,) = shown["task_result"]["videos"]
    assert (shown["task_status"], video["duration"]) == ("succeed", "3.041")
    listed = ask(fake, "GET", "/api/v1/video/tasks", query="pageNum=1&pageSize=5")[1]["data"]
    assert [each["task_id"] for each in listed] == [shown["task_id"]]
    assert ask(fake, "GET", "/api/v1/video/tasks", query="pageNum=0")[0] == 400
    assert ask(fake, "DELETE", path)[1]["data"] == {"task_id": shown["task_id"]}
    assert ask(fake, "GET", path)[0] == 404


def test_a_task_is_named_in_the_query_and_has_one_result(served: Serve) -> None:
    fake = served(ASKED, pace="instant")
    payload = {"model": "asked/text-to-video", "input": {"prompt": "A boat", "duration": "10"}}
    _, created = ask(fake, "POST", "/api/v1/jobs/createTask", payload)
    _, shown = ask(fake, "GET", "/api/v1/jobs/recordInfo", query=f"taskId={created['data']['taskId']}")
    assert shown["data"]["state"] == "success"
    assert shown["data"]["videoUrl"].endswith(".mp4")
    assert shown["data"]["model"] == "asked/text-to-video"
    assert ask(fake, "GET", "/api/v1/jobs/recordInfo")[0] == 400


def test_a_callback_is_the_task_as_a_query_shows_it(served: Serve) -> None:
    fake = served(PLAIN, pace="instant")
    payload = {"prompt": "A boat", "webhookUrl": "https://client.example/hook"}
    _, created = ask(fake, "POST", "/v2/generations", payload)
    *_, last = fake.delivered()
    assert json.loads(last.body) == ask(fake, "GET", f"/v2/generations/{created['id']}")[1]


def test_a_gateway_to_a_service_of_ours_is_that_service_with_its_own_rules(served: Serve) -> None:
    fake = served(GATEWAY, pace="instant")
    _, created = ask(fake, "POST", "/hub/v1/images/omni-image", {"model_name": "kling-image-o1", "prompt": "A boat"})
    path = f"/hub/v1/images/omni-image/{created['data']['task_id']}"
    assert ask(fake, "GET", path)[1]["data"]["task_status"] == "succeed"
    assert ask(fake, "POST", "/hub/v1/images/omni-image", {"prompt": "A boat"})[0] == 400
    assert service(fake).dialect == "kling"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_imported_service_loads_and_its_examples_break_no_rule(name: str, served: Serve) -> None:
    for operation in service(served(DOCUMENTS[name])).operations.values():
        for example in operation.schema.get("examples", ()):
            assert Validator(operation.schema, operation.rules, {}).broken(example) == (), (operation.id, example)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_rule_of_an_imported_service_has_vectors_that_show_it(name: str, served: Serve) -> None:
    for operation in service(served(DOCUMENTS[name])).operations.values():
        validator = Validator(operation.schema, operation.rules, {})
        for rule in operation.rules:
            accept, reject = vectors(rule, operation.schema)
            assert all(_breaks_not(validator, rule, each) for each in accept), rule.id
            assert all(rule.id in {each.rule.id for each in validator.broken(payload)} for payload in reject), rule.id


def _breaks_not(validator: Validator, rule: Rule, payload: JSON) -> bool:
    return rule.id not in {each.rule.id for each in validator.broken(payload)}


def test_what_is_mined_says_from_which_words(bring: Import) -> None:
    found = bring(WRAPPED)
    prompt = found.files["tasks.request.json"]["properties"]["input"]["properties"]["prompt"]
    assert (prompt["maxLength"], prompt["x-confidence"]) == (1000, "inferred")
    assert prompt["x-source"] == "mined: '提示词，不能超过1000个字符'"
    (note,) = [note for note in found.notes.of(Kind.MINED) if "maxLength" in note.do]
    assert note.words == "提示词，不能超过1000个字符"
    assert note.place.startswith("openapi.yaml:20#/paths/")


def test_what_only_prose_demands_when_another_field_has_a_value_warns(bring: Import) -> None:
    document = minimal()
    schema = document["paths"]["/pictures"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schema["properties"] |= {
        "mode": {"type": "string", "enum": ["std", "pro"]},
        "tail": {"type": "string", "description": "The last picture. Required when mode is pro."},
    }
    (rule,) = bring(document).files["pictures.request.json"]["allOf"]
    assert (rule["$anchor"], rule["x-level"]) == ("tail-when-mode-pro", "warning")
    assert rule["x-source"] == "mined: 'Required when mode is pro.'"


def test_what_an_example_of_the_document_breaks_only_warns_and_is_told(bring: Import) -> None:
    document = minimal()
    body = document["paths"]["/pictures"]["post"]["requestBody"]["content"]["application/json"]
    body["schema"] |= {"required": ["prompt", "size"]}
    body["schema"]["properties"] |= {
        "size": {"type": "string", "enum": ["1k", "2k"]},
        "n": {"type": "integer", "maximum": 4},
    }
    body["example"] = {"prompt": "A boat", "n": 5}
    found = bring(document)
    schema = found.files["pictures.request.json"]
    assert schema["required"] == ["prompt"]
    assert schema["properties"]["n"]["x-level"] == {"maximum": "warning"}
    assert [rule["$anchor"] for rule in schema["allOf"]] == ["size-required"]
    assert {note.words for note in found.notes.of(Kind.UNDECIDED)} >= {"required: size", "n/maximum: 4"}


def test_several_documents_make_one_service(tmp_path: Path) -> None:
    from mockserver.importing.service import imported

    (tmp_path / "a.md").write_text(GATEWAY)
    (tmp_path / "b.yaml").write_text(
        GATEWAY.split("```yaml\n")[1].split("```")[0].replace("images/omni-image", "videos/omni-video")
    )
    found = imported([tmp_path / "a.md", tmp_path / "b.yaml"], "hub")
    assert {"omni-image.create", "omni-video.create"} <= found.files["service.json"]["operations"].keys()
    with pytest.raises(CannotImport, match=r"a\.md:.*stands here and at a\.md"):
        imported([tmp_path / "a.md", tmp_path / "a.md"], "hub")


def test_a_file_beside_the_document_is_read_and_a_url_is_not(bring: Import) -> None:
    document = minimal()
    content = document["paths"]["/pictures"]["post"]["requestBody"]["content"]["application/json"]
    content["schema"] = {"$ref": "parts/order.yaml#/Order"}
    order = {"parts/order.yaml": "Order:\n  type: object\n  properties:\n    prompt: {type: string, maxLength: 7}\n"}
    found = bring(document, beside=order).files["pictures.request.json"]
    assert found["properties"]["prompt"]["maxLength"] == 7
    for target, told in (
        ("https://example.com/order.yaml", "is a URL, and nothing is fetched"),
        ("../order.yaml", "is not beside the document"),
        ("parts/none.yaml", "cannot be read"),
        ("#/components/none", "leads nowhere"),
    ):
        content["schema"] = {"$ref": target}
        with pytest.raises(CannotImport, match=told):
            bring(document, beside=order)


def test_a_written_folder_can_be_read_again_and_says_what_became_of_its_document(tmp_path: Path, bring: Import) -> None:
    found = bring(PLAIN, "plain")
    write(tmp_path / "out" / "plain", found.files, found.notes, "openapi.yaml")
    assert "plain" in read(folder("schemas"), [tmp_path / "out"]).services
    report = (tmp_path / "out" / "plain" / "IMPORT.md").read_text()
    assert "“canceled”: which state this word means is not known" in report
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["plain"]
