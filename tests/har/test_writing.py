"""What we write as HAR is read by others, has no secret, and says the same when it is read again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import jsonschema
import pytest
from haralyzer import HarParser
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.adapters.testing.live import Live, live
from mockserver.contract.description.control import description
from mockserver.fake import archive
from mockserver.fake.core import Fake
from mockserver.har.archive import Entry
from mockserver.har.reading import read
from mockserver.har.writing import pieces
from mockserver.settings import Settings
from mockserver.types import JSON, Request, Response
from tests.conftest import IMAGE
from tests.support.receiver import receiver
from tests.support.sampling import draws

KEY = "a-key-that-nobody-may-see"
ME = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    with live(pace="instant", max_body=200_000) as running:
        yield running


@pytest.fixture
def client(server: Live) -> Iterator[httpx.Client]:
    server.fake.reset()
    with httpx.Client(base_url=server.url, headers=ME, verify=False) as found:
        yield found


def archived(client: httpx.Client, **params: str) -> bytes:
    answer = client.get("/_mock/requests.har", params=params)
    assert answer.status_code == 200, answer.text
    assert "requests.har" in answer.headers["content-disposition"]
    return answer.content


def entries(data: bytes) -> list[dict[str, Any]]:
    jsonschema.validate(
        json.loads(data), {"$ref": "#/components/schemas/HttpArchive", "components": description()["components"]}
    )
    parser = HarParser(json.loads(data))
    assert parser.creator["name"] == "mockserver"
    found: list[dict[str, Any]] = parser.har_data["entries"]
    return found


def test_an_independent_reader_opens_what_was_exchanged(client: httpx.Client) -> None:
    with receiver() as hook:
        client.post(IMAGE, json={"prompt": "A cat", "callback_url": f"{hook.url}?token={KEY}"})
        client.post("/_mock/clock/advance", json={"advance": "1s"})  # returns when all has been sent
    client.post(IMAGE, json={"prompt": "A cat", "n": 10})
    client.post(IMAGE, content=b"\xff\xfe\x00" + KEY.encode())
    client.get(f"{IMAGE}/nobody", params={"token": KEY})
    client.post(IMAGE, json={"prompt": "A cat", "image_list": [{"image": "A" * 100_000}]})
    data = archived(client)
    found = entries(data)
    exchanges = [each for each in found if "number" in each["_mockserver"]]
    assert [each["response"]["status"] for each in exchanges] == [200, 400, 400, 400, 400]
    assert [each["_mockserver"]["callback"].rpartition("_")[2] for each in found if "callback" in each["_mockserver"]]
    assert exchanges[1]["_mockserver"]["violations"][0]["rule"] == "n.maximum"
    assert exchanges[2]["request"]["postData"]["_encoding"] == "base64"
    assert "cut" in exchanges[4]["request"]["postData"]["comment"]
    assert KEY.encode() not in data
    assert [each["startedDateTime"] for each in found] == sorted(each["startedDateTime"] for each in found)


def test_an_archive_has_what_the_filters_let_through(client: httpx.Client) -> None:
    client.post(IMAGE, json={"prompt": "A cat"})
    client.post(IMAGE, json={})
    client.get(f"{IMAGE}/nobody")
    for params, count in (
        ({}, 3),
        ({"status": "4xx"}, 2),
        ({"rule": "*"}, 1),
        ({"operation": "kling/omni-image.get"}, 1),
    ):
        assert len(entries(archived(client, **params))) == count, params
    assert client.get("/_mock/requests.har", params={"status": "many"}).status_code == 400


def test_an_archive_says_how_many_exchanges_nobody_has_any_more() -> None:
    fake = Fake(Settings())
    for _ in range(3):
        fake.respond(Request("GET", "/v1/images/omni-image/1"))
    data = b"".join(pieces(map(archive.entry, fake.requests), left_out=2))
    assert json.loads(data)["log"]["_mockserver"] == {"left_out": 2}
    assert "2 earlier exchanges are not here" in json.loads(data)["log"]["comment"]


def test_an_answer_that_was_lost_is_no_answer(client: httpx.Client, server: Live) -> None:
    server.fake.faults.add("reset-before x1")
    with pytest.raises(httpx.HTTPError):
        client.get(f"{IMAGE}/nobody")
    (found,) = entries(archived(client))
    assert found["response"]["status"] == 0


_TEXT = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=12)
_HEADERS = st.dictionaries(st.sampled_from(["content-type", "x-one", "x-two"]), _TEXT, max_size=3)


@settings(max_examples=draws(100))
@given(
    st.sampled_from(["GET", "POST"]), st.from_regex(r"\A(/[\w.%-]{0,6}){1,3}\Z"), _TEXT, _HEADERS,
    st.binary(max_size=20), st.integers(100, 599), st.binary(max_size=20), st.integers(0, 2**41),
)  # fmt: skip
def test_what_was_written_is_read_again(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes, status: int, got: bytes, at: int
) -> None:
    query = "".join(letter for letter in query if letter.isalnum() and letter.isascii())
    request = Request(method, path, query, {"host": "h:1", **headers}, body)
    entry = Entry("/log/entries/0", at, 5, "h:1", request, Response(status, got, headers), {}, {"number": 1})
    found: JSON = read(BytesIO(b"".join(pieces([entry]))), "s.har")
    (again,) = found.entries
    assert (again.at, again.host, again.own) == (at, "h:1", {"number": 1})
    assert (again.request.body, again.response.body, again.response.status) == (body, got, status)
    assert (again.request.method, again.request.query) == (method, query)
