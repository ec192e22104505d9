"""Kling 4.0 at paths that are inferred, as gateways tell of it (family K1 to K11)."""

from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.contract.places import with_value
from mockserver.contract.service import Operation
from mockserver.fake.media import plan
from mockserver.fake.media.artifacts import Film, Picture
from mockserver.types import JSON
from tests.conftest import CheckedFake

FOURS = [each for each in load().service("kling-2").operations.values() if "kling-4" in each.when]
TEXT, IMAGE, PAGE = "/text-to-video/kling-4.0", "/omni-image/kling-image-4.0", "/omni-image/kling-long-image-4.0"
PROMPT: dict[str, JSON] = {"type": "prompt", "text": "A cat"}
PICTURE: dict[str, JSON] = {"type": "refer_image", "url": "https://example.com/cat.png"}


def of_four(**settings: Any) -> CheckedFake:
    return CheckedFake(readings={"kling-4": "inferred"}, **settings)


def made(fake: CheckedFake, path: str, payload: JSON) -> tuple[dict[str, Any], list[Any]]:
    """Make a task, and return its record and its results."""
    created = fake.post(path, payload)
    assert created.status == 200, created.json
    (shown,) = fake.get("/tasks", query=f"task_ids={created.data['id']}").data
    (task,) = fake.tasks
    return shown, [*plan.artifacts(fake.world.operation(task), task, fake.world.payload(task))]


def test_five_paths_are_of_kling_4() -> None:
    assert {each.path for each in FOURS} == {
        TEXT,
        "/image-to-video/kling-4.0",
        "/omni-video/kling-4.0",
        IMAGE,
        PAGE,
    }


@pytest.mark.parametrize("operation", FOURS, ids=lambda each: each.id)
def test_without_the_reading_a_path_is_answered_as_any_that_is_not_there(operation: Operation) -> None:
    fake, payload = CheckedFake(), operation.schema["examples"][0]
    answer, other = (fake.post(path, payload) for path in (operation.path, f"{operation.path}x"))
    assert (answer.status, answer.code) == (other.status, other.code)
    assert answer.message == other.message.replace(f"{operation.path}x", operation.path)
    assert [*fake.tasks] == []


@pytest.mark.parametrize("operation", FOURS, ids=lambda each: each.id)
@pytest.mark.parametrize("field", ["callback_url", "external_task_id"])
def test_there_is_no_callback_and_no_name_of_ones_own(operation: Operation, field: str) -> None:
    fake, payload = of_four(pace="instant"), operation.schema["examples"][0]
    refused = fake.post(operation.path, with_value(f"options.{field}", payload, "https://example.com/hook"))
    assert (refused.status, refused.rules) == (400, [f"options.{field}.maxLength"])
    assert fake.post(operation.path, with_value(f"options.{field}", payload, None)).status == 200
    assert fake.post(operation.path, {**payload, field: "https://example.com/hook"}).rules == ["additionalProperties"]
    assert fake.delivered() == []


@pytest.mark.parametrize(
    "operation", [each for each in FOURS if each.task["media"] == "video"], ids=lambda each: each.id
)
def test_a_film_lasts_as_long_as_asked_and_always_has_sound(operation: Operation) -> None:
    payload = with_value("settings.duration", operation.schema["examples"][0], 30)
    shown, (film,) = made(of_four(pace="instant"), operation.path, payload)
    assert isinstance(film, Film)
    assert (film.sound, film.seconds, min(film.width, film.height)) == (True, 30, 720)
    assert [(each["type"], each["duration"]) for each in shown["outputs"]] == [("video", "30.041")]


def test_a_film_is_as_wide_as_asked() -> None:
    sent: JSON = {"prompt": "A cat", "settings": {"resolution": "1080p", "aspect_ratio": "21:9"}}
    _, (film,) = made(of_four(pace="instant"), TEXT, sent)
    assert (film.width, film.height) == (2520, 1080)


def test_a_series_of_pictures_has_a_group_and_single_ones_have_none() -> None:
    series, pictures = made(
        of_four(pace="instant"),
        IMAGE,
        {"contents": [PROMPT, PICTURE], "settings": {"result_type": "series", "series_amount": 10, "n": 2}},
    )
    assert len(series["outputs"]) == len(pictures) == 10
    assert {each["group_id"] for each in series["outputs"]} == {series["id"]}
    single, pictures = made(of_four(pace="instant"), IMAGE, {"contents": [PROMPT], "settings": {"n": 9}})
    assert [set(each) for each in single["outputs"]] == [{"type", "url"}] * 9
    assert {(each.width, each.height) for each in pictures} == {(2048, 2048)}


def test_a_page_is_the_longer_the_longer_it_is_to_be() -> None:
    shapes = []
    for length in ("short", "medium", "long"):
        contents: JSON = [PROMPT, PICTURE]
        sent: JSON = {"contents": contents, "settings": {"skill": "ecommerce", "length": length}}
        shown, (picture,) = made(of_four(pace="instant"), PAGE, sent)
        assert isinstance(picture, Picture)
        assert [each["type"] for each in shown["outputs"]] == ["image"]
        shapes.append(picture.height / picture.width)
    assert shapes == sorted(set(shapes))


def test_the_list_knows_pictures_and_films_of_it_apart() -> None:
    fake = of_four(pace="instant")
    film, picture = fake.post(TEXT, {"prompt": "A cat"}), fake.post(IMAGE, {"contents": [PROMPT]})
    for type, answer in (("video", film), ("image", picture)):
        found = fake.post("/tasks", {"filters": [{"key": "product_type", "values": [type]}]}).data["result"]
        assert [each["id"] for each in found] == [answer.data["id"]]
