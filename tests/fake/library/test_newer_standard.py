"""The newer standard names the elements of the older one, and counts them by kind (family N15, N16, K8)."""

from typing import Any

import pytest

from mockserver.contract.vectors import picture
from mockserver.fake.ids import made_by
from mockserver.types import JSON
from tests.conftest import Answer, CheckedFake

MADE = "/v1/general/advanced-custom-elements"
OMNI, O1, IMAGE = "/omni-video/kling-3.0-omni", "/omni-video/kling-o1", "/omni-image/kling-image-4.0"


class Client:
    """Makes elements of either kind on the older path, and names them on the newer ones."""

    def __init__(self) -> None:
        self.fake = CheckedFake(pace="instant", readings={"kling-4": "inferred"})

    def element(self, kind: str) -> str:
        pictures = {"frontal_image": "https://a.b/1.png", "refer_images": [{"image_url": "https://a.b/2.png"}]}
        film = {"refer_videos": [{"video_url": "https://a.b/1.mp4"}]}
        sent = {"element_image_list": pictures} if kind == "image_refer" else {"element_video_list": film}
        named = {"element_name": "Tom", "element_description": "A cat", "reference_type": kind}
        made = self.fake.post(MADE, {**named, **sent})
        return str(made_by(made.data["task_id"]))

    def create(self, path: str = OMNI, **counts: Any) -> tuple[int, list[str]]:
        """Name so many things of each kind, and return the status and the rules that were broken."""
        answer = self.fake.post(path, {"contents": [{"type": "prompt", "text": "A dance"}, *self.contents(**counts)]})
        return answer.status, [rule for rule in answer.rules if rule != "aspect-ratio-without-frame"]

    def contents(
        self, *, films: int = 0, pictures: int = 0, images: int = 0, video: str = "", frames: int = 0
    ) -> list[dict[str, Any]]:
        kinds = ["video_refer"] * films + ["image_refer"] * pictures
        found = [{"type": "element", "element_id": self.element(kind), "id": f"e{n}"} for n, kind in enumerate(kinds)]
        found += [{"type": "refer_image", "url": "https://a.b/c.png"}] * images
        found += [{"type": "first_frame", "url": "https://a.b/c.png"}] * frames
        return found + ([{"type": video, "url": "https://a.b/c.mp4"}] if video else [])


@pytest.mark.parametrize(
    ("sent", "broken"),
    [
        ({"pictures": 3, "images": 4}, []),
        ({"pictures": 4, "images": 4}, ["seven-references"]),
        ({"films": 3}, []),
        ({"films": 4}, ["three-video-characters"]),
        ({"films": 3, "pictures": 2, "images": 2}, []),
        ({"films": 1, "pictures": 2, "images": 3}, ["four-beside-video-characters"]),
        ({"pictures": 3, "frames": 1}, []),
        ({"films": 2, "pictures": 2, "frames": 1}, ["first-frame-up-to-three-elements"]),
        *(
            case
            for video in ("feature_video", "base_video")
            for case in (
                ({"pictures": 2, "images": 2, "video": video}, []),
                ({"pictures": 3, "images": 2, "video": video}, ["four-references-with-a-video"]),
                ({"films": 1, "video": video}, []),
                ({"films": 2, "video": video}, ["one-video-character-with-a-video"]),
                ({"films": 1, "pictures": 1, "video": video}, ["video-characters-alone-with-a-video"]),
                ({"films": 1, "images": 1, "video": video}, ["video-characters-alone-with-a-video"]),
            )
        ),
    ],
)
def test_elements_are_counted_by_kind(sent: dict[str, Any], broken: list[str]) -> None:
    assert Client().create(**sent) == (400 if broken else 200, broken)


def test_images_beside_video_characters_alone_are_counted_with_a_warning() -> None:
    assert Client().create(films=1, images=4) == (200, [])
    assert Client().create(films=1, images=5) == (200, ["four-images-beside-video-characters"])


@pytest.mark.parametrize("path", [O1, IMAGE])
def test_some_take_multi_image_elements_only(path: str) -> None:
    assert Client().create(path, pictures=2) == (200, [])
    assert Client().create(path, films=1) == (400, ["multi-image-elements-only"])


def test_a_preset_has_a_kind_and_what_was_made_elsewhere_has_none() -> None:
    client = Client()
    contents = [{"type": "prompt", "text": "A dance"}, {"type": "feature_video", "url": "https://a.b/c.mp4"}]
    film = {"type": "element", "element_id": client.element("video_refer"), "id": "film"}
    for id, status in (("162", 400), ("829836802793406551", 200)):
        other = {"type": "element", "element_id": id, "id": "other"}
        assert client.fake.post(OMNI, {"contents": [*contents, film, other]}).status == status


def test_an_element_that_was_deleted_there_is_unknown_here() -> None:
    client = Client()
    id = client.element("image_refer")
    body: JSON = {
        "contents": [{"type": "prompt", "text": "A dance"}, {"type": "element", "element_id": id, "id": "tom"}]
    }
    assert client.fake.post(OMNI, body).status == 200
    client.fake.post("/v1/general/delete-elements", {"element_id": id})
    assert client.fake.post(OMNI, body).message == f"Element id not found: {id}"


def shown(fake: CheckedFake, task: Answer) -> dict[str, Any]:
    """Return what the newer query shows of what a task has made."""
    (record,) = fake.get("/tasks", query=f"task_ids={task.data['task_id']}").data
    assert record["billing"][0]["package_type"] == "video"
    (output,) = record["outputs"]
    return dict(output)


def test_the_query_shows_a_voice_and_an_element_that_has_it_until_they_are_deleted() -> None:
    fake = CheckedFake(pace="instant")
    made = fake.post("/v1/general/custom-voices", {"voice_name": "Bob", "voice_url": "https://a.b/c.mp3"})
    voice = shown(fake, made)
    assert (voice["type"], voice["name"], voice["url"]) == ("voice", "Bob", "https://a.b/c.mp3")
    body = {"element_name": "Tom", "element_description": "A cat", "reference_type": "image_refer"}
    pictures = {"frontal_image": "https://a.b/1.png", "refer_images": [{"image_url": "https://a.b/2.png"}]}
    more = {"element_voice_id": voice["id"], "tag_list": [{"tag_id": "o_103"}], "element_image_list": pictures}
    element = fake.post(MADE, {**body, **more})
    assert shown(fake, element) == {
        "type": "element",
        "id": str(made_by(element.data["task_id"])),
        "name": "Tom",
        "description": "A cat",
        "element_type": "multi_image_elements",
        "references": [
            {"type": "image", "role": "frontal", "url": "https://a.b/1.png"},
            {"type": "image", "role": "reference", "url": "https://a.b/2.png"},
            {"type": "voice", "role": "refer", "url": "https://a.b/c.mp3"}
            | {"id": voice["id"], "name": "Bob", "owned_by": voice["owned_by"]},
        ],
        "owned_by": voice["owned_by"],
        "status": "succeeded",
        "tags": [{"id": 103, "name": "Animal", "description": "Animal"}],
    }
    fake.post("/v1/general/delete-elements", {"element_id": str(made_by(element.data["task_id"]))})
    fake.post("/v1/general/delete-voices", {"voice_id": voice["id"]})
    assert [shown(fake, task)["status"] for task in (element, made)] == ["deleted", "deleted"]


def test_the_query_shows_an_element_of_a_film_and_one_of_base64() -> None:
    fake = CheckedFake(pace="instant")
    body = {"element_name": "Tom", "element_description": "A cat", "element_voice_id": "829826751244500000"}
    film = {
        "reference_type": "video_refer",
        "element_video_list": {"refer_videos": [{"video_url": "https://a.b/1.mp4"}]},
    }
    output = shown(fake, fake.post(MADE, {**body, **film}))
    assert output["element_type"] == "video_character_elements"
    assert output["references"] == [{"type": "video", "role": "refer", "url": "https://a.b/1.mp4"}]
    pictures = {"frontal_image": picture(300, 300), "refer_images": [{"image_url": "https://a.b/2.png"}]}
    other = shown(fake, fake.post(MADE, {**body, "reference_type": "image_refer", "element_image_list": pictures}))
    assert [each["role"] for each in other["references"]] == ["frontal", "reference"]
    assert other["tags"] == []


def test_the_query_shows_a_voice_that_was_made_of_a_film() -> None:
    fake = CheckedFake(pace="instant")
    made = fake.post("/v1/general/custom-voices", {"voice_name": "Bob", "video_id": "829826751244537878"})
    assert "url" not in shown(fake, made)


def test_what_the_previous_api_makes_at_once_is_no_task() -> None:
    fake = CheckedFake(pace="instant")
    pictures = {
        "element_frontal_image": "https://a.b/1.png",
        "element_refer_list": [{"image_url": "https://a.b/2.png"}],
    }
    made = fake.post("/v1/general/custom-elements", {"element_name": "Tom", "element_description": "A cat", **pictures})
    assert made.status == 200
    assert fake.post("/tasks", {}).data == {"count": 0, "has_more": False}
    (task,) = fake.tasks
    assert fake.get("/tasks", query=f"task_ids={task.id}").data == []
