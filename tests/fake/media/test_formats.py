"""Formats: what a file is, whatever a library calls it. Real files, made with Pillow."""

from __future__ import annotations

import warnings
from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, features

from mockserver.contract.catalog import load
from mockserver.contract.keywords import KEYWORDS
from mockserver.contract.rules import Rule
from mockserver.contract.service import Operation
from mockserver.contract.texts.pictures import picture_size
from mockserver.fake.media.artifacts import File
from mockserver.fake.media.results import Result
from mockserver.kit.server.media import decode
from tests.conftest import CheckedFake
from tests.fake.dialects.test_useapi import Client
from tests.support.results import result_at

SIZE = (400, 320)


def file(form: str, mode: str = "RGB", *, second: bool = False, **how: Any) -> bytes:
    """Return a picture, and with ``second`` one with another behind it."""
    content = BytesIO()
    more = {"save_all": True, "append_images": [Image.new(mode, SIZE, 3)]} if second else {}
    Image.new(mode, SIZE, 90).save(content, form, **more, **how)
    return content.getvalue()


CAMERA = file("MPO", second=True)
"""A JPEG file with a second picture, as phones write it."""

TAKEN = {
    "JPEG": file("JPEG"),
    "progressive JPEG": file("JPEG", progressive=True),
    "grey JPEG": file("JPEG", "L"),
    "CMYK JPEG": file("JPEG", "CMYK"),
    "JPEG of a camera": CAMERA,
    "JPEG of a camera, its second picture cut off": CAMERA[: CAMERA.index(b"\xff\xd8\xff", 3)],
    "PNG": file("PNG"),
    "PNG with a palette": file("PNG", "P"),
    "animated PNG": file("PNG", second=True),
}
OTHERS = {name: file(name) for name in ("GIF", "BMP", "TIFF", "WEBP") if name != "WEBP" or features.check("webp")}
OTHERS |= {"JPEG2000": file("JPEG2000")} if features.check("jpg_2000") else {}
OTHERS |= {"AVIF": file("AVIF")} if features.check("avif") else {}

OF_FORMAT = [
    pytest.param(operation, rule, id=f"{operation.id}:{rule.id}")
    for service in load().services.values()
    for operation in service.operations.values()
    for rule in operation.rules
    if rule.keyword == "x-image-format"
]


def test_a_picture_of_a_camera_is_what_pillow_calls_mpo() -> None:
    with Image.open(BytesIO(CAMERA)) as image:
        assert (image.format, CAMERA[:3]) == ("MPO", b"\xff\xd8\xff")


@pytest.mark.parametrize(("operation", "rule"), OF_FORMAT)
def test_every_jpeg_and_png_is_taken_wherever_those_are(operation: Operation, rule: Rule) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, content in TAKEN.items():
            text = b64encode(content).decode()
            assert [*KEYWORDS[rule.keyword](rule.value, text)] == [], name
            assert picture_size(text) == SIZE, name
        for name, content in OTHERS.items():
            (problem,) = KEYWORDS[rule.keyword](rule.value, b64encode(content).decode())
            assert name in problem.fact


def test_a_base64_picture_of_a_camera_is_accepted_without_a_note() -> None:
    answer = CheckedFake(services=("kling",)).create(image_list=[{"image": b64encode(CAMERA).decode()}])
    assert (answer.status, answer.rules) == (200, [])


def test_an_upload_of_a_camera_is_kept_as_jpeg() -> None:
    client = Client()
    url = client.upload(CAMERA, "image/jpeg").json["url"]
    found = result_at(client.fake, url.removeprefix("http://127.0.0.1:8080"))
    assert isinstance(found, Result)
    assert isinstance(found.artifact, File)
    assert url.endswith(".jpg")
    assert (found.artifact.content_type, found.artifact.content) == ("image/jpeg", CAMERA)
    (listed,) = client.get("/v1/kling/assets/uploaded").json["uploadAssetsList"]
    assert (listed["resource"]["width"], listed["resource"]["height"]) == SIZE


@pytest.mark.parametrize("name", TAKEN)
def test_the_judge_decodes_every_jpeg_and_png(name: str) -> None:
    found = decode(TAKEN[name])
    assert (found.media, found.width, found.height, found.fault) == ("image", *SIZE, None)
