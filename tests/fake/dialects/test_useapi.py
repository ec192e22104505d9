"""useapi's way to speak: the example of its page, each trap of its contract by name, and each of its readings."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mockserver.contract.catalog import load
from mockserver.contract.vectors import vectors
from mockserver.fake.clock import Clock
from mockserver.fake.core import Fake
from mockserver.fake.dialects.useapi_task import rewritten
from mockserver.fake.media.artifacts import Film, Picture
from mockserver.fake.media.render import render
from mockserver.fake.media.results import Result
from mockserver.fake.media.uploads import Measure, Upload, Uploads
from mockserver.fake.stores.memory.documents import Documents
from mockserver.settings import Key, Settings
from mockserver.types import JSON, Request, Response
from tests.support.results import result_at, status

NOON = 1_790_000_000_000
SERVICE = load().service("useapi")
validator = load().validator

CREATE, TASKS, SCHEDULER = "/v1/kling/images/omni", "/v1/kling/tasks", "/v1/kling/scheduler"
ASSETS, UPLOADED, ACCOUNTS = "/v1/kling/assets", "/v1/kling/assets/uploaded", "/v1/kling/accounts"

SEED = {
    "email": "[email protected]",
    "prompt": "A woman @image_1 dancing elegantly in a ballroom",
    "resolution": "2k",
    "aspect_ratio": "16:9",
    "imageCount": 1,
    "image_1": "https://s21-kling.klingai.com/ai-platform/xxx/xxx.jpg",
}
SEED_ARGUMENTS = [
    {"name": "prompt", "value": "A woman Image1 dancing elegantly in a ballroom"},
    {"name": "rich_prompt", "value": "A woman <<<image_1>>> dancing elegantly in a ballroom"},
    {"name": "kolors_version", "value": "o1"},
    {"name": "img_resolution", "value": "2k"},
    {"name": "aspect_ratio", "value": "16:9"},
    {"name": "imageCount", "value": "1"},
]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that fits its schema."""

    status: int
    json: JSON
    rules: list[str]
    response: Response


class Client:
    """A client of one token. Time stands still until the test moves it; each answer is held against the contract."""

    def __init__(self, token: str = "user:12345-abcdef", **settings: Any) -> None:
        self.fake = Fake(Settings(services=("useapi",), seed=1, **settings), clock=Clock(lambda: NOON))
        self.fake.clock.freeze()
        self.token = token

    def send(self, method: str, path: str, body: bytes = b"", query: str = "", **headers: str | None) -> Answer:
        usual: dict[str, str | None] = {"host": "127.0.0.1:8080", "authorization": f"Bearer {self.token}"}
        named = {name.replace("_", "-"): value for name, value in {**usual, **headers}.items()}
        sent = {name: value for name, value in named.items() if value is not None}
        response = self.fake.respond(Request(method, path, query, sent, body))
        entry = next(iter(self.fake.world.journal))
        if response.status >= 400:
            file = SERVICE.refusal
        else:
            assert entry.operation is not None
            found = SERVICE.operations[entry.operation].answer
            if found is None:
                return Answer(response.status, None, [], response)
            file = found
        answer = json.loads(response.body)
        assert [error.message for error in validator(file).iter_errors(answer)] == []
        rules = list(filter(None, response.headers.get("mockserver-rule", "").split(", ")))
        return Answer(response.status, answer, rules, response)

    def get(self, path: str, query: str = "") -> Answer:
        return self.send("GET", path, query=query)

    def delete(self, path: str, query: str = "") -> Answer:
        return self.send("DELETE", path, query=query)

    def post(self, payload: JSON) -> Answer:
        return self.send("POST", CREATE, json.dumps(payload).encode(), content_type="application/json")

    def create(self, **fields: JSON) -> Answer:
        return self.post({"prompt": "A cat", **fields})

    def form(self, fields: dict[str, Any]) -> Answer:
        part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        body = "".join(part.format(*item) for item in fields.items()) + "--b--\r\n"
        return self.send("POST", CREATE, body.encode(), content_type="multipart/form-data; boundary=b")

    def made(self, **fields: JSON) -> int:
        """Create a task that is accepted, and return its id."""
        answer = self.create(**fields)
        assert answer.status == 200, answer.json
        return int(answer.json["task"]["id"])

    def upload(self, content: bytes, kind: str = "image/png", query: str = "") -> Answer:
        return self.send("POST", ASSETS, content, query, content_type=kind)

    def task(self, id: int, query: str = "") -> Any:
        answer = self.get(f"{TASKS}/{id}", query)
        assert answer.status == 200, answer.json
        return answer.json

    def wait(self, span: int = 2000) -> None:
        self.fake.clock.advance(span)

    def fail(self, id: int, reason: str | None = None) -> None:
        task = self.fake.world.tasks.get("useapi", str(id))
        assert task is not None
        self.fake.world.force(task, "failed", self.fake.clock.now(), reason)

    def callbacks(self) -> list[Any]:
        found = [json.loads(delivery.body) for delivery in self.fake.delivered()]
        for body in found:
            assert [error.message for error in validator("useapi/callback.json").iter_errors(body)] == []
        return found

    def fetched(self, url: str) -> bytes:
        """Follow a result's URL."""
        found = result_at(self.fake, url.removeprefix("http://127.0.0.1:8080"))
        assert isinstance(found, Result), found
        return render(found.artifact)


@pytest.fixture
def client() -> Client:
    return Client()


def reading(**chosen: str) -> Client:
    return Client(readings={id.replace("_", "-"): answer for id, answer in chosen.items()})


def picture(width: int = 300, height: int = 300, kind: str = "PNG") -> bytes:
    content = BytesIO()
    Image.new("L", (width, height), 128).save(content, kind)
    return content.getvalue()


def arguments(answer: JSON) -> dict[str, str]:
    return {item["name"]: item["value"] for item in answer["task"]["taskInfo"]["arguments"]}


# --- the example of the page


def test_the_example_is_answered_as_printed() -> None:
    answer = reading(edition="2025").post(SEED)
    task = answer.json["task"]
    assert (answer.status, answer.rules) == (200, [])
    assert task["taskInfo"] == {
        "type": "mmu_omni_image",
        "inputs": [
            {
                "name": "image_1",
                "inputType": "URL",
                "token": None,
                "blobStorage": None,
                "url": SEED["image_1"],
                "cover": None,
                "fromWorkId": None,
            }
        ],
        "arguments": SEED_ARGUMENTS,
        "extraArgs": {},
        "callbackPayloads": [],
        "scene": "NORMAL_CREATION",
    }
    assert (task["type"], task["scene"], task["createTime"], task["updateTime"]) == (
        "mmu_omni_image",
        "NORMAL_CREATION",
        NOON,
        NOON,
    )
    assert {name: answer.json[name] for name in answer.json.keys() - {"task"}} == {
        "works": [],
        "status": 5,
        "status_name": "submitted",
        "status_final": False,
        "message": "",
        "limitation": {"type": "mmu_omni_image", "remaining": 10000, "limit": 10000},
        "userPoints": {"points": [], "total": 0},
        "userTickets": {"ticket": []},
        "editProject": None,
    }


def test_the_example_is_the_same_as_a_form() -> None:
    one, other = Client().post(SEED), Client().form(SEED)
    assert (one.status, one.json) == (other.status, other.json)


@pytest.mark.parametrize("how", ["post", "form"])
def test_the_example_ends_in_a_picture_of_its_ratio(client: Client, how: str) -> None:
    id = getattr(client, how)(SEED).json["task"]["id"]
    client.wait()
    answer = client.task(id)
    (work,) = answer["works"]
    with Image.open(BytesIO(client.fetched(work["resource"]["resource"]))) as image:
        assert image.size == (work["resource"]["width"], work["resource"]["height"])
        assert image.size == (2720, 1536)
    assert (answer["message"], answer["etaTime"], work["taskId"]) == ("success", 0, id)


def test_what_curl_sends_there_lacks_the_count_and_gets_one_image() -> None:
    answer = reading(edition="2025").post({name: value for name, value in SEED.items() if name != "imageCount"})
    assert answer.json["task"]["taskInfo"]["arguments"] == SEED_ARGUMENTS


def test_the_form_of_the_service_takes_no_files(client: Client) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="image_1"; filename="a.png"\r\n\r\nPNG\r\n--b--\r\n'
    answer = client.send("POST", CREATE, part, content_type="multipart/form-data; boundary=b")
    assert answer.status == 400
    assert "image_1 is a file" in answer.json["error"]


# --- the traps K-1 to K-15


def test_k1_the_end_is_called_succeed(client: Client) -> None:
    id = client.made()
    client.wait()
    assert client.task(id)["status_name"] == "succeed"


@pytest.mark.parametrize("age", [0, 499, 500, 1999, 2000, 9000])
def test_k2_the_status_stands_twice_and_agrees(client: Client, age: int) -> None:
    id = client.made()
    client.wait(age)
    answer = client.task(id)
    fields = ("status", "status_name", "status_final")
    assert [answer[name] for name in fields] == [answer["task"][name] for name in fields]
    assert answer["status_final"] is (age >= 2000)


@pytest.mark.parametrize("count", [1, 9, "3", 2.0])
def test_k3_a_number_goes_in_and_a_text_comes_out(client: Client, count: JSON) -> None:
    id = client.made(imageCount=count)
    client.wait()
    answer = client.task(id)
    assert arguments(answer)["imageCount"] == str(int(count))
    assert len(answer["works"]) == int(count)


def test_k4_resolution_and_omni_version_change_their_names(client: Client) -> None:
    said = arguments(client.create(resolution="2k", omni_version="o1").json)
    assert (said["img_resolution"], said["kolors_version"]) == ("2k", "o1")
    assert not said.keys() & {"resolution", "omni_version"}


def test_k5_the_tenth_image_is_not_the_first_and_a_nought(client: Client) -> None:
    images = {f"image_{number}": f"https://example.com/{number}.jpg" for number in range(1, 11)}
    answer = client.create(prompt="@image_10 @image_1 @image_1.", **dict(reversed(images.items()))).json
    assert arguments(answer)["prompt"] == "Image10 Image1 Image1."
    assert arguments(answer)["rich_prompt"] == "<<<image_10>>> <<<image_1>>> <<<image_1>>>."
    assert [(item["name"], item["url"]) for item in answer["task"]["taskInfo"]["inputs"]] == list(images.items())


def test_k6_moderation_is_a_500_that_only_error_tells_apart(client: Client) -> None:
    answer = client.create(prompt="A cat [[mock: moderation]]")
    assert (answer.status, answer.json) == (
        500,
        {
            "error": "The content you uploaded appears to violate the community guidelines. (CM_EXT.POther)",
            "message": "Service busy (CM_EXT.POther)",
        },
    )
    assert client.get(TASKS).json == {"history": []}


def test_k7_a_404_means_another_thing_on_create_poll_and_delete(client: Client) -> None:
    lost = client.create(prompt="@image_1", image_1="http://127.0.0.1:8080/results/uploads/1.png")
    polled, deleted = client.get(f"{TASKS}/123456789"), client.delete(f"{TASKS}/123456789")
    assert [lost.status, polled.status, deleted.status] == [404, 404, 404]
    assert lost.json["error"].endswith("(VALID.ResourceNotFound)")
    assert lost.json["message"] == "Not Found"
    assert deleted.json == {"error": "No works found for task 123456789"}


def test_k8_a_400_has_no_code_and_a_401_has(client: Client) -> None:
    assert client.post({}).json == {"error": "prompt is required"}
    unauthorized = client.send("POST", CREATE, authorization=None)
    assert (unauthorized.status, unauthorized.json) == (401, {"error": "Unauthorized", "code": 401})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", CREATE),
        ("GET", f"{TASKS}/123456789"),
        ("DELETE", f"{TASKS}/123456789"),
        ("GET", TASKS),
        ("POST", ASSETS),
        ("GET", UPLOADED),
    ],
)
def test_k9_with_several_accounts_every_call_names_one(method: str, path: str) -> None:
    client = reading(several_accounts="several")
    payload = b'{"prompt": "A cat"}' if path == CREATE else b""
    kind = "application/json" if path == CREATE else "image/png"
    answer = client.send(method, path, payload, content_type=kind)
    assert (answer.status, answer.json) == (400, {"error": "email is required"})
    assert answer.rules == ["email-with-several-accounts"]


def test_k10_like_things_are_spelled_unlike(client: Client) -> None:
    id = client.made()
    upload = client.upload(picture()).json
    client.wait()
    task, account = client.task(id), client.get(ACCOUNTS).json
    (listed,) = client.get(UPLOADED).json["uploadAssetsList"]
    (session,) = (each["session"] for each in account.values())
    assert client.create().json["userTickets"] == {"ticket": []}
    assert (type(task["task"]["userId"]), session["userId"]) == (int, str(task["task"]["userId"]))
    assert [type(work["workId"]) for work in task["works"]] == [int]
    assert (type(listed["id"]), listed["name"]) == (str, upload["fileName"])


def test_k11_items_may_be_there_before_the_end_with_an_empty_resource() -> None:
    client = reading(works_before_end="placeholders")
    created = client.create(imageCount=2)
    works = client.task(created.json["task"]["id"])["works"]
    assert created.json["works"] == []
    assert [work["resource"]["resource"] for work in works] == ["", ""]
    client.wait()
    after = client.task(created.json["task"]["id"])["works"]
    assert [work["workId"] for work in after] == [work["workId"] for work in works]
    assert all(work["resource"]["resource"].startswith("http://127.0.0.1:8080/results/") for work in after)


def test_k12_the_duration_of_an_image_is_nought(client: Client) -> None:
    id = client.made()
    client.wait()
    assert [work["resource"]["duration"] for work in client.task(id)["works"]] == [0]


def test_k13_an_image_is_uploaded_with_3_and_a_video_with_1(client: Client) -> None:
    film = render(Film("1", 0, "A cat", 160, 90, 3))
    image, video = client.upload(picture()), client.upload(film, "video/mp4")
    assert (image.json["status"], video.json["status"]) == (3, 1)
    assert image.json.keys() == {"status", "url", "message", "fileName"}
    assert client.fetched(video.json["resourceUrl"]) == film
    with Image.open(BytesIO(client.fetched(video.json["coverUrl"]))) as cover:
        assert cover.format == "JPEG"


def test_k14_what_is_no_longer_tracked_goes_on() -> None:
    client = Client(slots=1)
    id = client.made(replyUrl="https://example.com/hook", replyRef="order-17")
    assert [body["status_name"] for body in client.callbacks()] == ["submitted"]
    assert client.create().status == 429
    stopped = client.delete(f"{SCHEDULER}/{id}")
    assert (stopped.status, stopped.response.body) == (200, b"")
    assert client.get(SCHEDULER).json == []
    assert client.create().status == 200
    client.wait()
    assert client.callbacks() == []
    assert client.task(id)["status_name"] == "succeed"
    assert client.delete(f"{SCHEDULER}/{id}").json == {"error": f"Unable to locate running task_id {id}"}


def test_k15_an_asset_is_only_there_for_the_account_that_uploaded_it(client: Client) -> None:
    url = client.upload(picture()).json["url"]
    assert client.create(prompt="@image_1", image_1=url).status == 200
    client.token = "user:2-another"
    assert client.create(prompt="@image_1", image_1=url).status == 404
    assert client.get(UPLOADED).json == {"uploadAssetsList": []}


def test_k15_holds_between_two_accounts_of_one_token_too() -> None:
    client = reading(several_accounts="several")
    url = client.upload(picture(), query="email=first%40example.com").json["url"]
    statuses = [
        client.create(prompt="@image_1", image_1=url, email=email).status
        for email in ("first@example.com", "second@example.com")
    ]
    assert statuses == [200, 404]


# --- the prompt and the arguments


@pytest.mark.parametrize(
    ("prompt", "sent", "expected"),
    [
        ("no reference", ["image_1"], "no reference"),
        ("@image_1@image_1", ["image_1"], "<1><1>"),
        ("@image_2 is not there", ["image_1"], "@image_2 is not there"),
        ("@image_100 @image_11 @image_01 @image_0", ["image_1", "image_10"], "@image_100 @image_11 @image_01 @image_0"),
        ("@image_1x, @image_1_2 and a@image_1", ["image_1"], "<1>x, <1>_2 and a<1>"),
        ("@IMAGE_1 @image_ @image_\u0661", ["image_1"], "@IMAGE_1 @image_ @image_\u0661"),
        ("猫@image_1猫 \U0001f600@image_3", ["image_1", "image_3"], "猫<1>猫 \U0001f600<3>"),
        (r"\1 {} {0} %s @image_1", ["image_1"], r"\1 {} {0} %s <1>"),
    ],
)
def test_a_reference_is_rewritten_when_its_image_was_sent(prompt: str, sent: list[str], expected: str) -> None:
    assert rewritten(prompt, dict.fromkeys(sent), {"@image_%": "<%>"}) == expected


@given(st.lists(st.sampled_from(["@image_1", "@image_10", "@image_2", "0", "a", " ", "@", "猫", "\U0001f600"])))
def test_rewriting_can_be_undone(parts: list[str]) -> None:
    prompt, sent = "".join(parts), {f"image_{number}": "" for number in range(1, 11)}
    assert re.sub(r"<<<(image_[0-9]+)>>>", r"@\1", rewritten(prompt, sent, {"@image_%": "<<<image_%>>>"})) == prompt


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="@["), min_size=1, max_size=1700))
def test_any_text_comes_back_unchanged(prompt: str) -> None:
    answer = CLIENT.create(prompt=prompt)
    assert answer.status == 200, answer.json
    assert (arguments(answer.json)["prompt"], arguments(answer.json)["rich_prompt"]) == (prompt, prompt)


CLIENT = Client()


def test_what_was_not_sent_is_shown_with_its_default(client: Client) -> None:
    assert list(arguments(client.create().json).values())[2:] == ["v3", "1k", "auto", "1"]


def test_what_was_not_sent_may_be_left_out() -> None:
    said = arguments(reading(defaults_in_arguments="no").create(resolution="2k").json)
    assert said == {"prompt": "A cat", "rich_prompt": "A cat", "kolors_version": "v3", "img_resolution": "2k"}


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_in_a_field_is_as_good_as_no_field(client: Client, value: JSON) -> None:
    fields = ["resolution", "aspect_ratio", "imageCount", "image_1", "replyUrl", "replyRef", "maxJobs", "unlimited"]
    answer = client.create(**dict.fromkeys(fields, value))
    noted = [f"{name}.null" for name in fields] if value is None else []
    assert (answer.status, answer.rules) == (200, noted)
    assert arguments(answer.json) == arguments(client.create().json)
    assert client.create(prompt=value).json == {"error": "prompt is required"}


def test_nothing_in_a_field_may_be_refused() -> None:
    assert reading(null_field="refused").create(resolution=None).rules == ["resolution.enum"]
    assert reading(empty_field="refused").create(resolution="").rules == ["resolution.enum"]
    assert reading(empty_field="refused").create(prompt="").json == {"error": "prompt is required"}


def test_a_number_as_text_may_be_refused() -> None:
    assert reading(number_as_text="refused").create(imageCount="2").rules == ["imageCount.type"]


def test_a_form_has_nothing_but_text(client: Client) -> None:
    answer = client.form({"prompt": "A cat", "imageCount": "2", "unlimited": "false", "maxJobs": "5", "email": ""})
    assert (answer.status, answer.rules) == (200, [])
    assert arguments(answer.json)["imageCount"] == "2"


@pytest.mark.parametrize("name", ["email", "maxJobs", "replyUrl", "replyRef", "unlimited"])
def test_what_is_for_useapi_alone_is_no_argument(client: Client, name: str) -> None:
    values = {"maxJobs": 5, "unlimited": True, "replyUrl": "https://example.com/hook"}
    assert name not in arguments(client.create(**{name: values.get(name, "x@example.com")}).json)


# --- rules on the wire


@pytest.mark.parametrize("rule", SERVICE.operations["useapi/omni-image.create"].rules, ids=lambda rule: rule.id)
def test_what_breaks_a_rule_is_answered_as_its_level_says(rule: Any) -> None:
    client = Client(readings={"number-as-text": "refused", "null-field": "refused", "empty-field": "refused"})
    _, broken = vectors(rule, SERVICE.operations[rule.operation].schema)
    for payload in broken if rule.level != "off" else ():
        answer = client.post(payload)
        assert (answer.status, answer.rules) == (400 if rule.level == "error" else 200, [rule.id])


def test_a_dangling_reference_stays_and_is_recorded(client: Client) -> None:
    answer = client.create(prompt="@image_1 and @image_2", image_1="https://example.com/1.jpg")
    assert answer.rules == ["references-exist"]
    assert arguments(answer.json)["prompt"] == "Image1 and @image_2"


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"prompt": "@image_1"}, "references-exist"),
        ({"prompt": "@image_2", "image_2": "https://example.com/2.jpg"}, "images-without-gaps"),
        ({"prompt": "A cat", "image_1": "https://example.com/1.jpg"}, "images-are-named"),
    ],
)
def test_images_that_do_not_match_the_prompt_may_be_refused(fields: dict[str, JSON], rule: str) -> None:
    answer = reading(dangling_reference="refused").create(**fields)
    assert (answer.status, answer.rules) == (400, [rule])


def test_an_eleventh_image_is_accepted_recorded_and_not_used(client: Client) -> None:
    answer = client.create(image_11="https://example.com/11.jpg")
    assert (answer.status, answer.rules) == (200, ["additionalProperties"])
    assert answer.json["task"]["taskInfo"]["inputs"] == []


@pytest.mark.parametrize(("unit", "status"), [("code-points", 200), ("utf-16", 400)])
def test_characters_are_code_points_or_utf_16_units(unit: str, status: int) -> None:
    answer = reading(prompt_unit=unit).create(prompt="\U0001f600" * 851)
    assert (answer.status, answer.rules) == (status, ["prompt.x-utf16-length"])
    assert reading(prompt_unit=unit).create(prompt="\U0001f600" * 850).rules == []


@pytest.mark.parametrize(("chosen", "status"), [("ignored", 200), ("refused", 400)])
def test_unlimited_is_for_few(chosen: str, status: int) -> None:
    answer = reading(unlimited_eligible=chosen).create(unlimited=True)
    assert (answer.status, answer.rules) == (status, ["unlimited-is-for-few"])


NEW: list[dict[str, JSON]] = [
    {"omni_version": "v3"},
    {"omni_version": "v4", "resolution": "8k"},
    {"omni_version": "v4", "story_mode": True, "imageCount": 10},
    {"omni_version": "v4", "skill": "web_design", "resolution": "1k"},
    {"omni_version": "v4", "prompt": "@style:ink @tone:warm @font:serif a cat"},
    {"resolution": "4k"},
    {"aspect_ratio": "auto"},
    {"element_1": "901"},
    {"skill": "web_design"},
    {"story_mode": True, "prompt": "@image_1", "image_1": "https://example.com/1.jpg"},
]


@pytest.mark.parametrize("fields", NEW, ids="-".join)
def test_what_came_in_2026_is_not_of_2025(fields: dict[str, JSON]) -> None:
    before, after = reading(edition="2025").create(**fields), Client().create(**fields)
    of_2025 = ((400, ["values-of-2025"]), (200, ["fields-of-2026"]), (200, ["skill-is-for-v4"]))
    assert (before.status, before.rules) in of_2025
    of_2026 = (400, ["skill-is-for-v4"]) if fields == {"skill": "web_design"} else (200, [])
    assert (after.status, after.rules) == of_2026


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"resolution": "4k", "omni_version": "o1"}, "v3-for-4k"),
        ({"aspect_ratio": "auto", "omni_version": "o1"}, "v3-for-auto"),
        ({**NEW[-1], "omni_version": "o1"}, "v3-for-story"),
        ({"story_mode": True}, "story-needs-reference"),
        ({"resolution": "8k"}, "v4-for-8k"),
        ({"resolution": "8k", "omni_version": "v3"}, "v4-for-8k"),
        ({"resolution": "1k", "omni_version": "v4"}, "v4-from-2k"),
        ({"imageCount": 10}, "nine-images"),
        ({"imageCount": 10, "omni_version": "v4"}, "nine-images"),
        ({"imageCount": 1, "omni_version": "v4", "story_mode": True}, "v4-story-from-two"),
        ({"imageCount": 11, "omni_version": "v4", "story_mode": True}, "imageCount.maximum"),
        ({"omni_version": "v4", "skill": "product_detail"}, "product-detail-needs-image"),
        ({"omni_version": "v4", "skill": "portrait"}, "skill.enum"),
    ],
)
def test_what_came_in_2026_is_for_its_version(fields: dict[str, JSON], rule: str) -> None:
    answer = Client().create(**fields)
    assert (answer.status, answer.rules) == (400, [rule])


def test_a_story_of_v4_has_ten_images_of_8k() -> None:
    client = Client()
    id = client.made(omni_version="v4", resolution="8k", aspect_ratio="1:1", story_mode=True, imageCount=10)
    client.wait()
    works = client.task(id)["works"]
    assert [(work["resource"]["width"], work["resource"]["height"]) for work in works] == [(8192, 8192)] * 10


@pytest.mark.parametrize(
    ("edition", "fields", "expected"),
    [
        ("2026", {}, ["v3", "1k", "auto", "1"]),
        ("2026", {"omni_version": "o1"}, ["o1", "1k", "16:9", "1"]),
        ("2026", {"omni_version": "v4"}, ["v4", "2k", "auto", "1"]),
        ("2025", {}, ["o1", "1k", "16:9", "1"]),
        ("2025", {"omni_version": ""}, ["o1", "1k", "16:9", "1"]),
    ],
)
def test_defaults_are_those_of_the_edition_and_the_version(
    edition: str, fields: dict[str, JSON], expected: list[str]
) -> None:
    assert list(arguments(reading(edition=edition).create(**fields).json).values())[2:] == expected


def test_the_defaults_of_2026_are_those_of_v3() -> None:
    client = reading(edition="2026")
    assert list(arguments(client.create().json).values())[2:] == ["v3", "1k", "auto", "1"]
    assert list(arguments(client.create(omni_version="o1").json).values())[2:] == ["o1", "1k", "16:9", "1"]
    id = client.made(resolution="4k", aspect_ratio="auto")
    client.wait()
    resource = client.task(id)["works"][0]["resource"]
    assert abs(resource["width"] * resource["height"] / 4096**2 - 1) < 0.01


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"prompt": "a", "prompt": "b"}', "application/json", 400),
        (b'{"prompt": "\xff"}', "application/json", 400),
        (b"[" * 10_000, "application/json", 400),
        (b"--b\r\n", "multipart/form-data", 400),
        (b"prompt=a", "application/x-www-form-urlencoded", 400),
        (b'{"prompt": "a"}', None, 400),
    ],
)
def test_a_body_that_is_none_gets_an_error_alone(client: Client, body: bytes, kind: str | None, status: int) -> None:
    answer = client.send("POST", CREATE, body, content_type=kind)
    assert (answer.status, answer.json.keys()) == (status, {"error"})


def test_without_a_content_type_a_body_may_be_json() -> None:
    answer = reading(content_type="accepted").send("POST", CREATE, b'{"prompt": "a"}')
    assert answer.status == 200


def test_a_body_over_the_limit_is_413() -> None:
    assert Client(max_body=10).create().status == 413


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/kling/features"), ("PUT", CREATE)])
def test_what_is_not_there_gets_an_error_alone(client: Client, method: str, path: str) -> None:
    answer = client.send(method, path)
    assert (answer.status, answer.json.keys()) in ((404, {"error"}), (405, {"error"}))


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer a b"])
@pytest.mark.parametrize("operation", SERVICE.operations.values(), ids=lambda operation: operation.name)
def test_no_operation_is_open(client: Client, operation: Any, authorization: str | None) -> None:
    path = operation.path.replace("{task_id}", "123456789")
    answer = client.send(operation.method, path, authorization=authorization)
    assert (answer.status, answer.json) == (401, {"error": "Unauthorized", "code": 401})


def test_with_keys_only_those_enter_and_the_colon_is_part_of_the_token() -> None:
    client = Client("user:1-a", keys=(Key.parse("user:1-a"),))
    assert client.create().status == 200
    client.token = "user:1-b"
    assert client.create().status == 401


@pytest.mark.parametrize("row", SERVICE.errors.values(), ids=lambda row: row.id)
def test_every_row_of_the_error_table_fits_the_schema(row: Any) -> None:
    assert validator(SERVICE.refusal).is_valid(dict(row.body))
    assert ("code" in row.body) is (row.status in (401, 402) or row.id == "reply-url-too-long")


# --- the life of a task


def test_the_times_to_go_get_shorter_until_they_are_nought(client: Client) -> None:
    created = client.create()
    id, seen = created.json["task"]["id"], []
    for _ in range(5):
        seen.append(client.task(id))
        client.wait(500)
    assert "etaTime" not in created.json
    assert [answer["etaTime"] for answer in seen] == [2, 2, 1, 1, 0]
    assert [answer["queuingEtaTime"] for answer in seen] == [1, 0, 0, 0, 0]
    assert [answer["originEtaTime"] for answer in seen] == [2, 2, 2, 2, 0]


def test_the_times_to_go_may_be_in_milliseconds() -> None:
    client = reading(eta_unit="milliseconds")
    id = client.made()
    client.wait(700)
    answer = client.task(id)
    assert (answer["etaTime"], answer["originEtaTime"], answer["originQueuingEtaTime"]) == (1300, 2000, 500)


def test_a_task_moves_with_each_look_when_the_pace_says_so() -> None:
    client = Client(pace="polls:1")
    id = client.made()
    assert [client.task(id)["status_name"] for _ in range(3)] == ["processing", "succeed", "succeed"]


@pytest.mark.parametrize(
    ("status", "question", "numbers"),
    [
        ("processing", "processing-number", ["10", "5", "20"]),
        ("failed", "failed-number", ["50", "6", "7", "9", "53", "54", "58"]),
    ],
)
def test_the_numbers_that_nobody_documents_can_be_chosen(status: str, question: str, numbers: list[str]) -> None:
    assert list(SERVICE.questions[question].readings) == numbers
    for number in numbers:
        client = Client(readings={question: number})
        id = client.made()
        client.wait(500)
        if status == "failed":
            client.fail(id)
        answer = client.task(id)
        assert (answer["status"], answer["status_name"]) == (int(number), status)


def test_a_failed_task_says_why_and_has_no_works(client: Client) -> None:
    id = client.made()
    client.wait(700)
    client.fail(id, "Something of ours (CM_EXT.POther)")
    answer = client.task(id)
    assert (answer["status_final"], answer["works"], answer["etaTime"]) == (True, [], 0)
    assert (answer["error"], answer["message"]) == (
        "Something of ours (CM_EXT.POther)",
        "Service busy (CM_EXT.POther)",
    )
    assert client.delete(f"{TASKS}/{id}").json == {"error": f"No works found for task {id}"}


def test_a_failed_task_may_vanish() -> None:
    client = reading(failed_task="vanished")
    id = client.made()
    client.fail(id)
    assert client.get(f"{TASKS}/{id}").status == 404


@pytest.mark.parametrize(("chosen", "is_same"), [("blank", False), ("picture", True)])
def test_the_cover_of_an_image_is_blank_or_the_image(chosen: str, is_same: bool) -> None:
    client = reading(image_cover=chosen)
    id = client.made()
    client.wait()
    (work,) = client.task(id)["works"]
    assert (work["cover"] == work["resource"]) is is_same
    assert is_same or (work["cover"]["height"], work["cover"]["width"]) == (1, 1)


def test_a_final_task_is_told_the_same_however_often_it_is_asked_for(client: Client) -> None:
    id = client.made(imageCount=3)
    client.wait()
    first = client.task(id)
    client.wait(60_000)
    assert client.task(id) == first
    assert first["task"]["viewTime"] >= first["task"]["createTime"]


def test_works_have_ids_that_no_other_work_has(client: Client) -> None:
    ids = [client.made(imageCount=9) for _ in range(20)]
    client.wait()
    works = [work["workId"] for id in ids for work in client.task(id)["works"]]
    assert len(set(works)) == len(works) == 180


@pytest.mark.parametrize("path", [TASKS, SCHEDULER])
@pytest.mark.parametrize("id", ["first", "-1", "1.5", "%31x", "9" * 19, "\u0661"])
def test_an_id_that_is_no_number_is_a_400(client: Client, path: str, id: str) -> None:
    answer = client.delete(f"{path}/{id}")
    assert (answer.status, answer.json) == (400, {"error": "Invalid task_id parameter"})


def test_a_deleted_task_is_gone_with_its_results(client: Client) -> None:
    id = client.made(imageCount=2)
    client.wait()
    works = client.task(id)["works"]
    deleted = client.delete(f"{TASKS}/{id}")
    assert deleted.json == {"deleted": 2, "workIds": [work["workId"] for work in works]}
    assert client.get(f"{TASKS}/{id}").status == 404
    assert client.get(TASKS).json == {"history": []}
    assert status(result_at(client.fake, works[0]["resource"]["resource"].removeprefix("http://127.0.0.1:8080"))) == 404


def test_nobody_sees_the_tasks_of_another_token(client: Client) -> None:
    id = client.made(replyRef="mine")
    client.token = "user:2-another"
    assert client.get(f"{TASKS}/{id}").status == 404
    assert client.delete(f"{SCHEDULER}/{id}").status == 404
    assert (client.get(TASKS).json, client.get(SCHEDULER).json) == ({"history": []}, [])


def test_two_tasks_may_have_one_reference(client: Client) -> None:
    one, other = client.made(replyRef="order-17"), client.made(replyRef="order-17")
    assert [item["id"] for item in client.get(SCHEDULER).json] == [other, one]


# --- the list


def test_the_list_is_newest_first_and_as_long_as_asked_for(client: Client) -> None:
    ids = []
    for _ in range(250):
        ids.append(client.made())
        client.wait(1)
    found = [item["task"]["id"] for item in client.get(f"{TASKS}/", "pageSize=240").json["history"]]
    assert found == ids[:9:-1]
    assert len(client.get(TASKS).json["history"]) == 20


def test_the_list_ends_at_a_time_or_begins_at_one(client: Client) -> None:
    ids = []
    for _ in range(4):
        ids.append(client.made())
        client.wait(100)
    before = client.get(TASKS, f"createdBefore={NOON + 200}").json["history"]
    after = client.get(TASKS, f"createdAfter={NOON + 200}").json["history"]
    assert [item["task"]["id"] for item in before] == [ids[1], ids[0]]
    assert [item["task"]["id"] for item in after] == [ids[3]]
    both = client.get(TASKS, f"createdAfter={NOON}&createdBefore={NOON}")
    assert (both.status, both.rules) == (400, ["before-or-after"])


@pytest.mark.parametrize(("kind", "count"), [("image", 1), ("video", 0), ("audio", 0)])
def test_the_list_can_be_of_one_kind(client: Client, kind: str, count: int) -> None:
    client.made()
    assert len(client.get(TASKS, f"contentType={kind}").json["history"]) == count


@pytest.mark.parametrize("query", ["contentType=film", "pageSize=0", "pageSize=x", "createdAfter=today"])
def test_a_list_of_something_else_is_a_400(client: Client, query: str) -> None:
    assert client.get(TASKS, query).status == 400


# --- callbacks


def test_each_change_is_reported_as_a_query_would_show_it(client: Client) -> None:
    id = client.made(replyUrl="https://example.com/hook?job=7", replyRef="order-17")
    reports = []
    for _ in range(5):
        for report in client.callbacks():
            reports.append(report["status_name"])
            assert report == {**client.task(id), "replyRef": "order-17"}
        client.wait(500)
    assert reports == ["submitted", "processing", "succeed"]
    assert {delivery.url for delivery in client.fake.world.callbacks.deliveries} == {"https://example.com/hook?job=7"}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("every-change", ["submitted", "processing", "failed"]),
        ("after-created", ["processing", "failed"]),
        ("end-only", ["failed"]),
    ],
)
def test_which_changes_are_reported_can_be_chosen(chosen: str, expected: list[str]) -> None:
    client = reading(callback_on=chosen)
    id = client.made(replyUrl="https://example.com/hook")
    client.wait(500)
    reports = client.callbacks()
    client.fail(id)
    assert [report["status_name"] for report in [*reports, *client.callbacks()]] == expected


@pytest.mark.parametrize("place", ["root", "request", "response"])
def test_the_reference_is_where_a_receiver_looks_for_it(place: str) -> None:
    client = reading(reply_ref_place=place)
    client.made(replyUrl="https://example.com/hook", replyRef="order-17")
    (report,) = client.callbacks()
    assert (report if place == "root" else report[place])["replyRef"] == "order-17"


def test_a_long_reference_comes_back_whole(client: Client) -> None:
    reference = "猫" * 5000
    client.made(replyUrl="https://example.com/hook", replyRef=reference)
    assert client.callbacks()[0]["replyRef"] == reference


@pytest.mark.parametrize(("retries", "count"), [("0", 0), ("3", 3), ("standard-webhooks", 9)])
def test_a_report_is_not_repeated_unless_a_reading_says_so(retries: str, count: int) -> None:
    client = reading(callback_retries=retries)
    client.made(replyUrl="https://example.com/hook")
    assert [len(delivery.pauses) for delivery in client.fake.delivered()] == [count]


def test_a_report_is_not_signed_unless_a_reading_says_so() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    for chosen, count in (("no", 0), ("yes", 3)):
        client = Client(webhook_secret=secret, readings={"callback-signed": chosen})
        client.made(replyUrl="https://example.com/hook")
        (delivery,) = client.fake.delivered()
        assert len(client.fake.signature(delivery)) == count


# --- the scheduler and its slots


def test_the_scheduler_shows_what_is_in_flight(client: Client) -> None:
    first = client.made(email="me@example.com", replyUrl="https://example.com/hook", replyRef="order-17")
    client.wait(1234)
    second = client.made()
    assert client.get(SCHEDULER).json == [
        {"id": second, "email": "first@example.com", "started": "2026-09-21T14:13:21.234Z", "elapsed": "00:00"},
        {
            "id": first,
            "email": "me@example.com",
            "started": "2026-09-21T14:13:20.000Z",
            "elapsed": "00:01",
            "replyUrl": "https://example.com/hook",
            "replyRef": "order-17",
        },
    ]
    client.wait(1000)
    assert [item["id"] for item in client.get(SCHEDULER).json] == [second]


def test_a_task_is_tracked_for_an_hour() -> None:
    client = Client(pace="polls:9")
    id = client.made()
    client.wait(60 * 60 * 1000 - 1)
    assert [item["elapsed"] for item in client.get(SCHEDULER).json] == ["59:59"]
    client.wait(1)
    assert client.get(SCHEDULER).json == []
    assert client.delete(f"{SCHEDULER}/{id}").status == 404


@pytest.mark.parametrize(("slots", "most"), [(None, 50), (3, 3), (70, 50)])
def test_what_is_available_is_what_is_not_executing(slots: int | None, most: int) -> None:
    client = Client(slots=slots)
    client.made()
    client.made(imageCount=9)
    answer = client.get(f"{SCHEDULER}/available").json
    assert len(answer["executing"]) == 2
    assert answer["available"] == [
        {"email": "first@example.com", "maxJobs": most, "executing": 2, "available": most - 2}
    ]


def test_what_stops_may_be_said_in_prose() -> None:
    client = reading(stop_answer="text")
    stopped = client.delete(f"{SCHEDULER}/{client.made()}").response
    assert (stopped.body, stopped.headers["content-type"]) == (b"Task was successfully canceled.", "text/plain")


def test_a_job_takes_one_slot_however_many_images_it_makes() -> None:
    client = Client(slots=2)
    assert [client.create(imageCount=9).status for _ in range(3)] == [200, 200, 429]
    client.wait()
    assert client.create().status == 200


@pytest.mark.parametrize(
    ("chosen", "slots", "jobs", "accepted"),
    [("replaces", 1, 3, 3), ("replaces", 3, 1, 1), ("lowers", 1, 3, 1), ("lowers", 3, 1, 1), ("lowers", None, 2, 2)],
)
def test_max_jobs_replaces_or_lowers_the_accounts_own(chosen: str, slots: int | None, jobs: int, accepted: int) -> None:
    client = Client(slots=slots, readings={"max-jobs": chosen})
    assert [client.create(maxJobs=jobs).status for _ in range(4)] == [200] * accepted + [429] * (4 - accepted)


@pytest.mark.parametrize(("chosen", "header"), [("absent", None), ("10", "10")])
def test_a_429_may_say_when_to_come_back(chosen: str, header: str | None) -> None:
    client = Client(slots=1, readings={"retry-after": chosen})
    client.made()
    answer = client.create()
    assert (answer.status, answer.response.headers.get("retry-after")) == (429, header)


# --- accounts


def test_the_one_account_goes_by_the_name_it_is_given(client: Client) -> None:
    assert list(client.get(ACCOUNTS).json) == ["first@example.com"]
    client.made(email="me@example.com")
    (account,) = client.get(ACCOUNTS).json.values()
    assert (account["email"], account["password"], account["maxJobs"]) == ("me@example.com", "…secured…", 50)


def test_each_of_several_accounts_has_its_own_tasks_and_slots() -> None:
    client = Client(slots=1, readings={"several-accounts": "several"})
    emails = list(client.get(ACCOUNTS).json)
    first, second = (client.made(email=email) for email in emails)
    assert [client.create(email=email).status for email in emails] == [429, 429]
    assert client.get(f"{TASKS}/{first}", f"email={emails[0]}").status == 200
    assert client.get(f"{TASKS}/{first}", f"email={emails[1]}").status == 404
    listed = client.get(TASKS, f"email={emails[1]}").json["history"]
    assert [item["task"]["id"] for item in listed] == [second]
    assert [each["executing"] for each in client.get(f"{SCHEDULER}/available").json["available"]] == [1, 1]


@pytest.mark.parametrize(("chosen", "status"), [("404", 404), ("400", 400), ("accepted", 200)])
def test_an_email_that_names_no_account_is_refused(chosen: str, status: int) -> None:
    client = reading(several_accounts="several", unknown_email=chosen)
    assert client.create(email="stranger@example.com").status == status


def test_without_an_email_the_account_with_less_to_do_may_be_taken() -> None:
    client = Client(slots=2, readings={"several-accounts": "balanced"})
    assert [client.create().status for _ in range(5)] == [200, 200, 200, 200, 429]
    emails = [item["email"] for item in client.get(SCHEDULER).json]
    assert sorted(emails) == ["first@example.com"] * 2 + ["second@example.com"] * 2


# --- assets


@pytest.mark.parametrize("kind", SERVICE.operations["useapi/assets.create"].uploads)
def test_each_type_has_a_limit_in_bytes(kind: str) -> None:
    limit = SERVICE.operations["useapi/assets.create"].uploads[kind]["bytes"]
    answer = Client(max_body=200_000_000).upload(bytes(limit + 1), kind)
    assert (answer.status, answer.json) == (400, {"error": f"The asset is larger than {limit} bytes"})


def test_what_is_too_large_may_be_a_413() -> None:
    assert reading(asset_too_large="413").upload(bytes(10_000_001)).status == 413


@pytest.mark.parametrize(("size", "status"), [((300, 300), 200), ((299, 300), 400), ((300, 299), 400)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_has_sides_of_300_pixels(client: Client, kind: str, size: tuple[int, int], status: int) -> None:
    assert client.upload(picture(*size, kind), f"image/{kind.lower()}").status == status


def test_a_picture_can_be_fetched_again(client: Client) -> None:
    content = picture(640, 480)
    answer = client.upload(content, "Image/PNG; charset=binary", "email=me%40example.com").json
    assert client.fetched(answer["url"]) == content
    (listed,) = client.get(UPLOADED).json["uploadAssetsList"]
    assert listed["resource"] == {
        "resource": answer["url"],
        "height": 480,
        "width": 640,
        "duration": 0,
        "resourceKey": "",
    }


@pytest.mark.parametrize("kind", SERVICE.operations["useapi/assets.create"].uploads)
@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n"])
def test_what_is_not_of_its_type_is_refused(client: Client, kind: str, content: bytes) -> None:
    assert client.upload(content, kind).status == 400
    assert len(client.fake.world.uploads) == 0


@pytest.mark.parametrize("kind", ["image/webp", "text/plain", "", None])
def test_other_types_are_named_and_refused(client: Client, kind: str | None) -> None:
    answer = client.send("POST", ASSETS, picture(), content_type=kind)
    assert answer.status == 400
    assert answer.json["error"] == (
        f"Content-Type {kind or 'none'} is not supported. Valid values: image/png,image/jpeg,video/mp4,"
        "video/quicktime,audio/wav,audio/wave,audio/mpeg,audio/mp4,audio/flac,audio/aac,audio/ogg"
    )


FORMS = {
    "audio/wav": ("wav", "pcm_s16le"),
    "audio/wave": ("wav", "pcm_s16le"),
    "audio/mpeg": ("mp3", "libmp3lame"),
    "audio/mp4": ("mp4", "aac"),
    "audio/flac": ("flac", "flac"),
    "audio/aac": ("adts", "aac"),
    "audio/ogg": ("ogg", "libopus"),
}


@cache
def silence(form: str, codec: str, seconds: int) -> bytes:
    import av

    content = BytesIO()
    with av.open(content, "w", format=form) as container:
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        for number in range(seconds * 50):
            frame = av.AudioFrame(stream.format.name, "mono", 960)
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 960, Fraction(1, 48_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return content.getvalue()


@pytest.mark.parametrize("kind", FORMS)
def test_a_sound_of_each_type_is_taken_and_lasts_up_to_30_seconds(client: Client, kind: str) -> None:
    short, long = (silence(*FORMS[kind], seconds) for seconds in (2, 32))
    answer = client.upload(short, kind)
    assert (answer.status, client.fetched(answer.json["url"])) == (200, short)
    (listed,) = client.get(UPLOADED, "contentType=audio").json["uploadAssetsList"]
    assert abs(listed["resource"]["duration"] - 2000) < 250
    assert client.upload(long, kind).status == 400


@pytest.mark.parametrize(("seconds", "status"), [(10, 200), (11, 400)])
def test_a_film_lasts_up_to_10_seconds(client: Client, seconds: int, status: int) -> None:
    film = render(Film("1", 0, "A cat", 160, 90, seconds))
    assert client.upload(film, "video/mp4").status == status
    assert client.upload(film, "video/quicktime").status == status


def test_a_sound_is_no_film_and_a_film_no_sound(client: Client) -> None:
    film = render(Film("1", 0, "A cat", 160, 90, 3))
    assert client.upload(film, "audio/mp4").status == 400
    assert client.upload(silence("mp4", "aac", 2), "video/mp4").status == 400


def test_uploads_come_in_pages_by_time_kind_and_name(client: Client) -> None:
    names = []
    for _ in range(5):
        names.append(client.upload(picture()).json["fileName"])
        client.wait(1)

    def listed(query: str) -> list[str]:
        return [item["name"] for item in client.get(UPLOADED, query).json["uploadAssetsList"]]

    assert listed("") == names[::-1]
    assert listed("sort=asc&pageSize=2&pageNum=2") == names[2:4]
    assert listed(f"fileName={names[3]}") == [names[3]]
    assert listed("contentType=video") == []


@pytest.mark.parametrize("query", ["pageNum=0", "pageSize=many", "contentType=text", "sort=up"])
def test_uploads_asked_for_wrongly_are_invalid_parameters(client: Client, query: str) -> None:
    answer = client.get(UPLOADED, query)
    assert (answer.status, answer.json) == (400, {"error": "Invalid parameters"})


def test_the_oldest_contents_go_when_there_is_no_more_room() -> None:
    uploads = Uploads(Documents(), most=3, room=10)
    kept = [Upload(str(id), "useapi", "a", "", "audio", "audio/wav", "wav", "", NOON, Measure()) for id in range(5)]
    for upload in kept:
        uploads.add(upload, b"1234")
    found = [uploads.find(upload.url) for upload in kept]
    assert [item is not None for item in found] == [False, False, False, True, True]
    assert [item.id for item in uploads] == ["4", "3", "2"]
    uploads.add(replace(kept[0], id="9"), b"x" * 11)
    assert [uploads.find(upload.url) for upload in kept] == [None] * 5
    uploads.clear("a")
    assert len(uploads) == 0


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://s21-kling.klingai.com/1.jpg", 200),
        ("https://klingai.com/1.jpg", 200),
        ("https://api.useapi.net/1.jpg", 200),
        ("https://example.com/1.jpg", 404),
        ("https://notklingai.com/1.jpg", 404),
        ("https://klingai.com.example/1.jpg", 404),
        ("https://klingai.com@example.com/1.jpg", 404),
        ("http://[klingai.com/1.jpg", 404),
    ],
)
def test_a_picture_of_a_stranger_may_not_be_found(url: str, status: int) -> None:
    answer = reading(foreign_image="404").create(prompt="@image_1", image_1=url)
    assert answer.status == status
    assert Client().create(prompt="@image_1", image_1=url).status == 200


def test_what_was_uploaded_goes_with_a_reset(client: Client) -> None:
    url = client.upload(picture()).json["url"]
    client.fake.reset("user:2-another")
    assert client.fetched(url)
    client.fake.reset(client.token)
    assert status(result_at(client.fake, url.removeprefix("http://127.0.0.1:8080"))) == 404


# --- the whole


@pytest.mark.parametrize("base", ["", "/useapi", "/proxy"])
@pytest.mark.parametrize("end", ["", "/"])
def test_every_path_is_there_with_and_without_a_last_slash(base: str, end: str) -> None:
    client = Client(prefixes=("/proxy",))
    for operation in SERVICE.operations.values():
        path = operation.path.replace("{task_id}", "123456789")
        answer = client.send(operation.method, base + path + end)
        assert next(iter(client.fake.world.journal)).operation == operation.id
        assert "such" not in str(answer.json)


def test_every_example_is_accepted_under_every_reading() -> None:
    for question in SERVICE.questions.values():
        for chosen in question.readings:
            client = Client(readings={question.id: chosen})
            for example in SERVICE.operations["useapi/omni-image.create"].schema["examples"]:
                answer = client.post(example)
                assert (answer.status, answer.rules) == (200, []), (question.id, chosen)
                client.wait()
                assert len(client.get(TASKS, "email=first%40example.com").json["history"]) > 0


@pytest.mark.parametrize(("resolution", "side"), [("1k", 1024), ("2k", 2048)], ids=str)
def test_the_pixels_are_those_of_the_ratio_and_the_resolution(resolution: str, side: int) -> None:
    client = Client()
    for ratio in ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9"):
        id = client.made(resolution=resolution, aspect_ratio=ratio)
        client.wait()
        url = client.task(id)["works"][0]["resource"]
        wide, high = map(int, ratio.split(":"))
        assert abs(url["width"] * high / (url["height"] * wide) - 1) < 0.03
        assert abs(url["width"] * url["height"] / side**2 - 1) < 0.03
        assert (url["width"] % 16, url["height"] % 16) == (0, 0)
        found = result_at(client.fake, url["resource"].removeprefix("http://127.0.0.1:8080"))
        assert isinstance(found, Result)
        assert isinstance(found.artifact, Picture)
        assert (found.artifact.width, found.artifact.height) == (url["width"], url["height"])


def test_a_public_url_is_where_everything_is() -> None:
    client = Client(public_url="https://mock.example")
    assert client.upload(picture()).json["url"].startswith("https://mock.example/results/")
    id = client.made()
    client.wait()
    assert client.task(id)["works"][0]["resource"]["resource"].startswith("https://mock.example/results/")


def test_ids_rise(client: Client) -> None:
    ids = [client.made() for _ in range(50)]
    assert all(one < other for one, other in pairwise(ids))
    assert {len(str(id)) for id in ids} == {9}
