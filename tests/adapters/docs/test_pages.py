"""The contract's pages: everything that has a name has its place, every link leads somewhere, and nothing runs."""

from __future__ import annotations

import json
from collections import deque
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.adapters.docs import places, told
from mockserver.adapters.docs.pages import FILES, POLICY, VIEWER_POLICY
from mockserver.adapters.docs.sources import document, explained
from mockserver.adapters.proxy.forwarder import forwarding
from mockserver.contract.catalog import load
from mockserver.contract.credentials import schema_and_rules
from mockserver.contract.service import Operation
from mockserver.contract.vectors import vectors
from mockserver.errors import BadSetting
from mockserver.fake.core import Fake
from mockserver.fake.faults.line import KINDS, fault
from mockserver.fake.faults.profiles import known
from mockserver.settings import Settings
from tests.adapters.docs.reader import ROOT, reading
from tests.browser.conftest import HOSTILE
from tests.conftest import IMAGE, TOKEN

CATALOG = load()
SERVICES = [*CATALOG.services]
OPERATIONS = [operation for service in CATALOG.services.values() for operation in service.operations.values()]
SOURCES = {
    *(rule.source for operation in OPERATIONS for rule in operation.every_rule),
    *(row.source for service in CATALOG.services.values() for row in service.errors.values()),
    *(question.source for service in CATALOG.services.values() for question in service.questions.values()),
}
PAGES = (
    places.DOCS,
    places.FAULTS,
    places.CREDENTIALS,
    places.SOURCES,
    places.operations("kling"),
    places.operation("kling/omni-image.create"),
    places.readings("kling"),
    places.errors("kling"),
    places.api("kling"),
    places.api("control"),
)
"""One of each kind."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
async def test_every_rule_is_told_with_its_source_and_each_vector(operation: Operation) -> None:
    async with reading() as reader:
        page = await reader.page(places.operation(operation.id))
        for rule in operation.every_rule:
            assert places.rule(rule).partition("#")[0] == places.operation(operation.id)
            text = await reader.told(places.rule(rule))
            assert rule.id in text
            assert rule.fact in text
            assert all(part in text for part in rule.source.split("; "))
            assert f"({rule.confidence})" in text
            judged = operation.judged
            schema = judged.schema if judged is not None and rule in judged.rules else operation.schema
            shown = page.pre[places.anchor(rule)]
            assert len(shown) == sum(map(len, vectors(rule, schema)))
            assert [json.loads(each) for each in shown]


@pytest.mark.parametrize("service", SERVICES)
async def test_every_question_is_told_with_its_readings_and_the_rules_that_they_switch(service: str) -> None:
    async with reading() as reader:
        for question in CATALOG.service(service).questions.values():
            text = await reader.told(places.reading(service, question.id))
            assert question.question in text
            for each in question.readings.values():
                assert f"{service}/{question.id}={each.id}" in text
                assert each.means in text
                assert all(rule in text for rule in each.levels)


@pytest.mark.parametrize("service", SERVICES)
async def test_every_error_is_told_with_its_status_its_body_and_the_fault_that_makes_it(service: str) -> None:
    found = CATALOG.service(service)
    async with reading() as reader:
        page = await reader.page(places.errors(service))
        for row in found.errors.values():
            text = await reader.told(places.row(service, row.id))
            assert f"HTTP {row.status}" in text
            assert row.description in text
            assert f'--fault "{row.id} on {service}"' in text
            assert fault(f"{row.id} on {service}", CATALOG.services).services == (service,)
            assert json.loads(page.pre[row.id][0])


@pytest.mark.parametrize("service", SERVICES)
def test_an_error_that_comes_without_a_fault_says_when(service: str) -> None:
    rows = CATALOG.service(service).errors.values()
    assert [row.id for row in rows if not row.id.isdigit() and not row.description] == []


async def test_every_kind_of_fault_is_told_with_a_line_that_asks_for_it() -> None:
    async with reading() as reader:
        for each in told.faults():
            text = await reader.told(places.fault(each.kind.name))
            assert each.kind.means.replace("`", "") in text
            assert each.kind.usage in text
            assert f'--fault "{each.example}"' in text
            assert fault(each.example, CATALOG.services).name == each.kind.name
    assert {each.kind.name for each in told.faults()} == {*KINDS}


async def test_every_profile_of_ours_is_told_and_none_of_ones_own() -> None:
    own = {"mine": ("1303 for a-token-of-mine",)}
    async with reading(Fake(Settings(services=("kling",), profiles=own))) as reader:
        for profile in known({}).values():
            text = await reader.told(f"{places.FAULTS}#profile-{profile.name}")
            assert profile.imitates in text
            assert all(line in text for line in profile.lines)
            assert f"--profile {profile.name}" in text
        assert "token-of-mine" not in (await reader.page(places.FAULTS)).answer.text


async def test_every_mistake_in_credentials_has_its_place() -> None:
    schema, rules = schema_and_rules()
    async with reading() as reader:
        page = await reader.page(places.CREDENTIALS)
        for rule in rules:
            assert rule.description in await reader.told(places.rule(rule))
            assert len(page.pre[rule.id]) == sum(map(len, vectors(rule, schema)))


async def test_each_violation_leads_to_its_rule() -> None:
    """Also those of a null field and of a token, whose rules stand in no schema of the operation."""
    payload = {"prompt": "x" * 3000, "n": None, "image_list": [{"image": ""}], "no": 1}
    async with reading() as reader:
        for token in (TOKEN, "undefined"):
            await reader.client.post(IMAGE, json=payload, headers={"authorization": f"Bearer {token}"})
        shown = (await reader.client.get("/_mock/requests?whole=")).json()["items"]
        violations = [violation for exchange in shown for violation in exchange["violations"]]
        assert {"credential-is-set", "n.null", "prompt.maxLength", "additionalProperties"} <= {
            violation["rule"] for violation in violations
        }
        for violation in violations:
            assert await reader.told(violation["page"])


@pytest.mark.parametrize("services", [("chainhub", "kie", "piapi")], ids=" ".join)
async def test_every_link_leads_somewhere(services: tuple[str, ...]) -> None:
    async with reading(Fake(Settings(services=services))) as reader:
        todo, seen = deque([ROOT + places.DOCS]), dict[str, set[str]]()
        named: list[tuple[str, str, str]] = []
        while todo:
            url = todo.popleft()
            if url in seen:
                continue
            if not url.startswith(ROOT + places.DOCS) or "/static/" in url:
                assert (await reader.client.get(url)).status_code == 200, url
                seen[url] = set()
                continue
            page = await reader.page(url.removeprefix(ROOT))
            seen[url] = {*page.texts}
            todo += [target for target, _ in page.targets]
            named += [(url, target, id) for target, id in page.targets if id and not id.startswith("/")]
        told_of = {url for url in seen if url.startswith(ROOT + places.DOCS)}
        assert [each for each in named if each[1] in told_of and each[2] not in seen[each[1]]] == []
        assert {ROOT + places.operation(id) for name in services for id in CATALOG.service(name).operations} <= {*seen}


@pytest.mark.parametrize("place", PAGES)
async def test_a_page_comes_with_what_keeps_it_safe_and_links_that_hold_behind_a_prefix(place: str) -> None:
    async with reading() as reader:
        page = await reader.page(place)
        again = await reader.client.get(page.url, headers={"if-none-match": page.answer.headers["etag"]})
        before = len(reader.fake.requests)
    headers = page.answer.headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-security-policy"] == (VIEWER_POLICY if "/api/" in place else POLICY)
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert (again.status_code, again.content, before) == (304, b"", 0)
    assert [link for link in page.links if link.startswith("/") or "://" in link] == []
    inline = [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]
    assert inline == []
    scripts = [attributes for tag, attributes in page.tags if tag in ("script", "style")]
    assert all(attributes.get("src") for attributes in scripts)
    assert bool(scripts) is ("/api/" in place)


@pytest.mark.parametrize("path", [*PAGES, "docs", "openapi/kling.json", "docs/static/docs.css"])
async def test_the_guard_stands_before_every_page(path: str) -> None:
    refused = ({"host": "evil.example"}, {"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"})
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    is_page = path in (*PAGES, "docs")
    async with reading() as reader:
        for headers in refused:
            assert (await reader.client.get(ROOT + path, headers=headers)).status_code == 403
        assert ((await reader.client.get(ROOT + path, headers=link)).status_code == 403) is not is_page
    async with reading(client="192.0.2.7") as stranger:
        assert (await stranger.client.get(ROOT + path)).status_code == 403
    async with reading(token="let-me-in", client="192.0.2.7") as stranger:
        assert (await stranger.client.get(ROOT + path)).status_code in (200, 307)


async def test_a_proxy_shows_the_contract_too() -> None:
    _, app = forwarding("http://127.0.0.1:1", Settings(services=("kling",)), print)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        for place in (places.DOCS, places.operation("kling/omni-image.create"), places.openapi("kling")):
            assert (await client.get(ROOT + place)).status_code == 200


async def test_who_forgets_the_slash_is_sent_on() -> None:
    async with reading() as reader:
        answer = await reader.client.get("/_mock/docs")
    assert (answer.status_code, answer.headers["location"]) == (307, "docs/")


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("docs/rules/klign", "did you mean 'kling'?"),
        ("docs/rules/kling/omni-imag.create", "did you mean 'kling/omni-image.create'?"),
        ("docs/readings/useapi", "no service 'useapi'"),
        ("docs/errors/klign", "did you mean 'kling'?"),
        ("docs/api/klign", "did you mean 'kling'?"),
        ("openapi/klign.json", "did you mean 'kling'?"),
        ("docs/nothing", "did you mean"),
        ("docs/static/../pages.py", "there is no GET"),
    ],
)
async def test_what_is_not_there_is_said_with_what_is(path: str, hint: str) -> None:
    async with reading(Fake(Settings(services=("kling",)))) as reader:
        answer = await reader.client.get(ROOT + path)
    assert answer.status_code == 404
    assert hint in answer.json()["error"]


async def test_a_description_is_suggested_only_if_its_service_is_served() -> None:
    async with reading(Fake(Settings(services=("useapi",)))) as reader:
        answer = await reader.client.get(f"{ROOT}openap/useapi.json")
    assert "did you mean /_mock/openapi/useapi.json?" in answer.json()["error"]
    assert "kling" not in answer.json()["error"]


async def test_a_page_tells_of_what_is_taken_now() -> None:
    question, rule = (
        places.reading("kling", "dangling-reference"),
        "docs/rules/kling/omni-image.create#references-exist",
    )
    fake = Fake(Settings(services=("kling",)))
    for reading_taken, level in (("accepted", "warning"), ("refused", "error")):
        chosen = Settings(services=("kling",), readings={"dangling-reference": reading_taken})
        fake.change(lambda _, chosen=chosen: chosen)  # type: ignore[misc]
        async with reading(fake) as reader:
            told_of = (await reader.told(question)).split("--reading ")
            taken = [each.partition(":")[0] for each in told_of if "taken" in each]
            assert taken == [f"kling/dangling-reference={reading_taken}"]
            assert (await reader.told(f"{rule}-name")).endswith(level)


def test_every_source_is_explained() -> None:
    assert len(SOURCES) > 300
    parts = {part for source in SOURCES for part in source.split("; ")}
    assert [part for part in parts if document(part) not in explained()] == []


def own_service(folder: Path, **says: Any) -> Fake:
    """Return a fake of a service whose every text is hostile."""
    text = f"{HOSTILE} [a](javascript:window.ran=1)"
    place = folder / "acme"
    place.mkdir()
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": text,
        "x-source": text,
        "x-confidence": "documented",
        "examples": [{"prompt": text}],
        "type": "object",
        "required": ["prompt"],
        "properties": {"prompt": {"description": text, "type": "string", "maxLength": 2500, "x-message": text}},
    }
    service = {
        "title": text,
        "extends": "kling",
        "dialect": "kling",
        "hosts": [],
        "credentials": ["api-key"],
        "refusal": "../kling/error.json",
        "errors": {
            "1303": {
                "status": 429,
                "body": {"message": text},
                "description": text,
                "source": text,
                "confidence": "observed",
            }
        },
        "readings": {
            "open": {
                "question": text,
                "default": "yes",
                "readings": {"yes": {"means": text}, "no": {"means": text}},
                "source": text,
                "confidence": "unknown",
            }
        },
        "operations": {
            "sketch.create": {
                "does": "create",
                "method": "POST",
                "path": "/acme/sketches",
                "body": "sketch.request.json",
                "media_types": ["application/json"],
                "answer": "../kling/created.json",
                "task": {
                    "media": "image",
                    "seconds": {"real": 24, "fast": 2},
                    "prompt": "prompt",
                    "usual_ratio": "16:9",
                    "usual_size": "1k",
                    "sizes": {"1k": 1024},
                },
            },
            "sketch.get": {
                "does": "get",
                "method": "GET",
                "path": "/acme/sketches/{id}",
                "answer": "../kling/omni-image.get.json",
            },
        },
        **says,
    }
    (place / "service.json").write_text(json.dumps(service), encoding="utf-8")
    (place / "sketch.request.json").write_text(json.dumps(schema), encoding="utf-8")
    return Fake(Settings(services=("acme",)), catalog=load([place]))


async def test_a_hostile_text_of_ones_own_service_is_text(tmp_path: Path) -> None:
    async with reading(own_service(tmp_path)) as reader:
        for place in (
            places.DOCS,
            places.operations("acme"),
            places.operation("acme/sketch.create"),
            places.readings("acme"),
            places.errors("acme"),
            places.api("acme"),
        ):
            page = await reader.page(place)
            assert "window.ran=1" in page.answer.text
            assert "<script>" not in page.answer.text
            assert "<img" not in page.answer.text
            assert not [link for link in page.links if "javascript" in link]


def test_no_service_is_called_as_the_control_api(tmp_path: Path) -> None:
    place = tmp_path / "control"
    place.mkdir()
    (place / "service.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadSetting, match=r"the control API is called 'control'\. Rename"):
        load([place])


def test_the_viewer_is_that_of_its_release() -> None:
    folder = files("mockserver.adapters.docs") / "viewer"
    told_of = (folder / "README.md").read_text(encoding="utf-8")
    names = {file.name for file in folder.iterdir()} - {"README.md"}
    assert {"LICENSE", "NOTICE"} < names
    for name in names:
        assert f"| `{name}` | `{sha256((folder / name).read_bytes()).hexdigest()}` |" in told_of
    assert {name.rpartition("/")[2] for name in FILES if name.startswith("viewer/")} < names
