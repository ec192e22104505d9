"""The account at Kling: packs fall by what finished tasks cost, and rows tell of each of them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.types import JSON
from tests.conftest import IMAGE, NOON, VIDEO, CheckedFake

COSTS, BALANCE, PACKAGE = "/account/costs", "/account/billing/balance", "/account/billing/package"
DAY = 24 * 3600 * 1000
EVER: dict[str, JSON] = {"start_time": NOON - 365 * DAY, "end_time": NOON + 365 * DAY}
OF_VIDEO, OF_IMAGE = "Trial-Video-100Units-5Con-1Months", "Trial-Image-1000Units-9Con-1Months"
NONE = {"resource-packs": "none"}
LIMITED = {"empty-pack": "refused"}
NINE: dict[str, JSON] = {"model_name": "kling-v3-omni", "n": 9, "resolution": "4k"}
"""144 units of 1000."""


def still(**settings: Any) -> CheckedFake:
    fake = CheckedFake(**settings)
    fake.clock.freeze()
    return fake


def packs(fake: CheckedFake, query: str = "", **how: Any) -> Any:
    times = "&".join(f"{name}={value}" for name, value in EVER.items())
    return fake.get(COSTS, query=query or times, **how).data.get("resource_pack_subscribe_infos")


def left(fake: CheckedFake, **how: Any) -> dict[str, float]:
    return {pack["resource_pack_name"]: pack["remaining_quantity"] for pack in packs(fake, **how)}


def page(fake: CheckedFake, path: str = PACKAGE, **asked: JSON) -> Any:
    answer = fake.post(path, {**(EVER if "cursor" not in asked else {}), **asked})
    assert answer.status == 200, answer.json
    return answer.data


def rows(fake: CheckedFake, path: str = PACKAGE, **asked: JSON) -> list[dict[str, JSON]]:
    found: list[dict[str, JSON]] = page(fake, path, **asked)["result"]["detail"]
    return found


def test_a_pack_falls_by_what_tasks_cost_once_they_are_over() -> None:
    fake = still()
    assert left(fake) == {OF_VIDEO: 100.0, OF_IMAGE: 1000.0}
    fake.made(IMAGE, n=2)
    fake.made(VIDEO, mode="std")
    assert left(fake) == {OF_VIDEO: 100.0, OF_IMAGE: 1000.0}
    fake.clock.advance(2000)
    assert left(fake) == {OF_VIDEO: 100.0, OF_IMAGE: 984.0}
    fake.clock.advance(2000)
    assert left(fake) == {OF_VIDEO: 97.0, OF_IMAGE: 984.0}


def test_a_sound_takes_units_of_films() -> None:
    fake = still()
    assert fake.post("/v1/audio/text-to-audio", {"prompt": "Rain", "duration": 5}).status == 200
    fake.clock.advance("1m")
    assert left(fake) == {OF_VIDEO: 99.75, OF_IMAGE: 1000.0}
    (row,) = rows(fake)
    assert "duration" not in row
    assert (row["product_function"], row["product_type"], row["deduction_amount"]) == ("text-to-audio", "video", 0.25)


def test_what_failed_and_what_another_account_made_costs_nothing() -> None:
    fake = still()
    fake.made(IMAGE)
    fake.made(IMAGE, token="another")
    (mine,) = [task for task in fake.tasks if task.account != fake.world.known_as("another")]
    fake.tasks.force(mine, "failed")
    fake.clock.advance("1m")
    assert (left(fake)[OF_IMAGE], left(fake, token="another")[OF_IMAGE]) == (1000.0, 992.0)
    assert rows(fake) == []
    assert len({packs(fake)[0]["resource_pack_id"], packs(fake, token="another")[0]["resource_pack_id"]}) == 2


def test_a_pack_that_has_run_out_says_so_and_goes_no_lower() -> None:
    fake = still()
    for _ in range(7):
        fake.made(IMAGE, **NINE)
    fake.clock.advance("1m")
    assert {pack["resource_pack_name"]: (pack["remaining_quantity"], pack["status"]) for pack in packs(fake)} == {
        OF_VIDEO: (100.0, "online"),
        OF_IMAGE: (0.0, "runOut"),
    }
    first, *others = rows(fake)
    assert (first["unit_before_deduction"], first["unit_after_deduction"], first["deduction_amount"]) == (136, 0, 136)
    assert [row["deduction_amount"] for row in others] == [144] * 6
    assert fake.create(IMAGE, **NINE).status == 200


def test_a_create_that_the_pack_cannot_pay_is_refused_under_its_reading() -> None:
    fake = still(readings=LIMITED)
    made = [fake.create(IMAGE, **NINE).status for _ in range(7)]
    assert made == [200] * 6 + [429]
    assert fake.create(IMAGE, **NINE).code == 1102
    assert (fake.create(IMAGE, n=9).status, fake.create(VIDEO).status) == (200, 200)
    fake.tasks.force(next(iter(fake.tasks)), "failed")
    assert fake.create(IMAGE, token="another", **NINE).status == 200
    another = fake.world.known_as("another")
    newest_nine = next(task for task in fake.tasks if task.account != another and b'"4k"' in task.document)
    fake.tasks.force(newest_nine, "failed")
    assert fake.create(IMAGE, **NINE).status == 200
    assert fake.create(IMAGE, **NINE).code == 1102


def test_a_pack_is_there_for_a_month_and_then_there_is_another() -> None:
    fake = still()
    fake.made(IMAGE)
    fake.clock.advance("1m")
    before = packs(fake)[1]
    fake.clock.advance("30d")
    after = packs(fake)[1]
    assert (before["remaining_quantity"], after["remaining_quantity"]) == (992.0, 1000.0)
    assert before["invalid_time"] == after["effective_time"] == before["effective_time"] + 30 * DAY
    assert before["resource_pack_id"] != after["resource_pack_id"]
    assert rows(fake)[0]["package_id"] == before["resource_pack_id"]


def test_packs_outside_the_times_and_of_another_name_are_left_out_but_not_the_list() -> None:
    fake = still()
    begin, end = packs(fake)[0]["effective_time"], packs(fake)[0]["invalid_time"]
    assert packs(fake, f"start_time={begin - 2}&end_time={begin - 1}") == []
    assert packs(fake, f"start_time={end}&end_time={end + 1}") == []
    assert len(packs(fake, f"start_time={end - 1}&end_time={end + 1}")) == 2
    assert packs(fake, f"start_time={begin}&end_time={end}&resource_pack_name=Mine") == []


def test_times_turned_round_are_recorded() -> None:
    answer = still().get(COSTS, query=f"start_time={NOON}&end_time={NOON - 1}")
    assert (answer.status, answer.rules) == (200, ["costs-in-order"])


def test_an_account_without_packs_pays_from_its_balance() -> None:
    fake = still(readings=NONE)
    for path in (VIDEO, IMAGE):
        fake.made(path)
    fake.clock.advance("1m")
    assert packs(fake) is None
    assert rows(fake) == []
    later, earlier = rows(fake, BALANCE)
    assert [row["product_function"] for row in (later, earlier)] == ["omni-video", "omni-image"]
    assert earlier["balance_before_deduction"] == 1000
    assert earlier["balance_after_deduction"] == later["balance_before_deduction"] == pytest.approx(1000 - 8 * 0.0035)
    assert later["list_price"] == later["deduction_amount"] == pytest.approx(4 * 0.14)


def test_an_account_with_packs_pays_nothing_from_its_balance() -> None:
    fake = still()
    fake.made(IMAGE)
    fake.clock.advance("1m")
    assert (rows(fake, BALANCE), len(rows(fake))) == ([], 1)


def test_a_row_says_how_a_film_was_made() -> None:
    fake = still()
    films: list[dict[str, JSON]] = [
        {"model_name": "kling-v3-omni", "mode": "4k", "sound": "on"},
        {"mode": "std", "video_list": [{"video_url": "https://example.com/a.mp4", "refer_type": "feature"}]},
    ]
    for fields in films:
        fake.made(VIDEO, **fields)
        fake.clock.advance("1m")
    changed, loud = rows(fake)
    names = ("model_name", "resolution", "duration", "refer_video_input", "video_sound")
    assert [changed[name] for name in names] == ["kling-video-o1", "720p", "5.041", True, "off"]
    assert [loud[name] for name in names] == ["kling-v3-omni", "4k", "5.041", False, "native"]


def walk(fake: CheckedFake, limit: int, **asked: JSON) -> Iterator[list[str]]:
    found = page(fake, limit=limit, **asked)
    yield [row["task_id"] for row in found["result"]["detail"]]
    while found["has_more"]:
        found = page(fake, cursor=found["next_cursor"])
        yield [row["task_id"] for row in found["result"]["detail"]]
    assert found["next_cursor"] == ""


@given(st.lists(st.integers(0, 2), max_size=12), st.integers(1, 5))
def test_pages_hold_each_row_once_the_latest_first(pauses: list[int], limit: int) -> None:
    fake, made = still(pace="instant"), []
    for pause in pauses:
        fake.clock.advance(pause)
        made.append(fake.made(IMAGE))
    pages = list(walk(fake, limit))
    assert [id for each in pages for id in each] == made[::-1]
    assert [len(each) for each in pages[:-1]] == [limit] * (len(pages) - 1)


def test_a_cursor_brings_its_times_its_limit_and_its_filters() -> None:
    fake = still(pace="instant")
    images = []
    for _ in range(5):
        images.append(fake.made(IMAGE))
        fake.made(VIDEO)
        fake.clock.advance(1000)
    wanted: JSON = [{"key": "product_type", "values": ["image"]}]
    first = page(fake, filters=wanted, limit=2, end_time=NOON + 3000)
    second = page(fake, cursor=first["next_cursor"], limit=500, filters=[], start_time=NOON, end_time=NOON - 1)
    seen = [row["task_id"] for part in (first, second) for row in part["result"]["detail"]]
    assert seen == images[3::-1]
    assert (second["result"]["count"], second["has_more"]) == (2, False)


def test_new_rows_do_not_move_the_pages_after_them() -> None:
    fake = still(pace="instant")
    made = [fake.made(IMAGE) for _ in range(4)]
    first = page(fake, limit=2)
    fake.clock.advance(1)
    fake.made(IMAGE)
    second = page(fake, cursor=first["next_cursor"])
    assert [row["task_id"] for part in (first, second) for row in part["result"]["detail"]] == made[::-1]


@pytest.mark.parametrize("change", ["letter", "content", "another account", "another path", "empty content"])
def test_a_cursor_of_somebody_elses_making_is_refused(change: str) -> None:
    fake = still(pace="instant")
    for _ in range(2):
        fake.made(IMAGE)
    cursor = page(fake, limit=1)["next_cursor"]
    raw = urlsafe_b64decode(cursor)
    forged: dict[str, str] = {
        "letter": ("A" if cursor[0] != "A" else "B") + cursor[1:],
        "content": urlsafe_b64encode(raw[:6] + json.dumps([1, "2", [], {}]).encode()).decode(),
        "empty content": urlsafe_b64encode(raw[:6]).decode(),
    }
    path, token = (BALANCE if change == "another path" else PACKAGE), ("you" if change == "another account" else "k")
    how = {"token": token} if change == "another account" else {}
    answer = fake.post(path, {"cursor": forged.get(change, cursor)}, **how)
    assert (answer.status, answer.code) == (400, 1201)
    assert answer.message == f"cursor value '{forged.get(change, cursor)[:100]}' is invalid"


@pytest.mark.parametrize("cursor", ["ä", "\ud83d", "=", "A" * 5, "_" * 1000, " "])
def test_a_text_that_is_no_cursor_is_refused(cursor: str) -> None:
    answer = still().post(PACKAGE, {"cursor": cursor})
    assert (answer.status, answer.code) == (400, 1201 if cursor != "\ud83d" else 1200)


@pytest.mark.parametrize(
    ("filters", "each", "either"),
    [
        ([], 4, 4),
        ([{"key": "product_type", "values": []}], 4, 4),
        ([{"key": "product_type", "values": ["image", "video"]}], 4, 4),
        ([{"key": "product_type", "values": ["image"]}, {"key": "product_type", "values": ["video"]}], 4, 4),
        ([{"key": "product_type", "values": ["image"]}, {"key": "api_key_name", "values": ["default"]}], 3, 4),
        ([{"key": "product_type", "values": ["image"]}, {"key": "api_key_name", "values": ["another"]}], 0, 3),
        ([{"key": "package_name", "values": [OF_VIDEO]}], 1, 1),
        ([{"key": "package_id", "values": ["nothing"]}], 0, 0),
    ],
)
def test_filters_hold_together_as_the_reading_has_it(filters: JSON, each: int, either: int) -> None:
    found = []
    for reading in ("each", "either"):
        fake = still(pace="instant", readings={"filters-together": reading})
        for path in (IMAGE, VIDEO, IMAGE, IMAGE):
            fake.made(path)
        found.append(len(rows(fake, filters=filters)))
    assert found == [each, either]


def test_a_query_that_was_refused_does_not_count_as_one_in_the_second() -> None:
    fake = still(readings={"costs-rate": "refused"})
    query = "&".join(f"{name}={value}" for name, value in EVER.items())
    statuses = []
    for wait in (0, 999, 1, 500, 500):
        fake.clock.advance(wait)
        statuses.append(fake.get(COSTS, query=query).status)
    assert statuses == [200, 429, 200, 429, 200]
    assert fake.get(COSTS, query=query, token="another").status == 200


def test_a_film_made_long_ago_shows_after_twelve_hours_under_its_reading() -> None:
    fake = still(pace="instant", readings={"pack-lag": "12h"})
    fake.made(IMAGE)
    fake.clock.advance(12 * 3600 * 1000 - 1)
    assert left(fake)[OF_IMAGE] == 1000.0
    fake.clock.advance(1)
    assert left(fake)[OF_IMAGE] == 992.0
