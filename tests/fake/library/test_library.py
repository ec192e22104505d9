"""Elements and voices: what an account has made, how a request names it, and what becomes of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.contract.catalog import load
from mockserver.fake.ids import made_by
from mockserver.settings import Settings
from tests.conftest import IMAGE, VIDEO, Answer, CheckedFake

ELEMENTS, VOICES, PREVIOUS = (
    "/v1/general/advanced-custom-elements",
    "/v1/general/custom-voices",
    "/v1/general/custom-elements",
)
DELETES = ("/v1/general/delete-advanced-elements", "/v1/general/delete-elements")
PICTURES = {"frontal_image": "https://example.com/1.png", "refer_images": [{"image_url": "https://example.com/2.png"}]}
FILM = {"refer_videos": [{"video_url": "https://example.com/dance.mp4"}]}
OF_PICTURES = {
    "element_name": "Tom",
    "element_description": "A grey cat",
    "reference_type": "image_refer",
    "element_image_list": PICTURES,
}
OF_A_FILM = {
    "element_name": "Ann",
    "element_description": "A dancer",
    "reference_type": "video_refer",
    "element_video_list": FILM,
}
OF_THE_PREVIOUS_API = {
    "element_name": "Old",
    "element_description": "An old cat",
    "element_frontal_image": "https://example.com/1.png",
    "element_refer_list": [{"image_url": "https://example.com/2.png"}],
}
SPEECH = {"voice_name": "Bob", "voice_url": "https://example.com/speech.wav"}
OMNI = {"model_name": "kling-v3-omni", "prompt": "A dance", "aspect_ratio": "16:9"}
VIDEO_FILE = [{"video_url": "https://example.com/walk.mp4", "refer_type": "feature"}]
PRESETS = [each["thing"]["element_id"] for each in load().service("kling").libraries["elements"].presets]
STRICT = {"unknown-element": "refused", "unknown-voice": "refused"}


def element(fake: CheckedFake, payload: dict[str, Any] = OF_PICTURES, **fields: Any) -> int:
    """Make an element, and return its id."""
    return int(shown(fake, ELEMENTS, fake.post(ELEMENTS, {**payload, **fields}))["elements"][0]["element_id"])


def voice(fake: CheckedFake) -> str:
    """Make a voice, and return its id."""
    return str(shown(fake, VOICES, fake.post(VOICES, SPEECH))["voices"][0]["voice_id"])


def shown(fake: CheckedFake, path: str, answer: Answer) -> Any:
    fake.clock.advance(10_000)
    return fake.get(path, answer.data["task_id"]).data["task_result"]


def told(answer: Answer) -> tuple[int, str]:
    return answer.code, answer.message


def named(*ids: object) -> list[dict[str, Any]]:
    return [{"element_id": id} for id in ids]


@pytest.fixture
def strict() -> CheckedFake:
    return CheckedFake(readings=STRICT)


# --- What is made ------------------------------------------------------------------------------------------------


def test_the_id_of_an_element_is_a_number_and_not_that_of_its_task(fake: CheckedFake) -> None:
    task_id = fake.post(ELEMENTS, OF_PICTURES).data["task_id"]
    fake.clock.advance(10_000)
    found = fake.get(ELEMENTS, task_id).data["task_result"]["elements"][0]["element_id"]
    assert isinstance(found, int)
    assert str(found) != task_id


@pytest.mark.parametrize(("payload", "kind"), [(OF_PICTURES, "image"), (OF_A_FILM, "video")])
def test_an_element_shows_what_it_was_made_of_and_nothing_else(
    fake: CheckedFake, payload: dict[str, Any], kind: str
) -> None:
    both = {"image": PICTURES, "video": FILM}
    answer = fake.post(ELEMENTS, {**payload, "element_image_list": PICTURES, "element_video_list": FILM})
    (made,) = shown(fake, ELEMENTS, answer)["elements"]
    assert {each: made[f"element_{each}_list"] for each in both} == {"image": {}, "video": {}, kind: both[kind]}


def test_a_task_that_is_not_over_or_has_failed_has_made_nothing(strict: CheckedFake) -> None:
    strict.clock.freeze()
    early = strict.post(ELEMENTS, OF_PICTURES).data["task_id"]
    failed = strict.post(ELEMENTS, {**OF_PICTURES, "element_description": "A cat [[mock: fail moderation]]"})
    ids = [made_by(task.id) for task in strict.tasks if task.id in (early, failed.data["task_id"])]
    for id in ids:
        assert told(strict.create(IMAGE, element_list=named(id))) == (1201, f"Element id not found: {id}")
    strict.clock.advance(10_000)
    assert [strict.create(IMAGE, element_list=named(id)).code for id in ids] == [1201, 0]  # the newest first


@pytest.mark.parametrize(
    ("of", "is_known"), [(voice, True), (lambda _: "829826751244537879", True), (lambda _: "12345", False)]
)
def test_an_element_shows_the_voice_that_was_bound(
    fake: CheckedFake, of: Callable[[CheckedFake], str], *, is_known: bool
) -> None:
    id = of(fake)
    (made,) = shown(fake, ELEMENTS, fake.post(ELEMENTS, {**OF_PICTURES, "element_voice_id": id}))["elements"]
    assert made["element_voice_info"]["voice_id"] == id
    assert ({"voice_name", "trial_url", "owned_by"} <= made["element_voice_info"].keys()) is is_known


def test_an_element_without_a_voice_shows_none(fake: CheckedFake) -> None:
    for fields in ({}, {"element_voice_id": ""}):
        (made,) = shown(fake, ELEMENTS, fake.post(ELEMENTS, {**OF_PICTURES, **fields}))["elements"]
        assert made["element_voice_info"] == {}


def test_the_previous_api_makes_an_element_at_once_and_lists_it_apart(fake: CheckedFake) -> None:
    fake.clock.freeze()
    element(fake)
    made = fake.post(PREVIOUS, OF_THE_PREVIOUS_API).data
    assert fake.get(PREVIOUS).data == [made]
    assert len(fake.get(ELEMENTS).data) == 1


@pytest.mark.parametrize("pace", ["real", "fast", "instant", "polls:3"])
def test_what_is_made_at_once_is_there_at_any_pace(pace: str) -> None:
    fake = CheckedFake(pace=pace, readings=STRICT)
    fake.clock.freeze()
    id = fake.post(PREVIOUS, OF_THE_PREVIOUS_API).data["element_id"]
    assert fake.create(IMAGE, element_list=named(id)).code == 0


def test_what_is_made_at_once_and_fails_is_refused_and_nowhere(fake: CheckedFake) -> None:
    payload = {**OF_THE_PREVIOUS_API, "element_description": "[[mock: fail pixels]]"}
    assert told(fake.post(PREVIOUS, payload)) == (1201, "Image pixel is invalid")
    assert fake.get(PREVIOUS).data == []


def test_pages_of_what_was_made_at_once_have_no_holes(fake: CheckedFake) -> None:
    ids = [fake.post(PREVIOUS, {**OF_THE_PREVIOUS_API, "element_name": str(n)}).data["element_id"] for n in range(6)]
    assert fake.post(DELETES[0], {"element_id": str(ids[4])}).code == 0
    pages = [fake.get(PREVIOUS, query=f"pageNum={number}&pageSize=2").data for number in (1, 2, 3, 4)]
    kept = [id for id in ids[::-1] if id != ids[4]]
    assert [[each["element_id"] for each in page] for page in pages] == [kept[:2], kept[2:4], kept[4:], []]


@pytest.mark.parametrize(
    "path", ["/v1/general/advanced-presets-elements", "/v1/general/presets-elements", "/v1/general/presets-voices"]
)
def test_presets_are_the_same_for_all_and_come_in_pages(fake: CheckedFake, path: str) -> None:
    every = fake.get(path).data
    assert every
    assert fake.get(path, token="somebody-else").data == every
    pages = [fake.get(path, query=f"pageNum={number}&pageSize=2").data for number in range(1, len(every) // 2 + 2)]
    assert [each for page in pages for each in page] == every


# --- What is named -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [IMAGE, VIDEO])
@pytest.mark.parametrize("form", [int, str])
def test_a_number_and_its_text_name_one_element(strict: CheckedFake, path: str, form: type) -> None:
    for id in (element(strict), *PRESETS):
        assert strict.create(path, element_list=named(form(id))).code == 0


@pytest.mark.parametrize("path", [IMAGE, VIDEO])
def test_an_unknown_element_is_refused_only_where_that_is_chosen(
    fake: CheckedFake, strict: CheckedFake, path: str
) -> None:
    unknown = named(829836802793406551)
    assert fake.create(path, element_list=unknown).code == 0
    answer = strict.create(path, element_list=unknown)
    assert (answer.status, *told(answer)) == (400, 1201, "Element id not found: 829836802793406551")


def test_an_element_of_another_account_is_unknown(strict: CheckedFake) -> None:
    id = element(strict)
    answer = strict.create(IMAGE, token="somebody-else", element_list=named(id))
    assert told(answer) == (1201, f"Element id not found: {id}")


def test_the_id_of_the_task_names_no_element(strict: CheckedFake) -> None:
    task_id = strict.post(ELEMENTS, OF_PICTURES).data["task_id"]
    strict.clock.advance(10_000)
    assert strict.create(IMAGE, element_list=named(int(task_id))).code == 1201


def test_an_element_of_the_previous_api_can_be_named(strict: CheckedFake) -> None:
    id = strict.post(PREVIOUS, OF_THE_PREVIOUS_API).data["element_id"]
    assert strict.create(IMAGE, element_list=named(id)).code == 0


def test_an_unknown_voice_is_refused_only_where_that_is_chosen(fake: CheckedFake, strict: CheckedFake) -> None:
    payload = {**OF_PICTURES, "element_voice_id": "829826751244530000"}
    assert fake.post(ELEMENTS, payload).code == 0
    assert told(strict.post(ELEMENTS, payload)) == (1201, "Voice id not found")
    for id in (voice(strict), "829826751244537879"):
        assert strict.post(ELEMENTS, {**payload, "element_voice_id": id}).code == 0


# --- What is deleted ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", DELETES)
@pytest.mark.parametrize("second", DELETES)
@pytest.mark.parametrize("make", [element, lambda fake: fake.post(PREVIOUS, OF_THE_PREVIOUS_API).data["element_id"]])
def test_either_path_deletes_once(
    fake: CheckedFake, first: str, second: str, make: Callable[[CheckedFake], int]
) -> None:
    id = str(make(fake))
    assert fake.post(first, {"element_id": id}).code == 0
    again = fake.post(second, {"element_id": id})
    assert (again.status, again.code) == (400, 1201)
    assert again.message.endswith("already be deleted")


def test_a_deleted_element_says_so_and_cannot_be_named(fake: CheckedFake) -> None:
    kept, id = element(fake), element(fake, external_task_id="mine")
    before = fake.get(ELEMENTS, "mine").data
    assert before["task_result"]["elements"][0]["status"] == "succeed"
    assert fake.post(DELETES[0], {"element_id": id}).code == 0
    after = fake.get(ELEMENTS, "mine").data
    assert after["task_result"]["elements"][0]["status"] == "deleted"
    assert [each["task_result"]["elements"][0]["status"] for each in fake.get(ELEMENTS).data] == ["deleted", "succeed"]
    for path in (IMAGE, VIDEO):
        assert told(fake.create(path, element_list=named(id))) == (1201, f"Element id not found: {id}")
    assert fake.create(IMAGE, element_list=named(kept)).code == 0


@pytest.mark.parametrize("path", DELETES)
@pytest.mark.parametrize("id", PRESETS)
def test_a_preset_cannot_be_deleted(fake: CheckedFake, path: str, id: int) -> None:
    assert fake.post(path, {"element_id": str(id)}).code == 1201
    assert fake.create(IMAGE, element_list=named(id)).code == 0


@pytest.mark.parametrize("path", DELETES)
def test_what_is_not_there_cannot_be_deleted(fake: CheckedFake, path: str) -> None:
    foreign = element(fake)
    for id, token in (("829836802793406551", "key-of-mine"), ("0", "key-of-mine"), (str(foreign), "somebody-else")):
        assert told(fake.post(path, {"element_id": id}, token=token)) == (1201, f"Element id not found: {id}")


def test_a_voice_is_deleted_once(fake: CheckedFake) -> None:
    id = voice(fake)
    answers = [fake.post("/v1/general/delete-voices", {"voice_id": id}) for _ in range(2)]
    assert [answer.code for answer in answers] == [0, 1201]
    assert answers[1].message.endswith("already be deleted")
    assert told(fake.post(ELEMENTS, {**OF_PICTURES, "element_voice_id": id})) == (1201, "Voice id not found")
    assert fake.post("/v1/general/delete-voices", {"voice_id": "829826751244537879"}).code == 1201
    assert told(fake.post("/v1/general/delete-voices", {"voice_id": "any"})) == (1201, "Voice id not found")


@pytest.mark.parametrize(("reading", "has_data"), [("present", True), ("absent", False)])
def test_what_a_deletion_is_answered_with_is_a_reading(reading: str, *, has_data: bool) -> None:
    fake = CheckedFake(readings={"deleted-data": reading})
    answer = fake.post(DELETES[0], {"element_id": str(element(fake))})
    assert (answer.code, "data" in answer.json) == (0, has_data)


# --- What kinds go together --------------------------------------------------------------------------------------


def kinds(fake: CheckedFake, films: int, pictures: int) -> list[dict[str, Any]]:
    """Make elements of both kinds, and name them."""
    ids = [element(fake, OF_A_FILM) for _ in range(films)] + [element(fake, OF_PICTURES) for _ in range(pictures)]
    return named(*ids)


def images(count: int) -> list[dict[str, Any]]:
    return [{"image_url": f"https://example.com/{n}.png"} for n in range(count)]


@pytest.mark.parametrize(
    ("films", "pictures", "fields", "broken"),
    [
        (3, 0, {}, []),
        (3, 4, {}, []),
        (4, 0, {}, ["three-video-characters"]),
        (1, 5, {}, ["four-beside-video-characters"]),
        (1, 3, {"image_list": images(1)}, []),
        (1, 3, {"image_list": images(2)}, ["four-beside-video-characters"]),
        (0, 5, {"image_list": images(2)}, []),
        (1, 0, {"video_list": VIDEO_FILE}, ["video-excludes-video-characters"]),
        (0, 4, {"video_list": VIDEO_FILE}, []),
        (1, 0, {"model_name": "kling-video-o1"}, ["o1-of-multi-image-elements"]),
        (0, 1, {"model_name": "kling-video-o1"}, []),
        (4, 4, {}, ["seven-references"]),
    ],
)
def test_a_film_takes_elements_by_number_and_kind(
    fake: CheckedFake, films: int, pictures: int, fields: dict[str, Any], broken: list[str]
) -> None:
    answer = fake.post(VIDEO, {**OMNI, "element_list": kinds(fake, films, pictures), **fields})
    assert (answer.code, answer.rules) == (1201 if broken else 0, broken)


def test_an_image_takes_no_element_of_a_film(fake: CheckedFake) -> None:
    assert fake.create(IMAGE, element_list=kinds(fake, 0, 2)).code == 0
    answer = fake.create(IMAGE, element_list=kinds(fake, 1, 1))
    assert (answer.status, answer.code, answer.rules) == (400, 1201, ["images-of-multi-image-elements"])


def test_elements_of_an_unknown_kind_count_as_neither(fake: CheckedFake) -> None:
    unknown = named(*range(1000, 1004))
    assert fake.post(VIDEO, {**OMNI, "element_list": unknown}).code == 0
    assert fake.post(VIDEO, {**OMNI, "element_list": [*unknown[:3], *kinds(fake, 1, 0)]}).code == 0
    assert fake.post(VIDEO, {**OMNI, "video_list": VIDEO_FILE, "element_list": unknown}).code == 0


def test_a_refusal_for_a_kind_is_in_the_journal_with_its_rule(fake: CheckedFake) -> None:
    fake.create(IMAGE, element_list=kinds(fake, 1, 0))
    entry = next(iter(fake.requests))
    assert [violation.rule.id for violation in entry.violations] == ["images-of-multi-image-elements"]


# --- What lasts --------------------------------------------------------------------------------------------------


def test_a_snapshot_holds_what_was_made_and_what_was_deleted(strict: CheckedFake) -> None:
    kept, gone, film = element(strict), element(strict), element(strict, OF_A_FILM)
    strict.post(DELETES[0], {"element_id": str(gone)})
    other = CheckedFake(readings=STRICT)
    other.restore(json.loads(json.dumps(strict.snapshot())))
    assert [other.create(IMAGE, element_list=named(id)).code for id in (kept, gone, film)] == [0, 1201, 1201]
    assert other.post(DELETES[1], {"element_id": str(gone)}).message.endswith("already be deleted")
    assert other.snapshot()["tasks"][:3] == strict.snapshot()["tasks"]


def test_a_reset_forgets_what_was_made(strict: CheckedFake) -> None:
    id = element(strict)
    strict.reset()
    assert strict.create(IMAGE, element_list=named(id)).code == 1201


def test_what_had_to_go_for_want_of_room_is_unknown(in_memory: None) -> None:
    fake = CheckedFake(readings=STRICT, max_tasks=10)
    id = element(fake)
    assert fake.create(IMAGE, element_list=named(id)).code == 0
    for _ in range(12):
        fake.create(IMAGE)
        fake.clock.advance(10_000)
    assert fake.create(IMAGE, element_list=named(id)).code == 1201


def test_another_reading_holds_at_once(fake: CheckedFake) -> None:
    unknown = named(829836802793406551)
    assert fake.create(IMAGE, element_list=unknown).code == 0
    fake.reconfigure(Settings(seed=1, readings=STRICT))
    assert fake.create(IMAGE, element_list=unknown).code == 1201
    assert fake.create(IMAGE, element_list=kinds(fake, 1, 0)).rules == ["images-of-multi-image-elements"]


@pytest.mark.parametrize("reading", ["as-query", "as-documented"])
@pytest.mark.parametrize(("path", "payload", "what"), [(ELEMENTS, OF_PICTURES, "elements"), (VOICES, SPEECH, "voices")])
def test_a_callback_tells_what_was_made(reading: str, path: str, payload: dict[str, Any], what: str) -> None:
    fake = CheckedFake(readings={"callback-result": reading})
    id = fake.post(path, {**payload, "callback_url": "http://127.0.0.1:9/hook"}).data["task_id"]
    fake.clock.advance(10_000)
    body = json.loads(fake.delivered()[-1].body)
    assert body["task_result"][what] == fake.get(path, id).data["task_result"][what]
