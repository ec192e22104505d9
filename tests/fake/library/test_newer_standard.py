"""A service of another form names the elements of the one that it extends, and counts them by kind, in data alone."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract import catalog
from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.fake.ids import made_by
from mockserver.resources import folder
from mockserver.settings import Settings
from mockserver.types import JSON, Request
from tests.conftest import NOON

MADE = "/v1/general/advanced-custom-elements"
PATH = "/omni-video/kling-newest"
COUNTED = {"images": "contents[type=refer_image].url", "videos": "contents[type=feature_video].url"}


def rule(name: str, schema: dict[str, JSON]) -> dict[str, JSON]:
    return {"$anchor": name, "description": f"{name}.", **schema, "x-accept": [{}], "x-reject": [{}]}


def has(**most: int) -> dict[str, JSON]:
    return {"properties": {name: {"maxItems": count} for name, count in most.items()}}


def some(*names: str) -> dict[str, JSON]:
    return {"properties": {name: {"minItems": 1} for name in names}, "required": [*names]}


FOUR = {"x-total-items": {"lists": ["images", "multi_image_elements"], "max": 4}}
RULES: list[dict[str, JSON]] = [
    rule("three-films", {"if": has(videos=0), "then": has(video_character_elements=3)}),
    rule("four-beside-films", {"if": some("video_character_elements"), "then": FOUR}),
    rule("one-film-with-video", {"if": some("videos"), "then": has(video_character_elements=1)}),
    rule(
        "films-alone-with-video",
        {"if": some("videos", "video_character_elements"), "then": has(images=0, multi_image_elements=0)},
    ),
]
"""Family N15, as rules on what is counted."""

ITEM = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("type", "text", "url", "element_id", "id")},
}
BODY = {
    "title": "Create a task of the newer standard",
    "x-source": "family F1",
    "x-confidence": "documented",
    "examples": [{"contents": [{"type": "prompt", "text": "A dance"}]}],
    "type": "object",
    "properties": {"contents": {"type": "array", "items": ITEM}},
}
SERVICE = {
    "title": "The newer standard",
    "extends": "kling",
    "dialect": "kling",
    "hosts": ["newer.example"],
    "credentials": ["api-key"],
    "refusal": "../kling/error.json",
    "operations": {
        "omni-video.create": {
            "does": "create",
            "method": "POST",
            "path": PATH,
            "body": "omni-video.request.json",
            "media_types": ["application/json"],
            "answer": "../kling/created.json",
            "judged": {"by": "omni-video.library.json", "lists": COUNTED},
            "task": {
                "media": "video",
                "seconds": {"real": 90, "fast": 4},
                "prompt": "contents[type=prompt].text",
                "usual_ratio": "16:9",
                "usual_size": "720p",
                "sizes": {"720p": 720},
                "usual_duration": 5,
            },
        }
    },
}


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> catalog.Catalog:
    schemas = Path(shutil.copytree(str(folder("schemas")), tmp_path_factory.mktemp("newer") / "schemas"))
    newer = schemas / "newer"
    newer.mkdir()
    judged = {name: BODY[name] for name in ("title", "x-source", "x-confidence", "examples")}
    files = {
        "service.json": SERVICE,
        "omni-video.request.json": BODY,
        "omni-video.library.json": {**judged, "allOf": RULES},
    }
    for name, document in files.items():
        (newer / name).write_text(json.dumps(document), encoding="utf-8")
    return catalog.read(schemas)


class Client:
    """Makes elements of either kind at Kling, and names them in the newer form."""

    def __init__(self, contract: catalog.Catalog) -> None:
        self.fake = Fake(Settings(pace="instant"), catalog=contract, clock=Clock(lambda: NOON))

    def post(self, path: str, payload: JSON) -> Any:
        headers = {"authorization": "Bearer me", "content-type": "application/json"}
        return self.fake.respond(Request("POST", path, "", headers, json.dumps(payload).encode()))

    def element(self, kind: str) -> str:
        pictures = {"frontal_image": "https://a.b/1.png", "refer_images": [{"image_url": "https://a.b/2.png"}]}
        film = {"refer_videos": [{"video_url": "https://a.b/1.mp4"}]}
        named = {"element_name": "Tom", "element_description": "A cat", "reference_type": kind}
        self.post(MADE, {**named, "element_image_list": pictures, "element_video_list": film})
        return str(made_by(next(iter(self.fake.tasks)).id))

    def create(self, *, films: int = 0, pictures: int = 0, images: int = 0, videos: int = 0) -> tuple[int, str]:
        kinds = ["video_refer"] * films + ["image_refer"] * pictures
        contents = [
            {"type": "element", "element_id": self.element(kind), "id": f"e{n}"} for n, kind in enumerate(kinds)
        ]
        contents += [{"type": "refer_image", "url": "https://a.b/c.png"}] * images
        contents += [{"type": "feature_video", "url": "https://a.b/c.mp4"}] * videos
        answer = self.post(PATH, {"contents": [{"type": "prompt", "text": "A dance"}, *contents]})
        return answer.status, answer.headers.get("mockserver-rule", "")


@pytest.mark.parametrize(
    ("sent", "broken"),
    [
        ({"films": 3}, ""),
        ({"films": 4}, "three-films"),
        ({"films": 1, "pictures": 2, "images": 2}, ""),
        ({"films": 1, "pictures": 2, "images": 3}, "four-beside-films"),
        ({"films": 1, "videos": 1}, ""),
        ({"films": 2, "videos": 1}, "one-film-with-video"),
        ({"films": 1, "pictures": 1, "videos": 1}, "films-alone-with-video"),
        ({"films": 1, "images": 1, "videos": 1}, "films-alone-with-video"),
        ({"pictures": 4, "videos": 1}, ""),
    ],
)
def test_elements_are_counted_by_kind(contract: catalog.Catalog, sent: dict[str, int], broken: str) -> None:
    assert Client(contract).create(**sent) == (400 if broken else 200, broken)


def test_an_element_that_was_deleted_there_is_unknown_here(contract: catalog.Catalog) -> None:
    client = Client(contract)
    id = client.element("image_refer")
    body = {"contents": [{"type": "prompt", "text": "A dance"}, {"type": "element", "element_id": id, "id": "tom"}]}
    assert client.post(PATH, body).status == 200
    client.post("/v1/general/delete-elements", {"element_id": id})
    answer = client.post(PATH, body)
    assert json.loads(answer.body)["message"] == f"Element id not found: {id}"
