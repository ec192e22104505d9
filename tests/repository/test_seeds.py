"""The example of every seed, sent with curl as it is printed there, and followed to a result that opens."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urlsplit

import av
import pytest
from PIL import Image

from mockserver.types import JSON
from tests.conftest import PATIENCE
from tests.support.process import Process, started

CURL = shutil.which("curl")
pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed")

OPTIONS = ("--silent", "--show-error", "--fail-with-body", "--noproxy", "*", "--max-time", str(PATIENCE))
"""What is added to a printed command: nothing that the server can see."""

PICTURE = (
    "https://h2.inkwai.com/bs2/upload-ylab-stunt/se/ai_portal_queue_mmu_image_upscale_aiweb/"
    "3214b798-e1b4-4b00-b7af-72b5b0417420_raw_image_0.jpg"
)


@dataclass(frozen=True)
class Example:
    """A printed command, and the URL in it; ``shows`` is where its service shows a task."""

    command: str
    url: str
    shows: str
    ratio: tuple[int, int] | None = None
    side: int = 1024

    @property
    def words(self) -> list[str]:
        return shlex.split(self.command.replace("\\\n", " "))

    @property
    def authorization(self) -> str:
        return next(word for word in self.words if word.startswith("Authorization: "))


EXAMPLES = {
    # Seeds 000 and 003 print a body, a server and headers; the form of the command is that of seed 001.
    "000": Example(
        """
curl --location --request POST 'https://api.chainhub.tech/kling/v1/images/omni-image' \\
--header 'Authorization: Bearer {{YOUR_API_KEY}}' \\
--header 'Content-Type: application/json' \\
--data-raw '{
    "model_name": "kling-image-o1",
    "prompt": "Change the emoji to a laughing emoji.",
    "image_list": [{"image": "PICTURE"}]
}'""".replace("PICTURE", PICTURE),
        "https://api.chainhub.tech/kling/v1/images/omni-image",
        "/kling/v1/images/omni-image/{id}",
    ),
    "001": Example(
        """
curl --location --request POST '/kling/v1/images/omni-image' \\
--header 'Authorization: Bearer {{YOUR_API_KEY}}' \\
--header 'Content-Type: application/json' \\
--data-raw '{
    "model_name": "kling-v1",
    "prompt": "string",
    "negative_prompt": "string",
    "image": "string",
    "image_fidelity": 0,
    "n": 1,
    "aspect_ratio": "16:9",
    "callback_url": "string"
}'""",
        "/kling/v1/images/omni-image",
        "/kling/v1/images/omni-image/{id}",
        (16, 9),
    ),
    "003": Example(
        """
curl --location --request POST 'https://api.chainhub.tech/kling/v1/videos/omni-video' \\
--header 'Authorization: Bearer {{YOUR_API_KEY}}' \\
--header 'Content-Type: application/json' \\
--data-raw '{
    "model_name": "kling-video-o1",
    "prompt": "Put a crown on <<<image_1>>>",
    "image_list": [{"image_url": "PICTURE"}],
    "mode": "pro",
    "aspect_ratio": "16:9"
}'""".replace("PICTURE", PICTURE),
        "https://api.chainhub.tech/kling/v1/videos/omni-video",
        "/kling/v1/videos/omni-video/{id}",
        (16, 9),
    ),
    "004": Example(
        """
curl -X POST "https://api.useapi.net/v1/kling/images/omni" \\
    -H "Content-Type: application/json" \\
    -H "Authorization: Bearer …" \\
    -d '{
      "email": "[email protected]",
      "prompt": "A woman @image_1 dancing elegantly in a ballroom",
      "resolution": "2k",
      "aspect_ratio": "16:9",
      "image_1": "https://s21-kling.klingai.com/ai-platform/xxx/xxx.jpg"
    }'""",
        "https://api.useapi.net/v1/kling/images/omni",
        "/v1/kling/tasks/{id}",
        (16, 9),
        2048,
    ),
}
PICTURES = [(seed, "") for seed in ("000", "001", "004")] + [("001", "/yutoai"), ("000", "/chainhub")]


@pytest.fixture(scope="module")
def server() -> Iterator[Process]:
    with started("--pace", "instant") as found:
        yield found
        assert found.stderr == ""


def curl(*words: str) -> bytes:
    """Run curl; a status other than 2xx fails the test."""
    ended = subprocess.run([CURL or "", *OPTIONS, *words], capture_output=True, timeout=2 * PATIENCE, check=False)
    assert ended.returncode == 0, (ended.stdout, ended.stderr)
    return ended.stdout


def finished(example: Example, origin: str) -> JSON:
    """Send an example with nothing replaced but its host, and return its task as it is shown afterwards."""
    url = origin + urlsplit(example.url).path
    _, *words = (url if word == example.url else word for word in example.words)
    assert url in words
    created = json.loads(curl(*words))
    id = created["task"]["id"] if "task" in created else created["data"]["task_id"]
    return json.loads(curl(origin + example.shows.format(id=id), "--header", example.authorization))


def pictures(shown: JSON) -> list[str]:
    if "works" in shown:
        assert (shown["status_name"], shown["status_final"]) == ("succeed", True)
        return [work["resource"]["resource"] for work in shown["works"]]
    assert (shown["code"], shown["data"]["task_status"]) == (0, "succeed")
    return [image["url"] for image in shown["data"]["task_result"]["images"]]


@pytest.mark.parametrize(("seed", "under"), PICTURES)
def test_the_example_of_a_seed_runs_to_a_picture_of_its_ratio(seed: str, under: str, server: Process) -> None:
    example = EXAMPLES[seed]
    (url,) = pictures(finished(example, server.url + under))
    with Image.open(BytesIO(curl(url))) as picture:
        picture.load()
        assert picture.format == "PNG"
        assert abs(picture.width * picture.height / example.side**2 - 1) < 0.02
        assert (picture.width % 16, picture.height % 16) == (0, 0)
        if example.ratio is not None:
            wide, high = example.ratio
            assert abs(picture.width * high / (picture.height * wide) - 1) < 0.02


def test_the_example_of_seed_003_runs_to_a_film_of_its_ratio_and_of_five_seconds(server: Process) -> None:
    shown = finished(EXAMPLES["003"], server.url)["data"]
    assert shown["task_status"] == "succeed"
    (video,) = shown["task_result"]["videos"]
    with av.open(BytesIO(curl(video["url"])), "r") as film:
        (stream,) = film.streams.video
        assert (stream.width, stream.height) == (1920, 1080)
        frames = sum(1 for _ in film.decode(video=0))
        assert film.duration is not None
        assert abs(film.duration / av.time_base - float(video["duration"])) < 0.001
    assert (frames, video["duration"]) == (5 * 24 + 1, "5.041")
