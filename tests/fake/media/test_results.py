"""Results: each URL of a finished task leads to what was asked for, until it expires."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockserver.fake.media.artifacts import Film, Picture
from mockserver.fake.media.results import Result
from mockserver.fake.world import RETENTION_MILLIS
from mockserver.types import Request
from tests.conftest import HOST, IMAGE, VIDEO, CheckedFake
from tests.support.results import result_at, status

DAY = 24 * 3600 * 1000
WATERMARK: dict[str, Any] = {"watermark_info": {"enabled": True}}


def items(fake: CheckedFake, path: str, id: str) -> list[dict[str, str]]:
    result = fake.get(path, id).data["task_result"]
    return [item for name in ("images", "series_images", "videos") for item in result.get(name, [])]


def finished(fake: CheckedFake, path: str = IMAGE, **fields: Any) -> list[dict[str, str]]:
    """Create a task, let it end, and return its results as a query shows them."""
    id = fake.made(path, **fields)
    fake.clock.advance(10_000)
    return items(fake, path, id)


def behind(fake: CheckedFake, url: str) -> Any:
    found = result_at(fake, urlsplit(url).path)
    return found.artifact if isinstance(found, Result) else found.status


def test_each_url_of_an_image_task_leads_to_its_image(fake: CheckedFake) -> None:
    found = [behind(fake, item["url"]) for item in finished(fake, prompt="A cat", n=3, aspect_ratio="16:9")]
    assert [(type(item), item.index, item.width, item.height) for item in found if isinstance(item, Picture)] == [
        (Picture, n, 1360, 768) for n in range(3)
    ]


def test_each_url_of_a_series_leads_to_its_image(fake: CheckedFake) -> None:
    payload: dict[str, Any] = {"model_name": "kling-v3-omni", "result_type": "series", "series_amount": 9}
    found = [behind(fake, item["url"]) for item in finished(fake, **payload, image_list=[{"image": "https://a.b/c"}])]
    assert [item.index for item in found if isinstance(item, Picture)] == list(range(9))


def test_the_url_of_a_film_leads_to_it(fake: CheckedFake) -> None:
    payload: dict[str, Any] = {"model_name": "kling-v3-omni", "duration": "12", "mode": "std", "sound": "on"}
    (item,) = finished(fake, VIDEO, **payload)
    film = behind(fake, item["url"])
    assert isinstance(film, Film)
    assert (film.width, film.height, film.seconds, film.sound) == (1280, 720, 12, True)
    assert item["duration"] == film.duration == "12.041"


@pytest.mark.parametrize("path", [IMAGE, VIDEO])
def test_a_watermarked_twin_is_another_url_and_another_result(fake: CheckedFake, path: str) -> None:
    (item,) = finished(fake, path, **WATERMARK)
    plain, marked = behind(fake, item["url"]), behind(fake, item["watermark_url"])
    assert (plain.watermark, marked.watermark) == (False, True)
    assert item["url"] != item["watermark_url"]


@pytest.mark.parametrize("pace", ["fast", "instant", "polls:1"])
def test_the_result_is_as_the_payload_said_however_long_it_was(pace: str) -> None:
    fake = CheckedFake(pace=pace)
    prompt = "猫" * 2500
    id = fake.made(prompt=prompt)
    fake.clock.advance(2000)
    fake.get(IMAGE, id)
    picture = behind(fake, items(fake, IMAGE, id)[0]["url"])
    assert isinstance(picture, Picture)
    assert picture.prompt == prompt


@pytest.mark.parametrize(
    ("settings", "origin"),
    [({}, f"http://{HOST}"), ({"public_url": "https://cdn.example.com"}, "https://cdn.example.com")],
)
def test_result_urls_begin_with_the_origin_the_client_used_or_the_public_one(
    settings: dict[str, Any], origin: str
) -> None:
    (item,) = finished(CheckedFake(**settings))
    assert item["url"].startswith(f"{origin}/results/")


def test_result_urls_keep_the_origin_of_the_creator_whoever_asks(fake: CheckedFake) -> None:
    id = fake.made()
    fake.clock.advance(2000)
    shown = fake.get(IMAGE, id, host="elsewhere:1").data["task_result"]["images"][0]["url"]
    assert shown.startswith(f"http://{HOST}/")


def test_over_https_result_urls_are_https(fake: CheckedFake) -> None:
    headers = {"host": "mock.test", "authorization": "Bearer k", "content-type": "application/json"}
    fake.respond(Request("POST", IMAGE, "", headers, b'{"prompt": "A cat"}', "https"))
    (task,) = fake.world.tasks.newest()
    assert task.base_url == "https://mock.test"


@pytest.mark.parametrize("path", [IMAGE, VIDEO])
def test_before_the_end_there_is_nothing_behind_the_url(path: str) -> None:
    early, late = CheckedFake(), CheckedFake()
    (item,) = finished(late, path)
    early.made(path)
    assert urlsplit(item["url"]).path.split("/")[3] == next(early.world.tasks.newest()).id
    assert behind(early, item["url"]) == 404


def test_behind_a_url_of_a_failed_task_there_is_nothing(fake: CheckedFake) -> None:
    (item,) = finished(fake)
    (task,) = fake.world.tasks.newest()
    fake.world.force(task, "failed", fake.clock.now(), "The moderators said no")
    assert behind(fake, item["url"]) == 404


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.replace("/0.", "/1."),
        lambda path: path.replace(".png", ".jpg"),
        lambda path: path.replace(".png", ""),
        lambda path: path.replace("/kling/", "/nobody/"),
        lambda path: path.replace("/results", "/result"),
        lambda path: path[:-9] + str((int(path[-9]) + 1) % 10) + path[-8:],
        lambda path: path + "/",
        lambda path: path + "\n",
        lambda path: path.replace("/0.", "/0-thumb."),
        lambda path: path.replace("/0.", "/\u0660."),
        lambda path: path + "x" * 10_000,
    ],
)
def test_a_url_that_was_never_given_leads_nowhere(fake: CheckedFake, change: Callable[[str], str]) -> None:
    (item,) = finished(fake)
    path = urlsplit(item["url"]).path
    assert isinstance(result_at(fake, path), Result)
    assert status(result_at(fake, change(path))) == 404


@pytest.mark.parametrize("path", [IMAGE, VIDEO])
@pytest.mark.parametrize(("reading", "status"), [("404", 404), ("403", 403)])
def test_a_result_expires_thirty_days_after_the_end(path: str, reading: str, status: int) -> None:
    assert RETENTION_MILLIS == 30 * DAY
    fake = CheckedFake(readings={"expired-result": reading})
    id = fake.made(path, **WATERMARK)
    fake.clock.advance(10_000)
    (item,) = items(fake, path, id)
    fake.clock.set(fake.get(path, id).data["updated_at"] + 30 * DAY - 1)
    assert not isinstance(behind(fake, item["url"]), int)
    fake.clock.advance(1)
    assert behind(fake, item["url"]) == behind(fake, item["watermark_url"]) == status
    assert fake.get(path, id).data["task_status"] == "succeed"


def test_a_reset_takes_the_results_away(fake: CheckedFake) -> None:
    (item,) = finished(fake)
    fake.reset()
    assert behind(fake, item["url"]) == 404
