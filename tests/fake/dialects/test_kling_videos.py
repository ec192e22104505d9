"""The older video paths: what each model films, what it costs, what follows another film, and what is not there."""

from __future__ import annotations

import json
from base64 import b64decode
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from mockserver.fake.lifecycle import Source
from mockserver.fake.media.artifacts import Film
from mockserver.fake.media.results import Result
from mockserver.fake.stores import codec
from mockserver.types import JSON
from tests.conftest import CheckedFake
from tests.support.results import result_at

TEXT, PICTURE = "/v1/videos/text2video", "/v1/videos/image2video"
CAT: dict[str, JSON] = {"prompt": "A cat"}
FRAME = "https://example.com/cat.png"
VOICE = {"voice_list": [{"voice_id": "one"}]}
SELECTIONS = "/v1/videos/multi-elements"
SESSION = "847570360458960960"


def record(fake: CheckedFake, path: str, body: dict[str, JSON]) -> Any:
    """Create a task, let it end, and return its record."""
    created = fake.post(path, body)
    assert created.status == 200, created.json
    fake.clock.advance(10_000)
    return fake.get(path, created.data["task_id"]).data


def behind(fake: CheckedFake, url: str) -> Film:
    found = result_at(fake, urlsplit(url).path)
    assert isinstance(found, Result)
    assert isinstance(found.artifact, Film)
    return found.artifact


def films(fake: CheckedFake, path: str, body: dict[str, JSON]) -> tuple[Any, Film]:
    """Return the record of a task, and its film."""
    found = record(fake, path, body)
    (item,) = found["task_result"]["videos"]
    return found, behind(fake, item["url"])


@pytest.mark.parametrize(
    ("path", "fields", "side", "rate"),
    [
        (TEXT, {}, 720, 30),
        (TEXT, {"model_name": "kling-v1", "mode": "pro"}, 720, 30),
        (TEXT, {"model_name": "kling-v1-6"}, 720, 24),
        (PICTURE, {"model_name": "kling-v1-6", "mode": "pro"}, 1080, 30),
        (PICTURE, {"model_name": "kling-v1-5"}, 720, 30),
        (TEXT, {"model_name": "kling-v2-master"}, 720, 24),
        (TEXT, {"model_name": "kling-v2-1-master"}, 1080, 24),
        (PICTURE, {"model_name": "kling-v2-1"}, 720, 24),
        (TEXT, {"model_name": "kling-v2-5-turbo", "mode": "pro"}, 1080, 24),
        (TEXT, {"model_name": "kling-v3", "mode": "4k"}, 2160, 24),
    ],
)
def test_a_film_has_the_size_and_the_frames_of_its_model(
    fake: CheckedFake, path: str, fields: dict[str, JSON], side: int, rate: int
) -> None:
    found, film = films(fake, path, {**CAT, **({"image": FRAME} if path == PICTURE else {}), **fields})
    assert (min(film.width, film.height), film.rate) == (side, rate)
    assert found["task_result"]["videos"][0]["duration"] == film.duration == {24: "5.041", 30: "5.033"}[rate]


@pytest.mark.parametrize(
    ("path", "fields", "units"),
    [
        (TEXT, {"model_name": "kling-v2-5-turbo"}, "1.5"),
        (TEXT, {"model_name": "kling-v2-5-turbo", "mode": "pro", "duration": "10"}, "5"),
        (TEXT, {"model_name": "kling-v2-6", "mode": "pro"}, "2.5"),
        (TEXT, {"model_name": "kling-v2-6", "mode": "pro", "sound": "on"}, "5"),
        (PICTURE, {"model_name": "kling-v2-6", "mode": "pro", "sound": "on", **VOICE}, "6"),
        (TEXT, {"model_name": "kling-v3"}, "3"),
        (TEXT, {"model_name": "kling-v3", "mode": "pro", "sound": "on", "duration": "3"}, "3.6"),
        (TEXT, {"model_name": "kling-v3", "mode": "4k"}, "15"),
        ("/v1/videos/motion-control", {"model_name": "kling-v3", "mode": "std"}, "4.5"),
        ("/v1/videos/motion-control", {"mode": "pro"}, "4"),
        ("/v1/videos/avatar/image2video", {"mode": "pro"}, "4"),
    ],
)
def test_a_film_costs_what_its_model_mode_and_sound_cost(
    fake: CheckedFake, path: str, fields: dict[str, JSON], units: str
) -> None:
    beside: dict[str, dict[str, JSON]] = {
        TEXT: {},
        PICTURE: {"image": FRAME},
        "/v1/videos/motion-control": {
            "image_url": FRAME,
            "video_url": "https://example.com/walk.mp4",
            "character_orientation": "image",
        },
        "/v1/videos/avatar/image2video": {"image": FRAME, "sound_file": "https://example.com/hello.mp3"},
    }
    assert record(fake, path, {**CAT, **beside[path], **fields})["final_unit_deduction"] == units


def test_an_extension_is_as_long_as_its_source_and_five_seconds_more(fake: CheckedFake) -> None:
    tall: dict[str, JSON] = {**CAT, "model_name": "kling-v1-6", "mode": "pro", "aspect_ratio": "9:16"}
    source, first = films(fake, TEXT, {**tall, "duration": "10"})
    (video,) = source["task_result"]["videos"]
    found, film = films(fake, "/v1/videos/video-extend", {"video_id": video["id"]})
    parent = {"id": video["id"], "url": video["url"], "duration": "10.041"}
    assert found["task_info"] == {"parent_video": parent}
    assert (film.width, film.height, film.seconds) == (first.width, first.height, 15)
    again, longer = films(fake, "/v1/videos/video-extend", {"video_id": found["task_result"]["videos"][0]["id"]})
    assert again["task_info"]["parent_video"]["duration"] == "15.041"
    assert longer.seconds == 20


def test_lips_are_synced_in_a_film_of_ours_and_of_thirty_frames(fake: CheckedFake) -> None:
    source, _ = films(fake, TEXT, {**CAT, "model_name": "kling-v1", "duration": "10"})
    (video,) = source["task_result"]["videos"]
    said: JSON = {"mode": "text2video", "video_id": video["id"], "text": "Hello"}
    found, film = films(fake, "/v1/videos/lip-sync", {"input": said, "external_task_id": "mine"})
    assert found["task_info"]["parent_video"]["duration"] == video["duration"] == film.duration == "10.033"
    assert found["task_info"]["external_task_id"] == "mine"
    assert found["final_unit_deduction"] == "1"


def test_the_source_of_a_film_that_we_have_not_made_is_there(fake: CheckedFake) -> None:
    found, film = films(fake, "/v1/videos/video-extend", {"video_id": "743211632612511839"})
    parent = behind(fake, found["task_info"]["parent_video"]["url"])
    assert (parent.seconds, film.seconds) == (5, 10)


def test_the_film_of_another_account_is_no_source(fake: CheckedFake) -> None:
    source = record(fake, TEXT, {**CAT, "model_name": "kling-v1", "duration": "10"})
    (video,) = source["task_result"]["videos"]
    id = fake.post("/v1/videos/video-extend", {"video_id": video["id"]}, token="another").data["task_id"]
    parent = fake.get("/v1/videos/video-extend", id, token="another").data["task_info"]["parent_video"]
    assert (parent["duration"], parent["url"] == video["url"]) == ("5.041", False)


def test_a_source_survives_a_snapshot_and_a_store(fake: CheckedFake) -> None:
    found = record(fake, "/v1/videos/video-extend", {"video_id": "743211632612511839"})
    (task,) = fake.world.tasks.newest()
    assert isinstance(task.source, Source)
    assert codec.read_task(codec.written_task(task)).source == task.source
    fake.restore(json.loads(json.dumps(fake.snapshot())))
    (restored,) = fake.world.tasks.newest()
    assert restored.source == task.source
    assert found["task_info"]["parent_video"]["id"] == task.source.id


def test_a_task_that_an_earlier_release_has_stored_has_no_source(fake: CheckedFake) -> None:
    fake.made(TEXT, model_name="kling-v3")
    (task,) = fake.world.tasks.newest()
    head, end, document = codec.written_task(task).partition(b"\n")
    earlier = json.dumps(json.loads(head)[:-1]).encode()
    assert codec.read_task(earlier + end + document) == task


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"model_name": "kling-v2-5-turbo"}, "model/mode/duration(kling-v2-5-turbo/std/5)"),
        ({"duration": "10"}, "model/mode/duration(kling-v1/std/10)"),
        ({"model_name": "kling-v2-1", "duration": 10}, "model/mode/duration(kling-v2-1/std/10)"),
    ],
)
def test_a_text_says_what_was_sent_and_what_counts_instead(
    fake: CheckedFake, body: dict[str, JSON], message: str
) -> None:
    answer = fake.post(PICTURE, {**CAT, "image": FRAME, "image_tail": FRAME, **body})
    assert (answer.status, answer.message) == (400, f"{message} is not supported with image_tail")


def test_what_the_map_denies_a_model_may_be_accepted_and_is_recorded() -> None:
    fake = CheckedFake(readings={"model-abilities": "accepted"})
    answer = fake.post(TEXT, {**CAT, "model_name": "kling-v2-6", "duration": "7", "sound": "on"})
    assert (answer.status, sorted(answer.rules)) == (200, ["five-or-ten-seconds", "sound-by-model"])


@pytest.mark.parametrize(("reading", "status"), [("taken", 200), ("recorded", 200), ("refused", 400)])
def test_a_retired_model_is_taken_recorded_or_refused(reading: str, status: int) -> None:
    fake = CheckedFake(readings={"models-retired": reading})
    answer = fake.post(TEXT, CAT)
    assert (answer.status, answer.rules) == (status, [] if reading == "taken" else ["model-is-not-retired"])
    assert fake.post(TEXT, {**CAT, "model_name": "kling-v2-6"}).rules == []


@pytest.mark.parametrize("mark", [True, False])
@pytest.mark.parametrize("off", ["absent", "empty"])
def test_films_of_multi_elements_name_the_session(mark: bool, off: str) -> None:
    fake = CheckedFake(readings={"watermark-off": off})
    body: dict[str, JSON] = {"session_id": SESSION, "edit_mode": "removal", **CAT, "watermark_info": {"enabled": mark}}
    (video,) = record(fake, SELECTIONS, body)["task_result"]["videos"]
    assert video["session_id"] == SESSION
    assert ("watermark_url" in video) is (mark or off == "empty")
    assert bool(video.get("watermark_url")) is mark


def test_a_mask_is_the_same_as_a_picture_and_as_runs(fake: CheckedFake) -> None:
    body: JSON = {"session_id": SESSION, "frame_index": 7, "points": [{"x": 0.5, "y": 0.5}]}
    found = fake.post(f"{SELECTIONS}/add-selection", body).data["res"]
    (mask,) = found["rle_mask_list"]
    assert found["frame_index"] == 7
    height, width = mask["rle_mask"]["size"]
    runs = _runs(mask["rle_mask"]["counts"])
    assert sum(runs) == height * width
    with Image.open(BytesIO(b64decode(mask["png_mask"]["base64"]))) as image:
        assert image.size == (width, height)
        columns = image.convert("L").transpose(Image.Transpose.TRANSPOSE).tobytes()
    drawn = b"".join(bytes([255 * (index % 2)]) * run for index, run in enumerate(runs))
    assert drawn == columns
    assert {0, 255} == set(columns)


def _runs(counts: str) -> list[int]:
    """Read run lengths as COCO writes them: column after column, beginning with what is not selected."""
    found: list[int] = []
    at = 0
    while at < len(counts):
        number = shift = 0
        while True:
            letter = ord(counts[at]) - 48
            number |= (letter & 0x1F) << shift
            at, shift = at + 1, shift + 5
            if not letter & 0x20:
                break
        if letter & 0x10:
            number |= -1 << shift
        found.append(number + (found[-2] if len(found) > 2 else 0))
    return found


def test_the_length_of_a_normalized_film_is_what_is_said_of_it(fake: CheckedFake) -> None:
    data = fake.post(f"{SELECTIONS}/init-selection", {"video_url": "https://example.com/walk.mp4"}).data
    film = behind(fake, data["normalized_video"])
    assert (film.width, film.height, film.rate) == (data["width"], data["height"], data["fps"])
    assert (film.frames, float(film.duration) * 1000) == (data["total_frame"], data["original_duration"])


MISSING = {
    "/v1/videos": "video2video motion-brush avatar character face-swap swap omni elements generations edit",
    "/v1/images": "face-swap image2image edit",
    "/v1": "avatars characters elements assets uploads files elements/17",
    "": "omni-image/kling-image-3.0-omni videos images elements models",
}
"""Paths that a prober found not to be there (family 4.5), and one of a client's own (family Y10)."""


@pytest.mark.parametrize("path", [f"{above}/{name}" for above, names in MISSING.items() for name in names.split()])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_certainly_not_there_is_404(method: str, path: str) -> None:
    """At Kling itself: a gateway has a path for any id under /v1/videos."""
    fake = CheckedFake(services=("kling", "kling-2"))
    answer = fake.send(method, path, b"{}" if method == "POST" else b"")
    assert (answer.status, answer.code) == (404, 1203)


def test_a_list_is_a_bare_array(fake: CheckedFake) -> None:
    fake.made(TEXT, model_name="kling-v3")
    assert isinstance(fake.get(TEXT).data, list)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/videos/effects", {"effect_scene": "bullet_time", "input": {"image": FRAME}}),
        ("/v1/videos/effects", {"effect_scene": "hug", "input": {"images": [FRAME, FRAME]}}),
    ],
)
def test_films_of_effects_have_no_duration(fake: CheckedFake, path: str, body: dict[str, JSON]) -> None:
    (video,) = record(fake, path, body)["task_result"]["videos"]
    assert video.keys() == {"id", "url"}


def test_a_path_that_is_no_more_refuses_whatever_is_asked(fake: CheckedFake) -> None:
    for method, path in (("POST", ""), ("GET", "/17"), ("GET", "")):
        answer = fake.send(method, f"/v1/videos/multi-image2video{path}", b"" if method == "GET" else b"[]")
        assert (answer.status, answer.code, answer.message) == (400, 1201, "This API is no longer available")


def test_a_task_of_one_path_is_not_there_on_another(fake: CheckedFake) -> None:
    id = fake.made(TEXT, model_name="kling-v3")
    assert fake.get(PICTURE, id).message == f"Task not found by id/external id: {id}"
    assert fake.get(TEXT, id).status == 200
