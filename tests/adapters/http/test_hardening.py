"""Hardening: nothing that is served runs in a browser, on whatever path and whoever made it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from mockserver.adapters.http.asgi import application
from mockserver.contract.description.control import description
from mockserver.contract.vectors import picture
from mockserver.fake.core import Fake
from mockserver.settings import Settings
from tests.adapters.proxy.test_forwarder import app_behind, constant
from tests.conftest import IMAGE
from tests.support.between import between

PAGES = ("/_mock/", "/_mock/app.js", "/_mock/styles/base.css", "/_mock/icon.svg")
PATHS = (
    *(f"/_mock{path}" for path, methods in description()["paths"].items() if "get" in methods and path != "/events"),
    *("/_mock", "/_mock/nowhere", "/_mock/tasks/kling/none", "/_mock/results/nothing", "/results/none", "/results/"),
    *("/", "/nowhere", IMAGE, f"{IMAGE}/none", "/v1/kling/accounts"),
)
AUTHORIZED = {"authorization": "Bearer me"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def client(fake: Fake, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    app = application(fake, token)
    transport = httpx.ASGITransport(app)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", headers=AUTHORIZED) as api,
    ):
        yield api


def check(answer: httpx.Response) -> None:
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    if {*answer.headers.get_list("content-type")} != {"application/json"}:
        assert answer.headers.get_list("content-security-policy")[-1].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize("token", [None, "t"])
async def test_every_answer_is_sandboxed_but_our_own_pages(token: str | None) -> None:
    async with client(Fake(Settings(seed=1)), token) as api:
        for path in PATHS:
            for method in ("GET", "HEAD", "POST", "OPTIONS"):
                check(await api.request(method, path))
        check(await api.get("/_mock/tasks", headers={"origin": "http://evil.example"}))
        for path in PAGES:
            page = await api.get(path)
            assert page.headers.get_list("x-content-type-options") == ["nosniff"]
            assert "sandbox" not in page.headers["content-security-policy"]
            assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_results_and_uploads_are_sandboxed_wherever_they_are_shown() -> None:
    fake = Fake(Settings(seed=1, pace="instant"))
    async with client(fake) as api:
        made = (await api.post(IMAGE, json={"prompt": "A cat"})).json()["data"]["task_id"]
        task = (await api.get(f"{IMAGE}/{made}")).json()["data"]
        result = httpx.URL(task["task_result"]["images"][0]["url"]).path
        image = {"content-type": "image/png"}
        sent = await api.post("/v1/kling/assets", content=b64decode(picture(300, 300)), headers=image)
        upload = httpx.URL(sent.json()["url"]).path
        for path in (result, upload):
            for shown in (path, f"/_mock{path}"):
                answer = await api.get(shown)
                assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
                check(answer)


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "text/javascript", "application/xhtml+xml", "image/png"]
)
async def test_a_page_is_no_upload(kind: str) -> None:
    async with client(Fake(Settings(seed=1))) as api:
        page = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
        answer = await api.post("/v1/kling/assets", content=page, headers={"content-type": kind})
    assert answer.status_code == 400
    check(answer)


async def test_html_of_a_fault_is_sandboxed() -> None:
    fake = Fake(Settings(seed=1, faults=("html 502",)))
    async with client(fake) as api:
        answer = await api.get(IMAGE)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (502, "text/html")
    check(answer)


@pytest.mark.parametrize("kind", [b"text/html", b"image/svg+xml", b"text/javascript", b"application/json"])
def test_what_another_service_sends_is_sandboxed_whatever_policy_it_has(kind: bytes) -> None:
    own = (b"content-security-policy", b"default-src *"), (b"x-content-type-options", b"sniff")
    with app_behind(constant(b"<script>1</script>", (b"content-type", kind), *own)) as proxy:
        answer = proxy.send("GET", "/page")
        check(answer)
        assert answer.headers.get_list("content-security-policy")[0] == "default-src *"
        for path in ("/_mock/tasks", "/_mock/nowhere"):
            check(proxy.send("GET", path))


def test_an_upstream_that_does_not_answer_is_told_in_a_sandbox_too() -> None:
    with between("http://127.0.0.1:1") as proxy:
        check(proxy.send("GET", "/page"))
