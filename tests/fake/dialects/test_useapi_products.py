"""useapi in 2026: films and images of all products, accounts that come and go, downloads, elements and avatars."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.service import Operation
from mockserver.fake.media.artifacts import Film
from mockserver.fake.media.render import render
from mockserver.fake.media.results import Result
from mockserver.types import JSON
from tests.fake.dialects.test_useapi import (
    ACCOUNTS,
    ASSETS,
    TASKS,
    UPLOADED,
    Answer,
    Client,
    arguments,
    picture,
    reading,
)
from tests.support.results import result_at, status

ROOT = "/v1/kling/"
SERVICE = load().service("useapi")
MAKERS = [each for each in SERVICE.operations.values() if each.does == "create"]
FILMS = [each for each in MAKERS if each.task["media"] == "video"]
URL = "https://example.com/1.jpg"


def post(client: Client, path: str, payload: JSON) -> Answer:
    return client.send("POST", path, json.dumps(payload).encode(), content_type="application/json")


def made(client: Client, operation: Operation, payload: dict[str, JSON]) -> Any:
    """Create a task with what it names, wait for it, and return it."""
    if "of" in operation.info:
        id = client.made()
        client.wait()
        named = operation.info["of"]
        payload = {**payload, named["task"]: str(id), **({named["work"]: f"{id}0"} if "work" in named else {})}
    answer = post(client, operation.path, payload)
    assert answer.status == 200, answer.json
    client.wait()
    return client.task(answer.json["task"]["id"])


@pytest.mark.parametrize("operation", MAKERS, ids=lambda each: each.name)
def test_each_product_makes_works_of_its_own_kind(operation: Operation) -> None:
    client = Client()
    task = made(client, operation, operation.schema["examples"][0])
    (work,) = task["works"]
    kind = operation.task["media"]
    assert (task["status_name"], work["contentType"], work["type"]) == ("succeed", kind, task["task"]["type"])
    assert work["resource"]["resource"].endswith(".mp4" if kind == "video" else ".png")
    assert (work["resource"]["duration"] > 0) is (kind == "video")
    listed = client.get(TASKS, f"contentType={kind}").json["history"]
    assert listed[0] == {name: value for name, value in task.items() if "Time" not in name}


@pytest.mark.parametrize("operation", MAKERS, ids=lambda each: each.name)
def test_each_product_repeats_what_was_sent_under_its_own_names(operation: Operation) -> None:
    for example in operation.schema["examples"]:
        if "of" in operation.info:
            continue
        client = Client()
        task = made(client, operation, example)
        said = arguments(task)
        for each in operation.info["arguments"]:
            if each.get("field") in example and "references" not in each:
                sent = example[each["field"]]
                assert said[each["name"]] == (
                    str(sent).lower()
                    if isinstance(sent, bool)
                    else f"{sent:g}"
                    if isinstance(sent, float)
                    else str(sent)
                )
        inputs = {item["name"]: item["url"] for item in task["task"]["taskInfo"]["inputs"]}
        fields = operation.info.get("inputs", {})
        assert inputs == {name: example[field] for field, name in fields.items() if field in example}


@pytest.mark.parametrize("operation", [each for each in MAKERS if "of" in each.info], ids=lambda each: each.name)
def test_a_task_shows_another_one_as_long_as_that_is_there(operation: Operation) -> None:
    client = Client()
    task = made(client, operation, operation.schema["examples"][0])
    (source,) = {each["fromWorkId"] for each in task["task"]["taskInfo"]["inputs"]} - {None}
    assert client.send("DELETE", f"{TASKS}/{source // 10}").status in (200, 204)
    shown = client.task(task["task"]["id"])["task"]["taskInfo"]["inputs"]
    assert {each["fromWorkId"] for each in shown} <= {None}


@pytest.mark.parametrize("operation", FILMS, ids=lambda each: each.name)
def test_a_film_has_a_cover_of_its_size_and_a_duration_in_milliseconds(operation: Operation) -> None:
    client = Client()
    (work,) = made(client, operation, operation.schema["examples"][0])["works"]
    resource, cover = work["resource"], work["cover"]
    found = result_at(client.fake, resource["resource"].removeprefix("http://127.0.0.1:8080"))
    assert isinstance(found, Result)
    assert isinstance(found.artifact, Film)
    assert resource["duration"] == found.artifact.milliseconds == 5041
    assert (cover["width"], cover["height"], cover["duration"]) == (resource["width"], resource["height"], 0)
    assert client.fetched(cover["resource"]).startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("path", "payload", "expected"),
    [
        ("videos/text2video", {"prompt": "A cat"}, ("m2v_txt2video", 720, False)),
        ("videos/text2video", {"prompt": "A cat", "model_name": "kling-v2-5"}, ("m2v_txt2video_hq", 1080, False)),
        (
            "videos/text2video",
            {"prompt": "A cat", "model_name": "kling-v3-0", "mode": "4k"},
            ("m2v_txt2video_hq", 2160, True),
        ),
        ("videos/omni", {"prompt": "A cat", "mode": "pro"}, ("m2v_omni_video", 1080, True)),
        ("videos/omni", {"prompt": "A cat", "omni_version": "o1"}, ("m2v_omni_video", 720, False)),
    ],
)
def test_mode_and_model_choose_type_size_and_sound(path: str, payload: JSON, expected: tuple[str, int, bool]) -> None:
    client = Client()
    id = post(client, ROOT + path, payload).json["task"]["id"]
    client.wait()
    task = client.task(id)
    found = result_at(client.fake, task["works"][0]["resource"]["resource"].removeprefix("http://127.0.0.1:8080"))
    assert isinstance(found, Result)
    assert isinstance(found.artifact, Film)
    assert (task["task"]["type"], found.artifact.height, found.artifact.sound) == expected


def test_the_omni_model_films_as_often_as_it_is_asked_to(client: Client) -> None:
    id = post(client, f"{ROOT}videos/omni", {"prompt": "A cat", "count": 3}).json["task"]["id"]
    client.wait()
    works = client.task(id)["works"]
    assert [work["workId"] for work in works] == [id * 10, id * 10 + 1, id * 10 + 2]
    assert len({work["resource"]["resource"] for work in works}) == 3


def test_references_of_a_film_are_rewritten_when_they_were_sent(client: Client) -> None:
    prompt = "@image_1 as @element_1 in @video_1, not @image_2"
    fields = {"image_1": URL, "element_1": "u_1", "video_1": "https://example.com/1.mp4"}
    answer = post(client, f"{ROOT}videos/omni", {"prompt": prompt, **fields})
    assert arguments(answer.json)["rich_prompt"] == "<<<image_1>>> as <<<element_1>>> in <<<video_1>>>, not @image_2"
    assert answer.rules == ["references-exist"]


def test_lists_have_the_tasks_of_all_products_the_newest_first(client: Client) -> None:
    ids = []
    for path in ("videos/text2video", "images/omni", "videos/omni", "images/kolors", "videos/text2video"):
        ids.append(post(client, ROOT + path, {"prompt": "A cat"}).json["task"]["id"])
        client.wait(10)
    assert [task["task"]["id"] for task in client.get(TASKS).json["history"]] == ids[::-1]
    assert [job["id"] for job in client.get(f"{ROOT}scheduler").json] == ids[::-1]


def test_a_larger_image_has_the_shape_of_the_first_and_names_its_task(client: Client) -> None:
    id = client.made(aspect_ratio="9:16", omni_version="o1", prompt="A lighthouse")
    client.wait()
    answer = post(client, f"{ROOT}images/upscale", {"task_id": id, "workId": id * 10})
    client.wait()
    (work,) = client.task(answer.json["task"]["id"])["works"]
    assert work["resource"]["width"] < work["resource"]["height"]
    assert arguments(answer.json) == {
        "biz": "klingai", "__initialType": "mmu_omni_image", "__initialPrompt": "A lighthouse",
    }  # fmt: skip
    assert answer.json["task"]["taskInfo"]["inputs"][0]["fromWorkId"] == id * 10


@pytest.mark.parametrize("named", [{"task_id": "1", "workId": "10"}, {"workId": "10"}, {"workId": "9999999990"}])
def test_a_work_that_is_not_there_cannot_be_drawn_larger(client: Client, named: dict[str, str]) -> None:
    id = client.made()
    client.wait()
    answer = post(client, f"{ROOT}images/upscale", {"task_id": str(id), **named})
    assert (answer.status, answer.json["message"]) == (404, "Not Found")


def test_a_film_goes_on_only_when_it_is_done_and_ones_own(client: Client) -> None:
    id = post(client, f"{ROOT}videos/text2video", {"prompt": "A cat"}).json["task"]["id"]
    assert post(client, f"{ROOT}videos/extend", {"task_id": str(id)}).status == 404
    client.wait()
    assert post(client, f"{ROOT}videos/extend", {"task_id": str(id)}).status == 200
    client.token = "user:2-another"
    assert post(client, f"{ROOT}videos/extend", {"task_id": str(id)}).status == 404


@pytest.mark.parametrize("path", ["videos/image2video-frames", "videos/motion-create", "avatars/video"])
def test_a_lost_upload_is_not_found_by_any_product(client: Client, path: str) -> None:
    operation = next(each for each in MAKERS if each.path == ROOT + path)
    field = next(iter(operation.info["inputs"]))
    example = next(each for each in operation.schema["examples"] if field in each)
    lost = {**example, field: "http://127.0.0.1:8080/results/uploads/1.png"}
    assert post(client, operation.path, lost).status == 404


# --- downloads


def test_several_works_come_in_one_zip(client: Client) -> None:
    id = client.made(imageCount=2, omni_version="o1")
    client.wait()
    answer = client.get(f"{ASSETS}/download", f"workIds={id}0,{id}1")
    packed = ZipFile(BytesIO(client.fetched(answer.json["cdnUrl"])))
    works = client.task(id)["works"]
    assert [packed.read(name) for name in packed.namelist()] == [
        client.fetched(work["resource"]["resource"]) for work in works
    ]
    assert client.fetched(answer.json["cdnUrl"]) == client.fetched(answer.json["cdnUrl"])


def test_one_work_of_one_type_is_its_own_file(client: Client) -> None:
    id = client.made()
    client.wait()
    url = client.task(id)["works"][0]["resource"]["resource"]
    for query in (f"workIds={id}0", f"workIds={id}0&fileTypes=PNG"):
        assert client.get(f"{ASSETS}/download", query).json == {"cdnUrl": url, "status": "success"}
    assert client.get(f"{ASSETS}/download", f"workIds={id}0&fileTypes=MP4").json == {"error": "Invalid parameters"}
    assert client.get(f"{ASSETS}/download", f"workIds={id}0&fileTypes=PNG,MP4").json["cdnUrl"].endswith(".zip")


def test_a_work_that_is_not_done_or_not_ones_own_cannot_be_had(client: Client) -> None:
    id = client.made()
    assert client.get(f"{ASSETS}/download", f"workIds={id}0").status == 404
    client.wait()
    assert client.get(f"{ASSETS}/download", f"workIds={id}1").status == 404
    client.token = "user:2-another"
    assert client.get(f"{ASSETS}/download", f"workIds={id}0").status == 404


def test_the_zip_of_a_deleted_task_is_gone(client: Client) -> None:
    id = client.made(imageCount=2)
    client.wait()
    url = client.get(f"{ASSETS}/download", f"workIds={id}0,{id}1").json["cdnUrl"]
    client.delete(f"{TASKS}/{id}")
    assert status(result_at(client.fake, url.removeprefix("http://127.0.0.1:8080"))) == 404


def test_results_are_listed_by_page_kind_and_time(client: Client) -> None:
    ids = []
    for path in ("images/omni", "videos/text2video", "images/omni"):
        ids.append(post(client, ROOT + path, {"prompt": "A cat"}).json["task"]["id"])
        client.wait(2000)

    def seen(query: str) -> list[int]:
        return [task["task"]["id"] for task in client.get(ASSETS, query).json["history"]]

    assert seen("") == ids[::-1]
    assert seen("sort=asc&pageSize=2") == ids[:2]
    assert seen("pageNum=2&pageSize=2") == ids[:1]
    assert seen("contentType=video") == [ids[1]]
    assert {each["type"] for each in client.get(ASSETS).json["limitations"]} == {"mmu_omni_image", "m2v_txt2video"}


def test_only_ones_own_uploads_are_deleted(client: Client) -> None:
    url = client.upload(picture()).json["url"]
    (listed,) = client.get(UPLOADED).json["uploadAssetsList"]
    client.token = "user:2-another"
    assert client.delete(UPLOADED, f"email=a&id={listed['id']}").json == {"deleted": 0, "ids": []}
    client.token = "user:12345-abcdef"
    assert client.delete(UPLOADED, f"email=a&id={listed['id']},1").json == {"deleted": 1, "ids": [listed["id"]]}
    assert client.get(UPLOADED).json == {"uploadAssetsList": []}
    assert client.create(prompt="@image_1", image_1=url).status == 404


# --- accounts


def configured(client: Client, email: str, jobs: int = 50) -> Answer:
    return post(client, ACCOUNTS, {"email": email, "password": "a-password", "maxJobs": jobs})


def test_until_one_is_configured_any_email_names_the_only_account(client: Client) -> None:
    assert client.create(email="me@example.org").status == 200
    assert configured(client, "me@example.org").status == 201
    assert client.create(email="another@example.org").status == 404
    assert list(client.get(ACCOUNTS).json) == ["me@example.org"]


def test_a_second_account_makes_email_required(client: Client) -> None:
    configured(client, "one@example.org")
    assert client.create().status == 200
    configured(client, "two@example.org")
    assert client.create().json == {"error": "email is required"}
    assert client.create(email="two@example.org").status == 200
    client.delete(f"{ACCOUNTS}/two@example.org")
    assert client.create().status == 200


def test_a_configured_account_runs_as_many_jobs_as_it_says(client: Client) -> None:
    configured(client, "me@example.org", 2)
    assert [client.create().status for _ in range(3)] == [200, 200, 429]
    assert client.create(maxJobs=3).status == 200
    (free,) = client.get(f"{ROOT}scheduler/available").json["available"]
    assert free == {"email": "me@example.org", "maxJobs": 2, "executing": 3, "available": 0}
    configured(client, "me@example.org", 9)
    assert client.create().status == 200


def test_without_any_account_nothing_runs(client: Client) -> None:
    assert client.delete(f"{ACCOUNTS}/me@example.org").status == 204
    for answer in (client.create(), client.get(ACCOUNTS)):
        assert answer.json == {"error": "Configuration not found. To create configuration use POST /accounts."}
    assert client.delete(f"{ACCOUNTS}/me@example.org").status == 404
    configured(client, "me@example.org")
    assert client.create().status == 200


def test_what_an_account_that_was_removed_has_made_is_not_lost(client: Client) -> None:
    configured(client, "one@example.org")
    id = client.made()
    client.delete(f"{ACCOUNTS}/one@example.org")
    configured(client, "two@example.org")
    assert client.get(f"{TASKS}/{id}").status == 404
    configured(client, "one@example.org")
    assert client.get(f"{TASKS}/{id}", "email=one%40example.org").status == 200


def test_the_two_of_a_reading_can_be_removed_and_others_added() -> None:
    client = reading(several_accounts="several")
    client.delete(f"{ACCOUNTS}/first@example.com")
    configured(client, "third@example.com")
    assert list(client.get(ACCOUNTS).json) == ["second@example.com", "third@example.com"]
    assert client.create(email="first@example.com").status == 404


def test_a_password_is_kept_nowhere(client: Client) -> None:
    configured(client, "me@example.org")
    (thing,) = client.fake.world.possessions
    assert thing.data == {"maxJobs": 50}
    assert "a-password" not in client.get(f"{ACCOUNTS}/me@example.org").response.body.decode()


@pytest.mark.parametrize(("answer", "status"), [("204", 204), ("200", 200)])
def test_a_removed_account_is_answered_as_the_reading_says(answer: str, status: int) -> None:
    removed = reading(account_removed=answer).delete(f"{ACCOUNTS}/me@example.org")
    assert (removed.status, removed.response.body) == (status, b"")


# --- elements, avatars, voices


def element(client: Client, **fields: JSON) -> Any:
    (found,) = post(client, f"{ROOT}elements", {"name": "Cat", "coverImage": URL, **fields}).json["elements"]
    return found


def test_an_element_is_kept_until_it_is_deleted(client: Client) -> None:
    found = element(client, extraImage2="https://example.com/2.jpg")
    assert client.get(f"{ROOT}elements/{found['id']}").json == found
    assert found["name"].startswith("Cat ")
    assert len(found["name"]) == len("Cat ") + 5
    assert [(each["slotKey"], each["cover"]) for each in found["resources"]] == [("", True), ("back", False)]
    assert client.delete(f"{ROOT}elements/{found['id']}").json == {"deleted": 1}
    assert client.get(f"{ROOT}elements/{found['id']}").status == 404


def test_elements_are_listed_by_page_tag_and_time(client: Client) -> None:
    ids = [element(client, tag=tag)["id"] for tag in ("a", "b", "a")]

    def seen(query: str) -> list[str]:
        return [each["id"] for each in client.get(f"{ROOT}elements", query).json["elementsList"]]

    assert seen("") == ids[::-1]
    assert seen("tag=a&sortDirection=ASC") == [ids[0], ids[2]]
    assert seen("pageNum=2&pageSize=2") == ids[:1]
    assert seen("official=true") == seen("favored=true") == []
    assert client.get(f"{ROOT}elements").json["total"] == 3


def test_what_is_kept_is_ones_own_and_survives_a_snapshot(client: Client) -> None:
    found = element(client)
    avatar = post(client, f"{ROOT}avatars", {"imageUrl": URL, "nickname": "Mia"}).json["id"]
    other = Client()
    other.fake.restore(client.fake.snapshot())
    assert other.get(f"{ROOT}elements/{found['id']}").json == found
    assert [each["nickname"] for each in other.get(f"{ROOT}avatars").json] == ["Mia"]
    other.token = "user:2-another"
    assert other.get(f"{ROOT}elements/{found['id']}").status == 404
    assert other.delete(f"{ROOT}avatars/{avatar}").status == 404
    client.fake.reset()
    assert client.get(f"{ROOT}avatars").json == []


def test_an_avatar_is_shown_with_what_was_not_sent(client: Client) -> None:
    id = post(client, f"{ROOT}avatars", {"imageUrl": URL}).json["id"]
    (shown,) = client.get(f"{ROOT}avatars").json
    assert (shown["id"], shown["scene"], shown["ttsSpeed"]) == (id, "advertising_marketing", "1")
    assert "nickname" not in shown
    (template,) = client.get(f"{ROOT}avatars", "type=templates").json
    assert len(template["id"]) <= 8 < len(id)


def test_speech_can_be_fetched(client: Client) -> None:
    voices = [each["speakerId"] for each in client.get(f"{ROOT}tts/voices").json["ttsList"]]
    answer = post(client, f"{ROOT}tts/create", {"speakerId": voices[0], "text": "Hello"})
    found = result_at(client.fake, answer.json["resource"].removeprefix("http://127.0.0.1:8080"))
    assert isinstance(found, Result)
    assert found.artifact.content_type == "audio/mpeg"
    assert render(found.artifact)
    assert client.get(TASKS).json == {"history": []}
    assert post(client, f"{ROOT}tts/create", {"speakerId": "x", "text": "Hi"}).json == {
        "error": "Unable to locate speakerId"
    }


@pytest.fixture
def client() -> Client:
    return Client()
