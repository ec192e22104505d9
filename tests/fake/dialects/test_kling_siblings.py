"""The older paths under /v1: what they make is there, each file behind its own URL, at its price."""

from __future__ import annotations

import wave
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import av
import pytest

from mockserver.fake.media.artifacts import Film, Picture, Sound
from mockserver.fake.media.render import render
from mockserver.fake.media.results import Result
from mockserver.types import JSON
from tests.conftest import VIDEO, CheckedFake
from tests.support.results import result_at, status

CAT = "https://example.com/cat.png"
GENERATIONS, EXPAND = "/v1/images/generations", "/v1/images/editing/expand"
AROUND: dict[str, JSON] = {
    "image": CAT,
    **{f"{side}_expansion_ratio": 0.1 for side in ("up", "down", "left", "right")},
}
DUBBED, SOUNDS, SHOTS = "/v1/audio/video-to-audio", "/v1/audio/text-to-audio", "/v1/general/ai-multi-shot"


def over(fake: CheckedFake, path: str, **fields: JSON) -> Any:
    """Create a task, let it end, and return its record."""
    answer = fake.post(path, fields)
    assert (answer.status, answer.rules) == (200, []), answer.json
    fake.clock.advance("1m")
    return fake.get(path, answer.data["task_id"]).data


def behind(fake: CheckedFake, url: str) -> Any:
    found = result_at(fake, urlsplit(url).path)
    assert isinstance(found, Result), url
    assert url.endswith(found.artifact.suffix)
    return found.artifact


def seconds(content: bytes) -> float:
    with av.open(BytesIO(content), "r") as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def test_a_sound_comes_as_mp3_and_as_wav_of_the_length_asked_for(fake: CheckedFake) -> None:
    (audio,) = over(fake, SOUNDS, prompt="Rain", duration=3.25)["task_result"]["audios"]
    mp3, wav = behind(fake, audio["url_mp3"]), behind(fake, audio["url_wav"])
    assert (mp3.content_type, wav.content_type) == ("audio/mpeg", "audio/wav")
    assert seconds(render(mp3)) == pytest.approx(3.25)
    with wave.open(BytesIO(render(wav))) as found:
        assert found.getnframes() / found.getframerate() == pytest.approx(3.25)
    assert float(audio["duration_mp3"]) == float(audio["duration_wav"]) == 3.25


def test_a_sound_has_no_other_form_and_no_second(fake: CheckedFake) -> None:
    (audio,) = over(fake, SOUNDS, prompt="Rain", duration=3)["task_result"]["audios"]
    path = urlsplit(audio["url_mp3"]).path
    assert [status(result_at(fake, path.replace("0.mp3", end))) for end in ("0.png", "0.mp4", "1.mp3")] == [404] * 3


def test_a_dubbed_film_has_the_sounds_that_come_beside_it(fake: CheckedFake) -> None:
    record = over(fake, DUBBED, video_url="https://example.com/film.mp4")
    (video,), (audio,) = record["task_result"]["videos"], record["task_result"]["audios"]
    film, sound = behind(fake, video["url"]), behind(fake, audio["url_wav"])
    assert (type(film), film.sound, type(sound)) == (Film, True, Sound)
    assert float(video["duration"]) == float(audio["duration_mp3"]) == pytest.approx(sound.milliseconds / 1000)
    assert record["task_info"]["parent_video"]["url"] == "https://example.com/film.mp4"


def test_a_film_made_here_is_dubbed_as_it_is(fake: CheckedFake) -> None:
    made = over(fake, VIDEO, model_name="kling-v3-omni", prompt="A cat", duration="7", aspect_ratio="1:1", mode="std")
    (source,) = made["task_result"]["videos"]
    record = over(fake, DUBBED, video_id=source["id"])
    film = behind(fake, record["task_result"]["videos"][0]["url"])
    assert (film.width, film.height, film.seconds) == (720, 720, 7)
    assert record["task_info"]["parent_video"] == {name: source[name] for name in ("id", "url", "duration")}


def test_an_element_from_other_sides_is_nine_pictures_for_one_price(fake: CheckedFake) -> None:
    record = over(fake, SHOTS, element_frontal_image=CAT)
    images = record["task_result"]["images"]
    found = [behind(fake, image[f"url_{number}"]) for image in images for number in (1, 2, 3)]
    assert [image["index"] for image in images] == [0, 1, 2]
    assert {type(each) for each in found} == {Picture}
    assert sorted(each.index for each in found) == [*range(9)]
    assert record["final_unit_deduction"] == "20"


def test_an_element_from_other_sides_takes_one_slot() -> None:
    fake = CheckedFake(slots=1)
    assert fake.post(SHOTS, {"element_frontal_image": CAT}).status == 200
    assert fake.post(SHOTS, {"element_frontal_image": CAT}).status == 429


@pytest.mark.parametrize(
    ("path", "fields", "units"),
    [
        (GENERATIONS, {"prompt": "A cat"}, "8"),
        (GENERATIONS, {"prompt": "A cat", "n": 3}, "24"),
        (GENERATIONS, {"prompt": "A cat", "model_name": "kling-v2-1", "n": 2}, "8"),
        (GENERATIONS, {"prompt": "A cat", "model_name": "kling-v2-1", "image": CAT, "n": 2}, "16"),
        (GENERATIONS, {"prompt": "A cat", "model_name": "kling-v2-1", "image": "", "resolution": "2k"}, "4"),
        ("/v1/images/multi-image2image", {"subject_image_list": [{"subject_image": CAT}], "n": 2}, "32"),
        (EXPAND, {**AROUND, "n": 2}, "16"),
        (SOUNDS, {"prompt": "Rain", "duration": 10}, "0.25"),
        (DUBBED, {"video_url": "https://example.com/film.mp4"}, "0.25"),
    ],
)
def test_each_path_has_its_price(fake: CheckedFake, path: str, fields: dict[str, JSON], units: str) -> None:
    assert over(fake, path, **fields)["final_unit_deduction"] == units


@pytest.mark.parametrize("path", [GENERATIONS, EXPAND])
def test_a_count_that_is_text_counts(fake: CheckedFake, path: str) -> None:
    answer = fake.post(path, {**(AROUND if path == EXPAND else {"prompt": "A cat"}), "n": "3"})
    assert answer.rules == ["n-as-number"]
    fake.clock.advance("1m")
    assert len(fake.get(path, answer.data["task_id"]).data["task_result"]["images"]) == 3


def test_what_is_said_at_once_is_a_record_and_can_be_heard(fake: CheckedFake) -> None:
    said = fake.post("/v1/audio/tts", {"text": "The cat", "voice_id": "any", "voice_language": "en", "voice_speed": 3})
    assert (said.data["task_status"], said.rules) == ("succeed", ["voice-speed-in-range"])
    (audio,) = said.data["task_result"]["audios"]
    assert seconds(render(behind(fake, audio["url"]))) == pytest.approx(float(audio["duration"]))
    assert fake.get("/v1/audio/tts", said.data["task_id"]).status == 404
    assert len(fake.tasks) == 0


def test_what_an_image_shows_is_told_with_a_picture_of_each_part(fake: CheckedFake) -> None:
    found = fake.post("/v1/videos/image-recognize", {"image": CAT}).data["task_result"]["images"]
    assert [each["type"] for each in found] == ["object_seg", "head_seg", "face_seg", "cloth_seg"]
    assert len({behind(fake, each["url"]).index for each in found}) == 4


@pytest.mark.parametrize("name", ["image_id", "mode"])
def test_a_field_of_another_path_is_recorded(fake: CheckedFake, name: str) -> None:
    assert fake.post(EXPAND, {**AROUND, name: "x"}).rules == ["additionalProperties"]
