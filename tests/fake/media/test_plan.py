"""The plan: what a payload asks for, and what its results will be."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.contract.catalog import load
from mockserver.contract.places import schema_at, with_value
from mockserver.contract.service import Operation
from mockserver.contract.vectors import picture
from mockserver.fake.lifecycle import Task
from mockserver.fake.media import plan
from mockserver.fake.media.artifacts import Film, Picture
from tests.conftest import NOON

IMAGE = load().operation("kling/omni-image")
VIDEO = load().operation("kling/omni-video")
OMNI = {"model_name": "kling-v3-omni"}
REFERENCE = {"video_list": [{"video_url": "https://example.com/a.mp4"}]}
MAKERS = [
    operation
    for service in load().services.values()
    for operation in service.operations.values()
    if "seconds" in operation.task
]


def task(operation: Operation, payload: dict[str, Any]) -> Task:
    timeline = ((0, "succeed"),)
    ratio = plan.ratio(operation, payload)
    return Task("17", operation.id, "me", "http://h", NOON, timeline, b"{}", 1, ratio=ratio)  # type: ignore[arg-type]


def made(operation: Operation, payload: dict[str, Any], **how: bool) -> tuple[Any, ...]:
    return plan.artifacts(operation, task(operation, payload), payload, **how)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, "kling-image-o1"),
        ({"model_name": "kling-v3-omni"}, "kling-v3-omni"),
        ({"model_name": ""}, "kling-image-o1"),
        ({"model_name": None}, "kling-image-o1"),
    ],
)
def test_what_is_not_said_or_empty_is_the_fields_default(payload: dict[str, Any], expected: str) -> None:
    assert plan.value_of_role(IMAGE, payload, "model") == expected


def test_a_role_that_no_field_plays_is_nothing() -> None:
    assert plan.value_of_role(IMAGE, {"duration": "5"}, "duration") is None
    assert not plan.has_sound(IMAGE, {"sound": "on"})


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({}, 1),
        ({"n": 9}, 9),
        ({"n": 2.0}, 2),
        ({"n": None}, 1),
        ({"n": 3, "series_amount": 7}, 3),
        ({"result_type": "single", "n": 3}, 3),
        ({"result_type": "series"}, 4),
        ({"result_type": "series", "n": 9}, 4),
        ({"result_type": "series", "series_amount": 2}, 2),
        ({"result_type": "series", "series_amount": "9"}, 9),
        ({"result_type": "series", "series_amount": "auto"}, 4),
        ({"result_type": "series", "series_amount": None}, 4),
    ],
)
def test_there_are_as_many_images_as_asked_for(payload: dict[str, Any], expected: int) -> None:
    assert plan.count(IMAGE, payload) == expected
    assert len(made(IMAGE, payload)) == expected


def test_how_many_auto_is_stands_in_the_contract() -> None:
    series = {**IMAGE.task["series"], "auto": 7}
    other = replace(IMAGE, task={**IMAGE.task, "series": series})
    assert plan.count(other, {"result_type": "series", "series_amount": "auto"}) == 7


def test_there_is_one_film() -> None:
    assert plan.count(VIDEO, {"n": 5}) == 1
    assert len(made(VIDEO, {"n": 5})) == 1


@pytest.mark.parametrize(
    "operation", [each for each in MAKERS if "usual_ratio" in each.task], ids=lambda operation: operation.id
)
def test_without_a_choice_the_ratio_is_the_usual_one(operation: Operation) -> None:
    chosen = operation.defaults.get(operation.task.get("ratio", ""))
    if "ratios" in operation.task:  # what is no ratio itself means one, or the usual
        chosen = operation.task["ratios"].get(chosen)
    assert plan.ratio(operation, {}) == (operation.task.get("usual_ratio", "") if chosen in (None, "auto") else chosen)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"aspect_ratio": "21:9"}, "21:9"),
        ({"aspect_ratio": "auto"}, "1:1"),
        ({"aspect_ratio": ""}, "1:1"),
        ({"image_list": [{"image": "https://example.com/a.png"}]}, "1:1"),
        ({"image_list": [{"image": picture(600, 300)}]}, "600:300"),
        (
            {
                "image_list": [
                    {"image": "https://example.com/a"},
                    {"image": picture(300, 750)},
                    {"image": picture(600, 300)},
                ]
            },
            "300:750",
        ),
        ({"aspect_ratio": "16:9", "image_list": [{"image": picture(600, 300)}]}, "16:9"),
        ({"image_list": [{"image": "no picture"}, {}, 7, None]}, "1:1"),
        ({"image_list": {"image": picture(600, 300)}}, "1:1"),
    ],
)
def test_auto_takes_the_ratio_of_the_first_picture_that_can_be_seen(payload: dict[str, Any], expected: str) -> None:
    assert plan.ratio(IMAGE, payload) == expected


def test_a_film_takes_the_ratio_of_its_first_frame() -> None:
    assert plan.ratio(VIDEO, {"image_list": [{"image_url": picture(300, 600), "type": "first_frame"}]}) == "300:600"


@pytest.mark.parametrize(
    ("operation", "payload", "expected"),
    [
        (IMAGE, {}, "1k"),
        (IMAGE, {"resolution": "4k"}, "4k"),
        (IMAGE, {"resolution": ""}, "1k"),
        (VIDEO, {}, "pro"),
        (VIDEO, {"mode": "std"}, "std"),
    ],
)
def test_the_size_is_the_chosen_or_the_usual(operation: Operation, payload: dict[str, Any], expected: str) -> None:
    assert plan.size(operation, payload) == expected


LISTED = {
    "1k": {"1:1": (1024, 1024), "3:2": (1248, 832), "4:3": (1168, 880), "16:9": (1360, 768), "21:9": (1552, 656)},
    "2k": {"1:1": (2048, 2048), "3:2": (2496, 1664), "4:3": (2336, 1760), "16:9": (2720, 1536), "21:9": (3104, 1312)},
    "4k": {"1:1": (4096, 4096), "3:2": (4992, 3328), "4:3": (4736, 3520), "16:9": (5440, 3072), "21:9": (6272, 2688)},
}
"""The pixels of images of the Omni models, as a gateway lists them; upright ones are turned (since S2)."""

DRAWERS = [operation for operation in MAKERS if operation.task["media"] == "image"]


@pytest.mark.parametrize(
    "operation", [each for each in DRAWERS if "ratio" in each.task], ids=lambda operation: operation.id
)
def test_an_image_has_the_listed_pixels_of_its_size_and_ratio(operation: Operation) -> None:
    fields = operation.task
    sizes = fields["sizes"].keys() if "size" in fields else {fields["usual_size"]}
    for size in sizes & LISTED.keys():
        chosen = with_value(fields["size"], {}, size) if "size" in fields else {}
        for ratio in (schema_at(fields["ratio"], operation.schema) or {})["enum"]:
            if ":" in ratio:
                lying = ":".join(sorted(ratio.split(":"), key=int, reverse=True))
                wanted = LISTED[size][lying] if ratio == lying else LISTED[size][lying][::-1]
                (image,) = made(operation, with_value(fields["ratio"], chosen, ratio))
                assert (image.width, image.height) == wanted, (size, ratio)


@given(st.sampled_from(DRAWERS), st.data(), st.integers(300, 3000), st.integers(300, 3000))
def test_the_sides_of_any_image_are_multiples_of_16(
    operation: Operation, data: st.DataObject, wide: int, high: int
) -> None:
    sizes = sorted(operation.task["sizes"]) if "size" in operation.task else [operation.task["usual_size"]]
    size = data.draw(st.sampled_from(sizes))
    payload = with_value(operation.task["size"], {}, size) if "size" in operation.task else {}
    image, *_ = plan.artifacts(operation, replace(task(operation, payload), ratio=f"{wide}:{high}"), payload)
    assert isinstance(image, Picture)
    assert (image.width % 16, image.height % 16) == (0, 0)
    assert image.width * image.height == pytest.approx(operation.task["sizes"][size] ** 2, rel=0.06)


def test_a_service_that_says_nothing_of_its_pixels_draws_in_multiples_of_16() -> None:
    other = replace(IMAGE, task={name: value for name, value in IMAGE.task.items() if name != "grid"})
    (image,) = made(other, {"aspect_ratio": "21:9"})
    assert (image.width, image.height) == (1552, 656)


@pytest.mark.parametrize(
    ("mode", "ratio", "width", "height"),
    [
        ("std", "16:9", 1280, 720),
        ("pro", "16:9", 1920, 1080),
        ("4k", "16:9", 3840, 2160),
        ("std", "9:16", 720, 1280),
        ("pro", "1:1", 1080, 1080),
    ],
)
def test_a_film_has_the_pixels_of_its_mode_and_ratio(mode: str, ratio: str, width: int, height: int) -> None:
    (film,) = made(VIDEO, {"mode": mode, "aspect_ratio": ratio})
    assert (film.width, film.height) == (width, height)


@pytest.mark.parametrize(
    ("payload", "seconds"), [({}, 5), ({"duration": "3"}, 3), ({"duration": 15}, 15), ({"duration": ""}, 5)]
)
def test_a_film_lasts_as_long_as_asked_for(payload: dict[str, Any], seconds: int) -> None:
    (film,) = made(VIDEO, payload)
    assert film.seconds == plan.seconds(VIDEO, payload) == seconds


@pytest.mark.parametrize(("payload", "sound"), [({}, False), ({"sound": "on"}, True), ({"sound": "off"}, False)])
def test_a_film_has_sound_where_it_is_on(payload: dict[str, Any], sound: bool) -> None:
    (film,) = made(VIDEO, payload)
    assert film.sound is sound


@pytest.mark.parametrize(("payload", "sound"), [({}, False), ({"audio": True}, True), ({"audio": "on"}, False)])
def test_the_schemas_say_which_field_asks_for_sound_and_how(payload: dict[str, Any], sound: bool) -> None:
    task = {**VIDEO.task, "sound": {"field": "audio", "is": True}}
    assert plan.has_sound(replace(VIDEO, task=task), payload) is sound


def test_results_are_numbered_named_for_their_task_and_say_the_prompt() -> None:
    found = made(IMAGE, {"prompt": "A cat", "n": 3})
    assert [(image.task_id, image.index, image.prompt) for image in found] == [("17", n, "A cat") for n in range(3)]
    (film,) = made(VIDEO, {"prompt": "A cat"})
    assert (film.task_id, film.index, film.prompt) == ("17", 0, "A cat")


def test_a_film_whose_shots_are_listed_has_no_prompt_to_say() -> None:
    (film,) = made(VIDEO, {"multi_shot": True, "multi_prompt": []})
    assert film.prompt == ""


@pytest.mark.parametrize(("operation", "kind"), [(IMAGE, Picture), (VIDEO, Film)], ids=["image", "video"])
def test_a_watermarked_twin_differs_in_nothing_else(operation: Operation, kind: type) -> None:
    plain, marked = made(operation, {"prompt": "A cat"}), made(operation, {"prompt": "A cat"}, watermark=True)
    assert all(isinstance(item, kind) for item in (*plain, *marked))
    assert marked == tuple(replace(item, watermark=True) for item in plain)


@pytest.mark.parametrize(
    ("operation", "payload", "expected"),
    [
        (IMAGE, {}, "8"),
        (IMAGE, {"n": 9}, "72"),
        (IMAGE, {"resolution": "2k"}, "8"),
        (IMAGE, {"resolution": "4k"}, "16"),
        (IMAGE, {"result_type": "series", "series_amount": 2}, "16"),
        (VIDEO, {"mode": "std", "duration": "3"}, "1.8"),
        (VIDEO, {"mode": "std"}, "3"),
        (VIDEO, {"mode": "pro", "duration": "5"}, "4"),
        (VIDEO, {"mode": "pro", "duration": 12}, "9.6"),
        (VIDEO, {"mode": "4k", "duration": "15"}, "45"),
        (VIDEO, {"mode": "4k", "duration": "10"}, "30"),
        (VIDEO, {**OMNI, "mode": "pro", "sound": "on"}, "5"),
        (VIDEO, {**OMNI, "mode": "std", "sound": "on"}, "4"),
        (VIDEO, {**OMNI, "mode": "4k", "sound": "on"}, "15"),
        (VIDEO, {"mode": "pro", "sound": "on"}, "4"),
        (VIDEO, {**OMNI, "mode": "std", **REFERENCE}, "4.5"),
        (VIDEO, {**OMNI, "mode": "4k", **REFERENCE}, "15"),
        (VIDEO, {"mode": "pro", **REFERENCE}, "6"),
        (VIDEO, {**OMNI, "mode": "pro", "sound": "off", "video_list": []}, "4"),
    ],
)
def test_the_price_is_that_of_the_size_for_each_image_or_second(
    operation: Operation, payload: dict[str, Any], expected: str
) -> None:
    assert plan.units(operation, payload) == expected


def test_what_has_no_price_costs_nothing() -> None:
    free = replace(IMAGE, task={name: value for name, value in IMAGE.task.items() if name != "units"})
    assert plan.units(free, {"n": 9}) == "0"
