"""What makes no task is answered at once, as its operation writes it out, and its files are there."""

import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mockserver.contract import catalog
from mockserver.errors import BadContract
from mockserver.fake.core import Fake
from mockserver.fake.media.artifacts import Film, Picture
from mockserver.fake.media.results import Result
from mockserver.resources import folder
from mockserver.settings import Settings
from mockserver.types import Request
from tests.support.results import result_at, status

SCHEMAS = Path(str(folder("schemas")))
PATH = "/v1/videos/look"

LOOK: dict[str, Any] = {
    "does": "answer",
    "method": "POST",
    "path": PATH,
    "body": "omni-image.request.json",
    "media_types": ["application/json"],
    "data": {
        "session_id": "{id}",
        "said": "{payload.prompt}",
        "size": "{payload.resolution}",
        "at": "{created_at}",
        "cover": "{file.0}",
        "film": "{file.1}",
        "none": "{file.2}",
        "all": {"$each": "results", "item": {"id": "{result_id}", "url": "{url}", "seconds": "{duration}"}},
        "final_unit_deduction": "0.05",
    },
    "files": [
        {"media": "image", "width": 640, "height": 360},
        {"media": "video", "width": 1280, "height": 720, "seconds": 3},
    ],
}


def schemas(tmp_path: Path, operation: dict[str, Any]) -> Path:
    for name in ("schema.meta.json", "service.meta.json"):
        shutil.copy(SCHEMAS / name, tmp_path)
    shutil.copytree(SCHEMAS / "kling", tmp_path / "kling")
    part = json.dumps({"operations": {"look": operation}})
    (tmp_path / "kling" / "look.service.json").write_text(part, encoding="utf-8")
    return tmp_path


def asked(fake: Fake, body: Any) -> Any:
    headers = {"host": "mock.test", "authorization": "Bearer k", "content-type": "application/json"}
    return fake.respond(Request("POST", PATH, "", headers, json.dumps(body).encode()))


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return Fake(Settings(seed=1), catalog=catalog.read(schemas(tmp_path, LOOK)))


def test_an_answer_at_once_is_filled_with_what_was_sent_and_makes_no_task(fake: Fake) -> None:
    fake.clock.freeze()
    found = json.loads(asked(fake, {"prompt": "A cat"}).body)
    assert (found["code"], found["message"]) == (0, "SUCCEED")
    data = found["data"]
    assert (data["said"], data["size"], data["at"]) == ("A cat", "1k", fake.clock.now())
    assert data["session_id"].isdecimal()
    assert "none" not in data
    assert [each.get("seconds") for each in data["all"]] == [None, "3.041"]
    assert [each["url"] for each in data["all"]] == [data["cover"], data["film"]]
    assert not list(fake.world.tasks.newest())
    again = json.loads(asked(fake, {"prompt": "A cat"}).body)
    assert again["data"]["session_id"] != data["session_id"]


def test_each_file_of_an_answer_at_once_is_where_it_says(fake: Fake) -> None:
    data = json.loads(asked(fake, {"prompt": "A cat"}).body)["data"]
    cover, film = (result_at(fake, urlsplit(data[name]).path) for name in ("cover", "film"))
    assert isinstance(cover, Result)
    assert isinstance(film, Result)
    assert isinstance(cover.artifact, Picture)
    assert isinstance(film.artifact, Film)
    assert (cover.artifact.width, cover.artifact.height) == (640, 360)
    assert (film.artifact.width, film.artifact.height, film.artifact.seconds) == (1280, 720, 3)


@pytest.mark.parametrize(
    "path", ["look/17/0.mp4", "look/17/2.png", "omni-image.create/17/0.png", "nothing/17/0.png", "look/x/0.png"]
)
def test_there_is_nothing_behind_other_paths(fake: Fake, path: str) -> None:
    assert status(result_at(fake, f"/results/kling/{path}")) == 404


def test_a_request_that_breaks_a_rule_is_refused(fake: Fake) -> None:
    response = asked(fake, {"prompt": "A cat", "resolution": "9k"})
    assert (response.status, json.loads(response.body)["message"]) == (400, "resolution value '9k' is invalid")


def test_an_answer_at_once_says_what_it_holds(tmp_path: Path) -> None:
    without = {name: value for name, value in LOOK.items() if name != "data"}
    with pytest.raises(BadContract, match=r"look\.service\.json.*/operations/look"):
        catalog.read(schemas(tmp_path, without))
